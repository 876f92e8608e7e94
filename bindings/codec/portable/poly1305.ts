/**
 * Poly1305 (RFC 8439 §2.5): the twin of `core/poly1305.ts`.
 *
 * Numbers modulo 2^130 - 5 are six limbs of 22 bits, kept in doubles: six products of a limb and 20
 * times another stay below 2^53, so all of it is exact, with 36 multiplications a block where limbs
 * that fit 32-bit integers would need 100. 2^132 is 20 modulo the prime.
 *
 * @module
 */
import { wordAt } from './chacha20.ts'
import { scratchBytes, scratchDoubles } from './scratch.ts'

const LIMB = 0x3fffff
const RADIX = 0x400000

/** r, then 20 · r; and the accumulator. */
const R = scratchDoubles(6)
const S = scratchDoubles(6)
const H = scratchDoubles(6)
/** A last block, padded. */
const LAST_BLOCK = scratchBytes(16)

/** Starts a tag under `r`, the four words at the beginning of `key`. */
export function beginTag(key: Int32Array): void {
  const w0 = key[0]! & 0x0fffffff // clamped, §2.5
  const w1 = key[1]! & 0x0ffffffc
  const w2 = key[2]! & 0x0ffffffc
  const w3 = key[3]! & 0x0ffffffc
  R[0] = w0 & LIMB
  R[1] = ((w0 >>> 22) | (w1 << 10)) & LIMB
  R[2] = ((w1 >>> 12) | (w2 << 20)) & LIMB
  R[3] = (w2 >>> 2) & LIMB
  R[4] = ((w2 >>> 24) | (w3 << 8)) & LIMB
  R[5] = w3 >>> 14
  for (let i = 0; i < 6; i++) S[i] = 20 * R[i]!
  H.fill(0)
}

/** Takes `len` bytes at `offset`, a multiple of 16. */
function takeBlocks(bytes: Uint8Array, offset: number, len: number): void {
  const r0 = R[0]!
  const r1 = R[1]!
  const r2 = R[2]!
  const r3 = R[3]!
  const r4 = R[4]!
  const r5 = R[5]!
  const s1 = S[1]!
  const s2 = S[2]!
  const s3 = S[3]!
  const s4 = S[4]!
  const s5 = S[5]!
  let h0 = H[0]!
  let h1 = H[1]!
  let h2 = H[2]!
  let h3 = H[3]!
  let h4 = H[4]!
  let h5 = H[5]!

  for (const end = offset + len; offset < end; offset += 16) {
    const w0 = wordAt(bytes, offset)
    const w1 = wordAt(bytes, offset + 4)
    const w2 = wordAt(bytes, offset + 8)
    const w3 = wordAt(bytes, offset + 12)
    h0 += w0 & LIMB
    h1 += ((w0 >>> 22) | (w1 << 10)) & LIMB
    h2 += ((w1 >>> 12) | (w2 << 20)) & LIMB
    h3 += (w2 >>> 2) & LIMB
    h4 += ((w2 >>> 24) | (w3 << 8)) & LIMB
    h5 += (w3 >>> 14) | 0x40000 // 2^128 is above a whole block

    let d0 = h0 * r0 + h1 * s5 + h2 * s4 + h3 * s3 + h4 * s2 + h5 * s1
    let d1 = h0 * r1 + h1 * r0 + h2 * s5 + h3 * s4 + h4 * s3 + h5 * s2
    let d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s5 + h4 * s4 + h5 * s3
    let d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s5 + h5 * s4
    let d4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0 + h5 * s5
    let d5 = h0 * r5 + h1 * r4 + h2 * r3 + h3 * r2 + h4 * r1 + h5 * r0

    let carry = Math.floor(d0 / RADIX)
    d0 -= carry * RADIX
    d1 += carry
    carry = Math.floor(d1 / RADIX)
    h1 = d1 - carry * RADIX
    d2 += carry
    carry = Math.floor(d2 / RADIX)
    h2 = d2 - carry * RADIX
    d3 += carry
    carry = Math.floor(d3 / RADIX)
    h3 = d3 - carry * RADIX
    d4 += carry
    carry = Math.floor(d4 / RADIX)
    h4 = d4 - carry * RADIX
    d5 += carry
    carry = Math.floor(d5 / RADIX)
    h5 = d5 - carry * RADIX
    d0 += 20 * carry
    carry = Math.floor(d0 / RADIX)
    h0 = d0 - carry * RADIX
    h1 += carry
  }
  H[0] = h0
  H[1] = h1
  H[2] = h2
  H[3] = h3
  H[4] = h4
  H[5] = h5
}

/** Takes `len` bytes at `offset`, the last block padded with zeros (§2.8). */
export function take(bytes: Uint8Array, offset: number, len: number): void {
  const rest = len % 16
  takeBlocks(bytes, offset, len - rest)
  if (rest === 0) return
  LAST_BLOCK.fill(0)
  for (let i = 0; i < rest; i++) LAST_BLOCK[i] = bytes[offset + len - rest + i]!
  takeBlocks(LAST_BLOCK, 0, 16)
}

/** Takes the block of the two lengths (§2.8). */
export function takeLengths(dataLen: number, len: number): void {
  LAST_BLOCK.fill(0)
  for (let i = 0; i < 4; i++) {
    LAST_BLOCK[i] = dataLen >>> (8 * i)
    LAST_BLOCK[8 + i] = len >>> (8 * i)
  }
  takeBlocks(LAST_BLOCK, 0, 16)
}

/** Brings all limbs below 22 bits and the whole below 2^130. */
function reduce(): void {
  let carry = 0
  for (let i = 0; i < 6; i++) {
    const limb = H[i]! + carry
    carry = Math.floor(limb / RADIX)
    H[i] = limb - carry * RADIX
  }
  // 20 bits of the highest limb are below 2^130, and 2^130 is 5.
  const high = Math.floor(H[5]! / 0x100000) + 4 * carry
  H[5]! %= 0x100000
  H[0]! += 5 * high
}

/** The 16 bytes of the tag, with `s` the four words of `key` from the fifth on. */
export function endTag(tag: Uint8Array, key: Int32Array): void {
  reduce()
  reduce()
  reduce()

  // h - p = h + 5 - 2^130, taken instead of h unless it is negative.
  let carry = 5
  for (let i = 0; i < 5; i++) carry = Math.floor((H[i]! + carry) / RADIX)
  const over = Math.floor((H[5]! + carry) / 0x100000)
  H[0]! += 5 * over
  carry = 0
  for (let i = 0; i < 6; i++) {
    const limb = H[i]! + carry
    carry = Math.floor(limb / RADIX)
    H[i] = limb - carry * RADIX
  }

  const words = [
    H[0]! | (H[1]! << 22),
    (H[1]! >>> 10) | (H[2]! << 12),
    (H[2]! >>> 20) | (H[3]! << 2) | (H[4]! << 24),
    (H[4]! >>> 8) | (H[5]! << 14),
  ]
  carry = 0
  for (let i = 0; i < 4; i++) {
    const sum = (words[i]! >>> 0) + (key[4 + i]! >>> 0) + carry
    carry = Math.floor(sum / 0x1_0000_0000)
    for (let j = 0; j < 4; j++) tag[4 * i + j] = sum >>> (8 * j)
  }
}
