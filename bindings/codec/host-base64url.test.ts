import { describe, expect, it } from 'vitest'
import { ALPHABET, referenceDecode } from './base64url.fixture.ts'
import { bytesOf, freshWasmEngine, portableEngine } from './engines.fixture.ts'
import { hostDecoder, hostEncoder, type Base64urlHost } from './host-base64url.ts'

/**
 * `Uint8Array.fromBase64` as ECMAScript 2026 has it, for the hosts of this test that do not: it skips
 * white space, takes padding or does without, and drops spare bits.
 */
function fromBase64(text: string): Uint8Array {
  const [, digits, padding] = /^([\w-]*)(=*)$/.exec(text.replace(/[\t\n\f\r ]/g, '')) ?? []
  if (digits === undefined || digits.length % 4 === 1) throw new SyntaxError('not base64')
  const padded = digits.length + padding!.length
  if (padding !== '' && (padded % 4 !== 0 || padding!.length > 2)) throw new SyntaxError('padding')
  return new Uint8Array(Buffer.from(digits, 'base64url'))
}

const model: Base64urlHost = { Uint8Array: { fromBase64 } }
const real = globalThis as Base64urlHost

// The real one where it is: Node 25 and later, Bun, Deno.
const hosts: readonly (readonly [name: string, host: Base64urlHost])[] = [
  ['by ECMAScript', model],
  ...(real.Uint8Array?.fromBase64 ? ([['of this host', real]] as const) : []),
]

/** Ways to spoil a text, of which some leave it as it was. */
const SPOILERS: readonly ((text: string, at: number) => string)[] = [
  (text) => text,
  ...[
    '',
    ' ',
    '\n',
    '\f',
    '\0',
    '=',
    '==',
    '+',
    '/',
    '.',
    'A',
    '\u00a0',
    '\u0141',
    '\ud841',
  ].flatMap((piece) => [
    (text: string, at: number) => text.slice(0, at) + piece + text.slice(at),
    (text: string, at: number) => text.slice(0, at) + piece + text.slice(at + 1),
  ]),
]

describe.each(hosts)('decodeBase64url() with fromBase64 %s', (_, host) => {
  const decode = hostDecoder(host)!

  it('A6 takes and refuses what the portable engine does, whatever is spoiled, and where', () => {
    let accepted = 0
    let refused = 0
    for (let size = 0; size <= 24; size++) {
      const text = portableEngine.encodeBase64url(bytesOf(size, size + 7))
      for (const spoil of SPOILERS) {
        for (let at = 0; at <= text.length; at++) {
          const spoiled = spoil(text, at)
          const bytes = decode(spoiled)
          expect(bytes, JSON.stringify(spoiled)).toEqual(portableEngine.decodeBase64url(spoiled))
          if (bytes === null) refused++
          else accepted++
        }
      }
    }
    expect(Math.min(accepted, refused)).toBeGreaterThan(1000)
  })

  it('A6 accepts each tail that the reference accepts, and no other', () => {
    for (const a of ALPHABET) {
      for (const b of `${ALPHABET}= \n+`) {
        expect(decode(`AAAA${a}${b}`)).toEqual(referenceDecode(`AAAA${a}${b}`))
        expect(decode(`AAAAA${a}${b}`)).toEqual(referenceDecode(`AAAAA${a}${b}`))
      }
    }
  })

  it('A6 two faults do not make up for each other', () => {
    for (const text of [
      'AA==',
      ' AA=',
      'AAA=',
      'AA  ',
      'AAAA    ',
      'A A A A ',
      '    ',
      '====',
      'AAAAAA==',
    ]) {
      expect(decode(text), JSON.stringify(text)).toBeNull()
    }
  })

  it('A6 the engine decodes long texts so, and refuses them alike', () => {
    const engine = freshWasmEngine(host)
    for (const size of [300, 383, 384, 385, 386, 3000, 20_000]) {
      const bytes = bytesOf(size)
      const text = portableEngine.encodeBase64url(bytes)
      expect(engine.decodeBase64url(text)).toEqual(bytes)
      for (const spoil of SPOILERS) {
        const spoiled = spoil(text, size)
        const expected = portableEngine.decodeBase64url(spoiled)
        expect(engine.decodeBase64url(spoiled)).toEqual(expected)
      }
    }
  })
})

describe('a host', () => {
  it('that has no fromBase64 decodes nothing, and one without Buffer encodes nothing', () => {
    expect(hostDecoder({})).toBeUndefined()
    expect(hostDecoder({ Uint8Array: {} })).toBeUndefined()
    expect(hostEncoder({})).toBeUndefined()
    // As packages that stand in for Buffer in a browser have it.
    expect(hostEncoder({ Buffer: { prototype: {} } })).toBeUndefined()
  })

  it('whose fromBase64 fails for another reason is not taken for a refusal', () => {
    const fails = (): never => {
      throw new RangeError('Array buffer allocation failed')
    }
    const decode = hostDecoder({ Uint8Array: { fromBase64: fails } })!
    expect(() => decode('AAAA')).toThrow(RangeError)
  })

  it('encodes as the portable engine does, also a part of a buffer', () => {
    const encode = hostEncoder(real)!
    for (let size = 0; size <= 400; size++) {
      const view = bytesOf(size + 5).subarray(3, size + 3)
      expect(encode(view)).toBe(portableEngine.encodeBase64url(view))
    }
    const long = bytesOf(100_001)
    expect(encode(long)).toBe(portableEngine.encodeBase64url(long))
  })
})
