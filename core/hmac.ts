/**
 * HMAC-SHA256 (RFC 2104, FIPS 198-1) with cached midstates.
 *
 * A key is prepared once: the SHA-256 state after the inner pad and the state after the outer pad.
 * A message of up to 55 bytes then costs exactly two compressions.
 *
 * @module
 */
import { compress } from './compress'
import { DIGEST, INNER, INPUT, MIDSTATES } from './memory'
import { compressBlock, finish, INITIAL, swapWords } from './sha256'

const PAD: usize = memory.data(64, 16)

function xorPad(value: i8): void {
  const mask = i8x16.splat(value)
  for (let i: usize = 0; i < 64; i += 16) {
    v128.store(PAD + i, v128.xor(v128.load(PAD + i), mask))
  }
}

/** Prepares the `len` key bytes in INPUT: their midstates go to MIDSTATES, the bytes are wiped. */
export function prepareKey(len: i32): void {
  memory.fill(PAD, 0, 64)
  if (len > 64) {
    // RFC 2104 §2: a key longer than a block is hashed first.
    finish(INNER, INITIAL, INPUT, len, 0)
    v128.store(PAD, swapWords(v128.load(INNER)))
    v128.store(PAD, swapWords(v128.load(INNER, 16)), 16)
  } else {
    memory.copy(PAD, INPUT, len)
  }
  xorPad(0x36)
  compressBlock(MIDSTATES, INITIAL, PAD)
  xorPad(0x36 ^ 0x5c)
  compressBlock(MIDSTATES + 32, INITIAL, PAD)
  memory.fill(PAD, 0, 64)
  memory.fill(INPUT, 0, len)
}

/** The outer hash: DIGEST receives H(outer pad ‖ `inner`), where `inner` are 8 native words. */
export function finishOuter(midstates: usize, inner: usize): void {
  // One block: 32 bytes of digest, the padding bit, and the length (64 + 32) · 8 = 768 bits.
  compress(
    DIGEST,
    midstates + 32,
    v128.load(inner),
    v128.load(inner, 16),
    i32x4(0x80000000, 0, 0, 0),
    i32x4(0, 0, 0, 768)
  )
}

/** The tag of the `len` bytes at `ptr` under the key with these midstates, to DIGEST. */
export function authenticate(midstates: usize, ptr: usize, len: i32): void {
  finish(INNER, midstates, ptr, len, 64)
  finishOuter(midstates, INNER)
}
