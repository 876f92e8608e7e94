import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { bytesOf, hexOf } from '../engines.fixture.ts'
import { compressBlock, hash, INITIAL, sha256, toBytes } from './sha256.ts'

/** A message padded by hand (FIPS 180-4 §5.1.1), as if `before` bytes came first. */
function padded(message: Uint8Array, before: number): Uint8Array {
  const size = message.length + 9
  const blocks = new Uint8Array(size + ((64 - (size % 64)) % 64))
  blocks.set(message)
  blocks[message.length] = 0x80
  const bits = BigInt(before + message.length) * 8n
  new DataView(blocks.buffer).setBigUint64(blocks.length - 8, bits)
  return blocks
}

describe('SHA-256 of the portable engine', () => {
  it('the initial hash value is the fractional parts of the square roots of the first primes', () => {
    const roots = [2, 3, 5, 7, 11, 13, 17, 19].map((p) => Math.floor((Math.sqrt(p) % 1) * 2 ** 32))
    expect([...INITIAL].map((word) => word >>> 0)).toEqual(roots)
  })

  // The length in bits passes 32 at 512 MiB, which is too much to hash in a test of a second.
  it.each([0, 64, 2 ** 28, 2 ** 29 - 64, 2 ** 29, 2 ** 32, 2 ** 40])(
    'hash() pads with the length in bits of %i bytes and more',
    (before) => {
      for (const size of [0, 1, 55, 56, 63, 64, 65, 119, 120]) {
        const message = bytesOf(size)
        const ours = new Int32Array(8)
        hash(ours, INITIAL, message, size, before)

        const theirs = Int32Array.from(INITIAL)
        const blocks = padded(message, before)
        for (let i = 0; i < blocks.length; i += 64) compressBlock(theirs, theirs, blocks, i)
        expect(hexOf(toBytes(ours))).toBe(hexOf(toBytes(theirs)))
      }
    }
  )

  it('hash() may write to the state that it reads', () => {
    const message = bytesOf(150)
    const state = Int32Array.from(INITIAL)
    hash(state, state, message, message.length, 0)
    expect(hexOf(toBytes(state))).toBe(hexOf(sha256(message)))
  })

  it('sha256() takes a Buffer, which is a view on a pool', () => {
    const message = Buffer.from('a message in the pool')
    const digest = createHash('sha256').update(message).digest('hex')
    expect(hexOf(sha256(message))).toBe(digest)
  })
})
