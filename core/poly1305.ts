/**
 * Poly1305 (RFC 8439 §2.5), after Andrew Moon's poly1305-donna: numbers modulo 2^130 - 5 as five
 * limbs of 26 bits, whose products fit 64 bits, since WebAssembly has no wider multiplication.
 *
 * Two blocks a turn: `(h + m0) · r² + m1 · r`. The products of the two do not wait for each other, and
 * one chain of carries serves both. No step branches by the data.
 *
 * @module
 */

const LIMB: u64 = 0x3ff_ffff
/** The bit above a whole block, 2^128, in the highest limb (§2.5.1). */
const HIGH_BIT: u64 = 1 << 24

/** What is clamped away from r (§2.5). */
const CLAMP: usize = memory.data<u32>([0x0fffffff, 0x0ffffffc, 0x0ffffffc, 0x0ffffffc], 16)

let r0: u64 = 0
let r1: u64 = 0
let r2: u64 = 0
let r3: u64 = 0
let r4: u64 = 0

/** r². */
let q0: u64 = 0
let q1: u64 = 0
let q2: u64 = 0
let q3: u64 = 0
let q4: u64 = 0

/** The accumulator; its limbs may be a little over 26 bits between two calls. */
let h0: u64 = 0
let h1: u64 = 0
let h2: u64 = 0
let h3: u64 = 0
let h4: u64 = 0

/** Starts a tag under `r`, the 16 bytes at `key`. */
export function beginTag(key: usize): void {
  const low = load<u64>(key) & load<u64>(CLAMP)
  const high = load<u64>(key, 8) & load<u64>(CLAMP, 8)
  r0 = low & LIMB
  r1 = (low >> 26) & LIMB
  r2 = ((low >> 52) | (high << 12)) & LIMB
  r3 = (high >> 14) & LIMB
  r4 = high >> 40

  let d0 = r0 * r0 + 10 * (r1 * r4 + r2 * r3)
  let d1 = 2 * r0 * r1 + 10 * r2 * r4 + 5 * r3 * r3
  let d2 = 2 * r0 * r2 + r1 * r1 + 10 * r3 * r4
  let d3 = 2 * (r0 * r3 + r1 * r2) + 5 * r4 * r4
  let d4 = 2 * (r0 * r4 + r1 * r3) + r2 * r2
  d1 += d0 >> 26
  d2 += d1 >> 26
  d3 += d2 >> 26
  d4 += d3 >> 26
  d0 = (d0 & LIMB) + 5 * (d4 >> 26)
  q0 = d0 & LIMB
  q1 = (d1 & LIMB) + (d0 >> 26)
  q2 = d2 & LIMB
  q3 = d3 & LIMB
  q4 = d4 & LIMB

  h0 = 0
  h1 = 0
  h2 = 0
  h3 = 0
  h4 = 0
}

/** Takes `count` whole blocks of 16 bytes at `ptr`. */
export function takeBlocks(ptr: usize, count: i32): void {
  const s1 = 5 * r1
  const s2 = 5 * r2
  const s3 = 5 * r3
  const s4 = 5 * r4
  const p1 = 5 * q1
  const p2 = 5 * q2
  const p3 = 5 * q3
  const p4 = 5 * q4
  let a0 = h0
  let a1 = h1
  let a2 = h2
  let a3 = h3
  let a4 = h4

  for (; count > 0; count -= 2, ptr += 32) {
    let low = load<u64>(ptr)
    let high = load<u64>(ptr, 8)
    a0 += low & LIMB
    a1 += (low >> 26) & LIMB
    a2 += ((low >> 52) | (high << 12)) & LIMB
    a3 += (high >> 14) & LIMB
    a4 += (high >> 40) | HIGH_BIT

    let d0: u64 = 0
    let d1: u64 = 0
    let d2: u64 = 0
    let d3: u64 = 0
    let d4: u64 = 0
    if (count === 1) {
      d0 = a0 * r0 + a1 * s4 + a2 * s3 + a3 * s2 + a4 * s1
      d1 = a0 * r1 + a1 * r0 + a2 * s4 + a3 * s3 + a4 * s2
      d2 = a0 * r2 + a1 * r1 + a2 * r0 + a3 * s4 + a4 * s3
      d3 = a0 * r3 + a1 * r2 + a2 * r1 + a3 * r0 + a4 * s4
      d4 = a0 * r4 + a1 * r3 + a2 * r2 + a3 * r1 + a4 * r0
    } else {
      low = load<u64>(ptr, 16)
      high = load<u64>(ptr, 24)
      const b0 = low & LIMB
      const b1 = (low >> 26) & LIMB
      const b2 = ((low >> 52) | (high << 12)) & LIMB
      const b3 = (high >> 14) & LIMB
      const b4 = (high >> 40) | HIGH_BIT
      d0 = a0 * q0 + a1 * p4 + a2 * p3 + a3 * p2 + a4 * p1
      d1 = a0 * q1 + a1 * q0 + a2 * p4 + a3 * p3 + a4 * p2
      d2 = a0 * q2 + a1 * q1 + a2 * q0 + a3 * p4 + a4 * p3
      d3 = a0 * q3 + a1 * q2 + a2 * q1 + a3 * q0 + a4 * p4
      d4 = a0 * q4 + a1 * q3 + a2 * q2 + a3 * q1 + a4 * q0
      d0 += b0 * r0 + b1 * s4 + b2 * s3 + b3 * s2 + b4 * s1
      d1 += b0 * r1 + b1 * r0 + b2 * s4 + b3 * s3 + b4 * s2
      d2 += b0 * r2 + b1 * r1 + b2 * r0 + b3 * s4 + b4 * s3
      d3 += b0 * r3 + b1 * r2 + b2 * r1 + b3 * r0 + b4 * s4
      d4 += b0 * r4 + b1 * r3 + b2 * r2 + b3 * r1 + b4 * r0
    }

    // Two chains side by side: 0 → 1 → 2 → 3, and 3 → 4 → 0 → 1.
    d1 += d0 >> 26
    d4 += d3 >> 26
    a3 = d3 & LIMB
    d2 += d1 >> 26
    a0 = (d0 & LIMB) + 5 * (d4 >> 26)
    a4 = d4 & LIMB
    a3 += d2 >> 26
    a2 = d2 & LIMB
    a1 = (d1 & LIMB) + (a0 >> 26)
    a0 &= LIMB
    a4 += a3 >> 26
    a3 &= LIMB
  }
  h0 = a0
  h1 = a1
  h2 = a2
  h3 = a3
  h4 = a4
}

/** Writes the 16 bytes of the tag, with `s` at `key`, to `target`, and forgets everything. */
export function endTag(target: usize, key: usize): void {
  let carry: u64 = 0
  // Twice, because what goes round from the top may carry once more through all limbs.
  for (let i = 0; i < 2; i++) {
    h1 += h0 >> 26
    h0 &= LIMB
    h2 += h1 >> 26
    h1 &= LIMB
    h3 += h2 >> 26
    h2 &= LIMB
    h4 += h3 >> 26
    h3 &= LIMB
    h0 += 5 * (h4 >> 26)
    h4 &= LIMB
  }
  h1 += h0 >> 26
  h0 &= LIMB

  // h - p = h + 5 - 2^130, taken instead of h unless it is negative.
  carry = (h0 + 5) >> 26
  carry = (h1 + carry) >> 26
  carry = (h2 + carry) >> 26
  carry = (h3 + carry) >> 26
  carry = (h4 + carry) >> 26
  const low = h0 | (h1 << 26) | (h2 << 52)
  const high = (h2 >> 12) | (h3 << 14) | (h4 << 40)
  const reduced = low + 5 * carry
  const s = load<u64>(key)
  const sum = reduced + s
  store<u64>(target, sum)
  store<u64>(target, high + load<u64>(key, 8) + u64(reduced < low) + u64(sum < s), 8)

  r0 = r1 = r2 = r3 = r4 = 0
  q0 = q1 = q2 = q3 = q4 = 0
  h0 = h1 = h2 = h3 = h4 = 0
}
