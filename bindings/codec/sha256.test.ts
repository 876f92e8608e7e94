import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { itNeeds } from './corpus.fixture.ts'
import { bytesFromHex, bytesOf, engines, hexOf } from './engines.fixture.ts'

const nodeSha256 = (message: Uint8Array): string =>
  createHash('sha256').update(message).digest('hex')

const text = (ascii: string): Uint8Array => new TextEncoder().encode(ascii)

/** FIPS 180-4 and its examples: one block, two blocks, and padding that fills one. */
const EXAMPLES: readonly (readonly [name: string, message: Uint8Array, digest: string])[] = [
  ['nothing', text(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ["'abc'", text('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    '448 bits',
    text('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'),
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  [
    '896 bits',
    text(
      'abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn' +
        'hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu'
    ),
    'cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1',
  ],
  [
    'a million times a',
    new Uint8Array(1_000_000).fill(0x61),
    'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0',
  ],
]

interface Cavp {
  readonly short: readonly { readonly lenBits: number; readonly msg: string; readonly md: string }[]
}

describe.each(engines)('sha256() of $name', (engine) => {
  it.each(EXAMPLES)('sha256() gives the digest of FIPS 180-4 for %s', (_, message, digest) => {
    expect(hexOf(engine.sha256(message))).toBe(digest)
  })

  itNeeds<[Cavp]>(['crypto/nist_cavp_sha256'], 'A3 CAVP SHA-256 65/65', ({ short }) => {
    const right = short.filter(({ lenBits, msg, md }) => {
      return hexOf(engine.sha256(bytesFromHex(msg.slice(0, lenBits / 4)))) === md
    })
    expect([right.length, short.length]).toEqual([65, 65])
  })

  it('A3 CAVP SHA-256 Monte Carlo 100/100: a chain of 100,000 digests ends as it must', () => {
    // SHAVS §6.4: each message is the three digests before it, and each thousandth begins a new chain.
    // The last checkpoint of SHA256Monte.rsp (CAVS 11.0) stands for all before it.
    let seed = bytesFromHex('6d1e72ad03ddeb5de891e572e2396f8da015d899ef0e79503152d6010a3fe691')
    const checkpoints: string[] = []
    for (let i = 0; i < 100; i++) {
      let digests = [seed, seed, seed]
      for (let j = 0; j < 1000; j++) {
        digests = [digests[1]!, digests[2]!, engine.sha256(Buffer.concat(digests))]
      }
      seed = digests[2]! as typeof seed
      checkpoints.push(hexOf(seed))
    }
    expect([checkpoints[0], checkpoints[19], checkpoints[99]]).toEqual([
      'e93c330ae5447738c8aa85d71a6c80f2a58381d05872d26bdd39f1fcd4f2b788',
      '52519e6319505df7a9aa83778618ec10b78c5771bac50e8d3f59bc815dabfb1f',
      '6a912ba4188391a78e6f13d88ed2d14e13afce9db6f7dcbf4a48c24f3db02778',
    ])
  })

  it('A4 sha256() agrees with node:crypto for every length from 0 to 4,200', () => {
    const bytes = bytesOf(4200)
    const wrong: number[] = []
    for (let length = 0; length <= 4200; length++) {
      const message = bytes.subarray(0, length)
      if (hexOf(engine.sha256(message)) !== nodeSha256(message)) wrong.push(length)
    }
    expect(wrong).toEqual([])
  })

  // The core takes 16 KiB at a time; the last piece may be whole, and is never empty.
  it.each([
    16_320, 16_383, 16_384, 16_385, 16_448, 32_767, 32_768, 32_769, 40_000, 49_152, 1_048_576,
  ])('sha256() agrees with node:crypto for %i bytes', (size) => {
    const message = bytesOf(size)
    expect(hexOf(engine.sha256(message))).toBe(nodeSha256(message))
  })

  it('sha256() reads no byte outside a view', () => {
    const bytes = bytesOf(300)
    for (const [start, end] of [
      [1, 2],
      [3, 58],
      [7, 71],
      [100, 228],
    ] as const) {
      const view = new Uint8Array(bytes.buffer, start, end - start)
      expect(hexOf(engine.sha256(view))).toBe(nodeSha256(bytes.slice(start, end)))
    }
  })

  it('sha256() leaves its argument and the digests before it alone', () => {
    const message = bytesOf(100)
    const first = engine.sha256(message)
    const kept = hexOf(first)
    engine.sha256(bytesOf(200))
    expect(hexOf(first)).toBe(kept)
    expect(message).toEqual(bytesOf(100))
    expect(first.byteOffset + first.buffer.byteLength).toBe(32)
  })
})

describe.each(engines)('sha256Text() of $name', (engine) => {
  it.each([
    ['nothing', ''],
    ['an id', 'q7Zt0LmXv3RbY9sKd2WfHg5A'],
    ['two blocks', 'a'.repeat(100)],
    ['text that is not ASCII', 'Ünï ✓ \ud83c\udf6a'],
    ['text that fills the buffer', 'a'.repeat(16_384)],
    ['wide text that fills the buffer', 'é'.repeat(8192) + 'a'.repeat(8192)],
    ['text longer than the buffer', 'a'.repeat(16_385)],
  ])('sha256Text() is the digest of the UTF-8 of %s', (_, message) => {
    const digest = createHash('sha256').update(message, 'utf8').digest('base64url')
    expect(engine.sha256Text(message)).toBe(digest)
  })
})
