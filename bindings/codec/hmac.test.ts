import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { itNeeds } from './corpus.fixture.ts'
import { bytesFromHex, bytesOf, engines, hexOf } from './engines.fixture.ts'

const nodeHmac = (key: Uint8Array, message: Uint8Array): string =>
  createHmac('sha256', key).update(message).digest('hex')

const ascii = (text: string): string => Buffer.from(text).toString('hex')

/** RFC 4231 §4.2 to §4.8: key and data in hexadecimal; the tag of case 5 is cut to 128 bits there. */
const RFC4231: readonly (readonly [test: number, key: string, data: string, tag: string])[] = [
  [
    1,
    '0b'.repeat(20),
    ascii('Hi There'),
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  ],
  [
    2,
    ascii('Jefe'),
    ascii('what do ya want for nothing?'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  [
    3,
    'aa'.repeat(20),
    'dd'.repeat(50),
    '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
  ],
  [
    4,
    '0102030405060708090a0b0c0d0e0f10111213141516171819',
    'cd'.repeat(50),
    '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
  ],
  [5, '0c'.repeat(20), ascii('Test With Truncation'), 'a3b6167473100ee06e0c796c2955552b'],
  [
    6,
    'aa'.repeat(131),
    ascii('Test Using Larger Than Block-Size Key - Hash Key First'),
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
  [
    7,
    'aa'.repeat(131),
    ascii(
      'This is a test using a larger than block-size key and a larger than block-size data. ' +
        'The key needs to be hashed before being used by the HMAC algorithm.'
    ),
    '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  ],
]

interface MacCases {
  readonly cases: readonly { readonly key: string; readonly msg: string; readonly mac: string }[]
}

interface Wycheproof {
  readonly testGroups: readonly {
    readonly tagSize: number
    readonly tests: readonly {
      readonly key: string
      readonly msg: string
      readonly tag: string
      readonly result: 'valid' | 'invalid'
    }[]
  }[]
}

describe.each(engines)('hmacSha256() of $name', (engine) => {
  const hmac = (key: string, message: string): string =>
    hexOf(engine.hmacSha256(bytesFromHex(key), bytesFromHex(message)))

  it.each(RFC4231)('A2 hmacSha256() gives the tag of RFC 4231 case %i', (_, key, data, tag) => {
    expect(hmac(key, data).slice(0, tag.length)).toBe(tag)
  })

  itNeeds<[MacCases]>(['crypto/rfc4231_hmac_sha256'], 'A2 RFC 4231 7/7', ({ cases }) => {
    const right = cases.filter(({ key, msg, mac }) => hmac(key, msg).startsWith(mac))
    expect([right.length, cases.length]).toEqual([7, 7])
  })

  itNeeds<[Wycheproof]>(
    ['crypto/wycheproof_hmac_sha256_test'],
    'A1 Wycheproof HMAC-SHA256 118/118 (42 accepted, 76 rejected)',
    ({ testGroups }) => {
      const verdicts = { valid: 0, invalid: 0, wrong: 0 }
      for (const { tagSize, tests } of testGroups) {
        for (const { key, msg, tag, result } of tests) {
          const matches = hmac(key, msg).slice(0, tagSize / 4) === tag
          verdicts[matches === (result === 'valid') ? result : 'wrong']++
        }
      }
      expect(verdicts).toEqual({ valid: 42, invalid: 76, wrong: 0 })
    }
  )

  it('hmacSha256() agrees with node:crypto for every key length from 0 to 200', () => {
    const bytes = bytesOf(200)
    for (let length = 0; length <= 200; length++) {
      const key = bytes.subarray(0, length)
      expect(hexOf(engine.hmacSha256(key, bytes)), `${length}`).toBe(nodeHmac(key, bytes))
    }
  })

  // A key that does not fit the core's buffer is hashed on this side of it.
  it.each([16_383, 16_384, 16_385, 40_000])(
    'hmacSha256() agrees with node:crypto for a key of %i bytes',
    (size) => {
      const key = bytesOf(size)
      const message = bytesOf(size - 1)
      expect(hexOf(engine.hmacSha256(key, message))).toBe(nodeHmac(key, message))
      expect(hexOf(engine.hmacSha256(key, key))).toBe(nodeHmac(key, key))
    }
  )

  it('A4 hmacSha256() agrees with node:crypto for every message length from 0 to 4,200', () => {
    const key = bytesOf(32, 1)
    const bytes = bytesOf(4200)
    const wrong: number[] = []
    for (let length = 0; length <= 4200; length++) {
      const message = bytes.subarray(0, length)
      if (hexOf(engine.hmacSha256(key, message)) !== nodeHmac(key, message)) wrong.push(length)
    }
    expect(wrong).toEqual([])
  })

  it.each([16_383, 16_384, 16_385, 32_768, 1_048_576])(
    'hmacSha256() agrees with node:crypto for a message of %i bytes',
    (size) => {
      const key = bytesOf(64, 2)
      const message = bytesOf(size)
      expect(hexOf(engine.hmacSha256(key, message))).toBe(nodeHmac(key, message))
    }
  )

  it('hmacSha256() leaves its arguments alone', () => {
    const key = bytesOf(32)
    const message = bytesOf(64)
    engine.hmacSha256(key, message)
    expect(key).toEqual(bytesOf(32))
    expect(message).toEqual(bytesOf(64))
  })
})
