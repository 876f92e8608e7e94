/**
 * HMAC-SHA256 (RFC 2104) with cached midstates: the twin of `core/hmac.ts`.
 *
 * @module
 */
import { forget, scratchWords } from './scratch.ts'
import { compress, compressBlock, hash, INITIAL, sha256, toBytes } from './sha256.ts'

const BLOCK_SIZE = 64

/** A key, prepared: the SHA-256 states after the inner and after the outer pad. */
export interface PreparedKey {
  readonly inner: Int32Array
  readonly outer: Int32Array
}

function padState(key: Uint8Array, pad: number): Int32Array {
  const block = new Uint8Array(BLOCK_SIZE)
  block.set(key)
  for (let i = 0; i < BLOCK_SIZE; i++) block[i]! ^= pad
  const state = new Int32Array(8)
  compressBlock(state, INITIAL, block, 0)
  block.fill(0)
  return state
}

/** Prepares a key of any length: one that is longer than a block is hashed first (§2). */
export function prepareKey(key: Uint8Array): PreparedKey {
  const short = key.length > BLOCK_SIZE ? sha256(key) : key
  const prepared = { inner: padState(short, 0x36), outer: padState(short, 0x5c) }
  forget()
  return prepared
}

/** The last block of the outer hash: the inner digest, and the padding of 96 bytes. */
const OUTER_BLOCK = scratchWords(16)
const STATE = scratchWords(8)

/** The tag of the first `len` bytes of a message, written to the first 32 bytes of `tag`. */
export function authenticate(
  key: PreparedKey,
  message: Uint8Array,
  len: number,
  tag: Uint8Array
): void {
  hash(OUTER_BLOCK, key.inner, message, len, BLOCK_SIZE)
  OUTER_BLOCK[8] = 0x8000_0000
  OUTER_BLOCK[15] = 8 * (BLOCK_SIZE + 32)
  compress(STATE, key.outer, OUTER_BLOCK)
  toBytes(STATE, tag)
}

/** HMAC-SHA256 of a message: 32 bytes. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  const tag = new Uint8Array(32)
  authenticate(prepareKey(key), message, message.length, tag)
  forget()
  return tag
}
