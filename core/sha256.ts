/**
 * SHA-256 of whole messages (FIPS 180-4 §5.1.1, §6.2): padding, and messages that come in pieces.
 *
 * @module
 */
import { compress } from './compress'
import { BYTE_POSITIONS, DIGEST, RUNNING } from './memory'

/** The initial hash value H(0), FIPS 180-4 §5.3.3. */
// biome-ignore format: a table of constants
export const INITIAL: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
], 16)

/** The padding byte 0x80 sixteen times (FIPS 180-4 §5.1.1). */
// biome-ignore format: a table of constants
const PADDING: usize = memory.data<u8>([
  128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
], 16)

/** Big-endian words to native ones, or back. */
export function swapWords(x: v128): v128 {
  return i8x16.shuffle(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)
}

/** One block of 64 big-endian bytes at `blockPtr`. */
export function compressBlock(target: usize, source: usize, blockPtr: usize): void {
  compress(
    target,
    source,
    swapWords(v128.load(blockPtr)),
    swapWords(v128.load(blockPtr, 16)),
    swapWords(v128.load(blockPtr, 32)),
    swapWords(v128.load(blockPtr, 48))
  )
}

/**
 * The 16 bytes at `ptr` of which `count` belong to the message (it may be negative, or over 16):
 * the rest is zero, with the padding byte right behind the last. FIPS 180-4 §5.1.1.
 */
function padded(ptr: usize, count: i32): v128 {
  const position = v128.load(BYTE_POSITIONS)
  const limit = i8x16.splat(<i8>count)
  return swapWords(
    v128.or(
      v128.and(v128.load(ptr), i8x16.gt_s(limit, position)),
      v128.and(i8x16.eq(limit, position), v128.load(PADDING))
    )
  )
}

/**
 * Hashes the last `len` bytes of a message, at `ptr`, after `before` bytes that are already in the
 * state at `source`. Writes the digest to `target` as native words. Reads up to 63 bytes past the end.
 */
export function finish(target: usize, source: usize, ptr: usize, len: i32, before: u64): void {
  const bits = (before + <u64>len) << 3
  for (; len >= 64; len -= 64, ptr += 64, source = target) compressBlock(target, source, ptr)

  const length = rotr<u64>(bits, 32) // high word first, §5.1.1
  const w0 = padded(ptr, len)
  const w1 = padded(ptr + 16, len - 16)
  const w2 = padded(ptr + 32, len - 32)
  const w3 = padded(ptr + 48, len - 48)
  if (len < 56) {
    compress(target, source, w0, w1, w2, i64x2.replace_lane(w3, 1, length))
  } else {
    const zero = i64x2.splat(0)
    compress(target, source, w0, w1, w2, w3)
    compress(target, target, zero, zero, zero, i64x2.replace_lane(zero, 1, length))
  }
}

/** The bytes hashed so far, of a message that comes in pieces; RUNNING is its state. */
let hashed: u64 = 0

/** Starts a message from the state at `source`, which has taken `before` bytes. */
export function begin(source: usize, before: u64): void {
  v128.store(RUNNING, v128.load(source))
  v128.store(RUNNING, v128.load(source, 16), 16)
  hashed = before
}

/** Takes `len` more bytes, a multiple of 64, at `ptr`. */
export function update(ptr: usize, len: i32): void {
  hashed += <u64>len
  for (; len >= 64; len -= 64, ptr += 64) compressBlock(RUNNING, RUNNING, ptr)
}

/** Takes the last `len` bytes at `ptr` and writes the digest to DIGEST. */
export function end(ptr: usize, len: i32): void {
  finish(DIGEST, RUNNING, ptr, len, hashed)
}
