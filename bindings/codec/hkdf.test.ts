import { hkdfSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { itNeeds } from './corpus.fixture.ts'
import { bytesFromHex, bytesOf, engines, hexOf } from './engines.fixture.ts'
import { hkdfSha256 } from './hkdf.ts'

const upTo = (from: number, to: number): string =>
  Buffer.from(Array.from({ length: to - from + 1 }, (_, i) => from + i)).toString('hex')

/** RFC 5869 A.1 to A.3: material, salt, info, and what comes out. */
const RFC5869: readonly (readonly [
  name: string,
  material: string,
  salt: string,
  info: string,
  output: string,
])[] = [
  [
    'A.1',
    '0b'.repeat(22),
    upTo(0, 12),
    upTo(0xf0, 0xf9),
    '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  ],
  [
    'A.2',
    upTo(0x00, 0x4f),
    upTo(0x60, 0xaf),
    upTo(0xb0, 0xff),
    'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c' +
      '59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71' +
      'cc30c58179ec3e87c14c01d5c1f3434f1d87',
  ],
  [
    'A.3',
    '0b'.repeat(22),
    '',
    '',
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  ],
]

interface Wycheproof {
  readonly testGroups: readonly {
    readonly tests: readonly {
      readonly ikm: string
      readonly salt: string
      readonly info: string
      readonly size: number
      readonly okm: string
      readonly result: 'valid' | 'invalid'
    }[]
  }[]
}

describe.each(engines)('hkdfSha256() on $name', (engine) => {
  const hkdf = (material: string, salt: string, info: string, size: number): string =>
    hexOf(hkdfSha256(engine, bytesFromHex(material), bytesFromHex(salt), bytesFromHex(info), size))

  it.each(RFC5869)(
    'A2 hkdfSha256() gives the output of RFC 5869 %s',
    (_, material, salt, info, output) => {
      expect(hkdf(material, salt, info, output.length / 2)).toBe(output)
    }
  )

  itNeeds<[Wycheproof]>(
    ['crypto/wycheproof_hkdf_sha256_test'],
    'A2 Wycheproof HKDF-SHA256 86/86 (83 valid, 3 too large)',
    ({ testGroups }) => {
      const verdicts = { valid: 0, invalid: 0, wrong: 0 }
      for (const { ikm, salt, info, size, okm, result } of testGroups.flatMap((g) => g.tests)) {
        let output: string | null = null
        try {
          output = hkdf(ikm, salt, info, size)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
        const right = result === 'valid' ? output === okm : output === null
        verdicts[right ? result : 'wrong']++
      }
      expect(verdicts).toEqual({ valid: 83, invalid: 3, wrong: 0 })
    }
  )

  it('hkdfSha256() agrees with node:crypto for every size from 0 to 200', () => {
    const [material, salt, info] = [bytesOf(40), bytesOf(9), bytesOf(23)]
    for (let size = 0; size <= 200; size++) {
      const theirs = Buffer.from(hkdfSync('sha256', material, salt, info, size)).toString('hex')
      expect(hexOf(hkdfSha256(engine, material, salt, info, size))).toBe(theirs)
    }
  })

  it('hkdfSha256() gives 8,160 bytes at most', () => {
    const none = new Uint8Array(0)
    expect(hkdfSha256(engine, none, none, none, 8160)).toHaveLength(8160)
    expect(() => hkdfSha256(engine, none, none, none, 8161)).toThrow(RangeError)
  })
})
