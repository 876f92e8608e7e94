import { describe, expect, it } from 'vitest'
import { ALPHABET, referenceDecode } from './base64url.fixture.ts'
import { bareEngines, bytesOf } from './engines.fixture.ts'

// Where a tail stands decides which code sees it: alone, at the end of a SIMD step, behind one.
const HEADS = ['', 'A'.repeat(12), 'A'.repeat(16), 'AbCd'.repeat(5)]

describe.each(bareEngines)('decodeBase64url() of $name, exhaustively', (engine) => {
  const accepts = (text: string): boolean => engine.decodeBase64url(text) !== null

  it.each(HEADS)(
    'A6 decodeBase64url() accepts 256 of 4,096 two-character tails behind %o',
    (head) => {
      const bytes = new Set<number>()
      let accepted = 0
      for (const a of ALPHABET) {
        for (const b of ALPHABET) {
          const decoded = engine.decodeBase64url(head + a + b)
          if (decoded === null) continue
          accepted++
          bytes.add(decoded.at(-1)!)
        }
      }
      expect([accepted, bytes.size]).toEqual([256, 256])
    }
  )

  it.each(['', 'A'.repeat(16)])(
    'A6 decodeBase64url() accepts 65,536 of 262,144 three-character tails behind %o',
    (head) => {
      const values = new Set<number>()
      let accepted = 0
      for (const a of ALPHABET) {
        for (const b of ALPHABET) {
          for (const c of ALPHABET) {
            const decoded = engine.decodeBase64url(head + a + b + c)
            if (decoded === null) continue
            accepted++
            values.add(decoded.at(-2)! * 256 + decoded.at(-1)!)
          }
        }
      }
      expect([accepted, values.size]).toEqual([65_536, 65_536])
    }
  )

  it.each([0, 1, 2, 3])(
    'A6 decodeBase64url() accepts 64 of 65,536 code units at place %i, the alphabet alone',
    (place) => {
      let accepted = ''
      for (let unit = 0; unit < 65_536; unit++) {
        const character = String.fromCharCode(unit)
        if (accepts('AAAA'.slice(0, place) + character + 'AAAA'.slice(place + 1))) {
          accepted += character
        }
      }
      expect(accepted).toBe([...ALPHABET].sort().join(''))
    }
  )

  it('A6 decodeBase64url() accepts no code unit that a byte of the alphabet is the low half of', () => {
    const accepted: string[] = []
    for (const character of ALPHABET) {
      for (let high = 0x100; high < 0x10000; high += 0x100) {
        const alias = String.fromCharCode(high + character.charCodeAt(0))
        // At a place of its own in a SIMD step, and in the middle of a long text.
        if (accepts(`${'A'.repeat(8)}${alias}${'A'.repeat(7)}`)) accepted.push(alias)
        if (accepts(`${'A'.repeat(400)}${alias}${'A'.repeat(3)}`)) accepted.push(alias)
      }
    }
    expect(accepted).toEqual([])
  })
})

// The WASM engine encodes 12,288 bytes and decodes 16,384 characters at a time.
const SIZES = [12_285, 12_286, 12_287, 12_288, 12_289, 12_290, 12_291, 24_576, 24_577, 75_000]
const LENGTHS = [12_287, 12_288, 12_289, 16_382, 16_383, 16_384, 16_386, 16_388, 32_768, 100_000]

describe.each(bareEngines)('base64url of $name, in pieces', (engine) => {
  it.each(SIZES)('encodeBase64url() joins the pieces of %i bytes', (size) => {
    const bytes = bytesOf(size)
    const text = engine.encodeBase64url(bytes)
    expect(text).toBe(Buffer.from(bytes).toString('base64url'))
    expect(engine.decodeBase64url(text)).toEqual(bytes)
  })

  it.each(LENGTHS)('decodeBase64url() judges %i characters as the reference does', (length) => {
    const text = Buffer.from(bytesOf(Math.ceil(length * 0.75)))
      .toString('base64url')
      .slice(0, length)
    // Cut anywhere, the last group may have spare bits.
    const clean = `${text.slice(0, -1)}A`
    expect(engine.decodeBase64url(clean)).toEqual(referenceDecode(clean))
    expect(engine.decodeBase64url(text)).toEqual(referenceDecode(text))
  })

  it('decodeBase64url() refuses one wrong character at either side of a seam', () => {
    const text = 'A'.repeat(32_772)
    for (const place of [0, 16_367, 16_368, 16_383, 16_384, 16_385, 32_767, 32_768, 32_771]) {
      for (const wrong of ['+', '=', ' ', '\0', '\x80', '\xe9', '\u0141', '\ud800', '😀']) {
        const bad = text.slice(0, place) + wrong + text.slice(place + wrong.length)
        expect(engine.decodeBase64url(bad.slice(0, 32_772)), `${wrong} at ${place}`).toBeNull()
      }
    }
  })

  it('decodeBase64url() refuses spare bits right behind a seam', () => {
    for (const whole of [16_384, 32_768]) {
      const text = 'A'.repeat(whole)
      expect(engine.decodeBase64url(`${text}Zg`)).toHaveLength((whole / 4) * 3 + 1)
      expect(engine.decodeBase64url(`${text}Zh`)).toBeNull()
      expect(engine.decodeBase64url(`${text}Zm8`)).toHaveLength((whole / 4) * 3 + 2)
      expect(engine.decodeBase64url(`${text}Zm9`)).toBeNull()
      expect(engine.decodeBase64url(`${text}Z`)).toBeNull()
    }
  })
})
