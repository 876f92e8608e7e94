import { describe, expect, it } from 'vitest'
import { agreed, agreeingRing, bytesOf, engines } from './engines.fixture.ts'
import { nodeKey, secrets } from './keys.fixture.ts'

const NAME = '__Host-session'
const key = nodeKey(secrets[0], NAME)
const other = nodeKey(secrets[1], NAME)
const id = 'k5Jx0-pZ_3qWvT8yLmNb2RcA'

/** The token by the definition: letter, fingerprint, text, and the keyed hash of these. */
function definedToken(letter: string, text: string): string {
  const signed = `${letter}${key.fingerprint}${text}`
  const mac = agreed((engine) =>
    engine.encodeBase64url(engine.keyedBlake3(key.key, Buffer.from(signed)))
  )
  return `${signed}.${mac}`
}

describe('tokens under BLAKE3', () => {
  const ring = agreeingRing(NAME, [key, other], { mac: 'blake3' })

  it.each([
    ['T', 'U'],
    ['t', 'u'],
  ] as const)('a text of format %s is a token of %s', (format, letter) => {
    for (const text of ['', 'a', id, 'x'.repeat(55), 'x'.repeat(1020), 'x'.repeat(4000)]) {
      const token = ring.signText(text, format)
      expect(token).toBe(definedToken(letter, text))
      expect(ring.open(`a=1; ${NAME}=${token}`)).toEqual({ format, text, keyIndex: 0 })
    }
  })

  it.each([
    ['P', 'Q'],
    ['p', 'q'],
  ] as const)('a payload of format %s is a token of %s', (format, letter) => {
    for (const payload of ['', '{"c":1}', 'é€😀', '"'.repeat(3000)]) {
      const token = ring.signPayload(payload, format)
      expect(token).toBe(definedToken(letter, Buffer.from(payload).toString('base64url')))
      expect(ring.open(`${NAME}=${token}`)).toEqual({ format, text: payload, keyIndex: 0 })
    }
  })

  it('a token of an older key opens, and says which', () => {
    const older = agreeingRing(NAME, [other], { mac: 'blake3' }).signText(id, 'T')
    expect(ring.open(`${NAME}=${older}`)).toEqual({ format: 'T', text: id, keyIndex: 1 })
  })

  it('C2 any change of one character is refused', () => {
    const token = ring.signText(id, 'T')
    for (let i = 0; i < token.length; i++) {
      for (const character of 'AZz9-_.') {
        if (token[i] === character) continue
        const changed = token.slice(0, i) + character + token.slice(i + 1)
        expect(ring.open(`${NAME}=${changed}`), changed).toBeTypeOf('string')
      }
    }
    for (let i = 0; i < token.length; i++) {
      expect(ring.open(`${NAME}=${token.slice(0, i)}`)).toBeTypeOf('string')
    }
  })

  it('19 the configuration decides the algorithm, not the token', () => {
    const hmac = agreeingRing(NAME, [key])
    const signed = { hmac: hmac.signText(id, 'T'), blake3: ring.signText(id, 'T') }
    expect(hmac.open(`${NAME}=${signed.blake3}`)).toBe('malformed')
    expect(ring.open(`${NAME}=${signed.hmac}`)).toBe('malformed')
    // The other's letter alone does not help.
    expect(hmac.open(`${NAME}=T${signed.blake3.slice(1)}`)).toBe('bad-signature')
    expect(ring.open(`${NAME}=U${signed.hmac.slice(1)}`)).toBe('bad-signature')
  })
})

describe.each(engines)('rings of both kinds side by side, $name', (engine) => {
  it('do not disturb each other', () => {
    const rings = [
      engine.createRing('a', [key]),
      engine.createRing('a', [key], { mac: 'blake3' }),
      engine.createRing('b', [other], { mac: 'blake3' }),
      engine.createRing('b', [other]),
    ]
    const names = ['a', 'a', 'b', 'b']
    const tokens = rings.map((ring) => ring.signText(id, 'T'))
    expect(new Set(tokens).size).toBe(4)
    for (let round = 0; round < 3; round++) {
      rings.forEach((ring, i) => {
        expect(ring.open(`${names[i]}=${tokens[i]}`)).toMatchObject({ text: id })
      })
      engine.keyedBlake3(bytesOf(32), bytesOf(3000))
    }
  })
})
