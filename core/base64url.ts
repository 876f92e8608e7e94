/**
 * base64url without padding (RFC 4648 §5), 16 characters to 12 bytes a step.
 *
 * Strict: one text for one value. A wrong character, an impossible length or a spare bit that is not
 * zero (§3.5) is refused. No step looks anything up in memory by its data, so the time tells nothing
 * about it. After Wojciech Muła and Daniel Lemire, "Faster Base64 Encoding and Decoding using AVX2
 * Instructions", 2018, with tables for the URL alphabet.
 *
 * The vector constants are loaded from memory before each loop: V8 rebuilds a `v128.const` on every
 * turn, which took 280 ns instead of 104 for 300 bytes, and the mask of an `i8x16.shuffle` as well.
 *
 * @module
 */
import { BYTE_POSITIONS } from './memory'

// biome-ignore format: a table of constants
const DECODE: usize = memory.data<u8>([
  // 0: the classes of high nibble that a low nibble rules out
  0x25, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x23, 0x3b, 0x3b, 0x3a, 0x3b, 0x33,
  // 16: the class of a high nibble
  0x20, 0x20, 0x01, 0x02, 0x04, 0x08, 0x04, 0x10, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20,
  // 32: the distance from a character to its sextet, by high nibble
  0, 0, 17, 4, 191, 191, 185, 185, 0, 0, 0, 0, 0, 0, 0, 0,
  // 48: the low nibble of each byte
  15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,
  // 64: '_', whose distance differs from that of its row …
  95, 95, 95, 95, 95, 95, 95, 95, 95, 95, 95, 95, 95, 95, 95, 95,
  // 80: … by this much
  33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33,
  // 96: the weights 4096 and 1 that join two 12-bit numbers into one of 24 bits
  0, 16, 1, 0, 0, 16, 1, 0, 0, 16, 1, 0, 0, 16, 1, 0,
  // 112: the three bytes of each number, and zeros behind the twelve
  2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 3, 3, 3, 3,
], 16)

// biome-ignore format: a table of constants
const ENCODE: usize = memory.data<u8>([
  // 0: the distance from a sextet to its character, by class
  71, 252, 252, 252, 252, 252, 252, 252, 252, 252, 252, 239, 32, 65, 0, 0,
  // 16: three bytes to one 24-bit number
  2, 1, 0, 255, 5, 4, 3, 255, 8, 7, 6, 255, 11, 10, 9, 255,
  // 32, 48, 64, 80: the four sextets of a number
  0x3f, 0, 0, 0, 0x3f, 0, 0, 0, 0x3f, 0, 0, 0, 0x3f, 0, 0, 0,
  0, 0x3f, 0, 0, 0, 0x3f, 0, 0, 0, 0x3f, 0, 0, 0, 0x3f, 0, 0,
  0, 0, 0x3f, 0, 0, 0, 0x3f, 0, 0, 0, 0x3f, 0, 0, 0, 0x3f, 0,
  0, 0, 0, 0x3f, 0, 0, 0, 0x3f, 0, 0, 0, 0x3f, 0, 0, 0, 0x3f,
  // 96, 112, 128: the bounds of the classes
  51, 51, 51, 51, 51, 51, 51, 51, 51, 51, 51, 51, 51, 51, 51, 51,
  26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26,
  13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13,
  // 144: as 16, from a digest of native words
  1, 2, 3, 255, 6, 7, 0, 255, 11, 4, 5, 255, 8, 9, 10, 255,
], 16)

/** The characters of four 24-bit numbers. */
function characters(
  numbers: v128,
  first: v128,
  second: v128,
  third: v128,
  fourth: v128,
  c51: v128,
  c26: v128,
  c13: v128,
  distance: v128
): v128 {
  const sextets = v128.or(
    v128.or(v128.and(i32x4.shr_u(numbers, 18), first), v128.and(i32x4.shr_u(numbers, 4), second)),
    v128.or(v128.and(i32x4.shl(numbers, 10), third), v128.and(i32x4.shl(numbers, 24), fourth))
  )
  // Classes: 0…25 → 13, 26…51 → 0, 52…61 → 1…10, 62 → 11, 63 → 12.
  const upper = v128.and(i8x16.lt_u(sextets, c26), c13)
  const kind = v128.or(i8x16.sub_sat_u(sextets, c51), upper)
  return i8x16.add(sextets, i8x16.swizzle(distance, kind))
}

/**
 * Encodes `len` bytes at `source` to `target`; returns the number of characters. Reads and writes up
 * to 15 bytes past the ends.
 */
export function encode(target: usize, source: usize, len: i32): i32 {
  const distance = v128.load(ENCODE)
  const pick = v128.load(ENCODE, 16)
  const first = v128.load(ENCODE, 32)
  const second = v128.load(ENCODE, 48)
  const third = v128.load(ENCODE, 64)
  const fourth = v128.load(ENCODE, 80)
  const c51 = v128.load(ENCODE, 96)
  const c26 = v128.load(ENCODE, 112)
  const c13 = v128.load(ENCODE, 128)
  const position = v128.load(BYTE_POSITIONS)

  const total = (len * 4 + 2) / 3
  for (; len > 0; len -= 12, source += 12, target += 16) {
    let bytes = v128.load(source)
    if (len < 12) bytes = v128.and(bytes, i8x16.gt_s(i8x16.splat(<i8>len), position))
    const numbers = i8x16.swizzle(bytes, pick)
    v128.store(target, characters(numbers, first, second, third, fourth, c51, c26, c13, distance))
  }
  return total
}

/** The 16 characters of 12 digest bytes at `source`, which lie there as native words. */
function encodeWords(target: usize, source: usize): void {
  const numbers = i8x16.swizzle(v128.load(source), v128.load(ENCODE, 144))
  v128.store(
    target,
    characters(
      numbers,
      v128.load(ENCODE, 32),
      v128.load(ENCODE, 48),
      v128.load(ENCODE, 64),
      v128.load(ENCODE, 80),
      v128.load(ENCODE, 96),
      v128.load(ENCODE, 112),
      v128.load(ENCODE, 128),
      v128.load(ENCODE)
    )
  )
}

/** The 43 characters of a digest of 8 native words. Writes 48 bytes. */
export function encodeDigest(target: usize, digest: usize): void {
  encodeWords(target, digest)
  encodeWords(target + 16, digest + 12)
  encodeWords(target + 32, digest + 24)
}

/**
 * Decodes `len` characters at `source` to `target`; returns the number of bytes, or -1 if they are
 * not strictly base64url. Reads and writes up to 15 bytes past the ends.
 */
export function decode(target: usize, source: usize, len: i32): i32 {
  if ((len & 3) === 1) return -1
  const ruledOut = v128.load(DECODE)
  const classes = v128.load(DECODE, 16)
  const distance = v128.load(DECODE, 32)
  const c15 = v128.load(DECODE, 48)
  const underscore = v128.load(DECODE, 64)
  const extra = v128.load(DECODE, 80)
  const weights = v128.load(DECODE, 96)
  const position = v128.load(BYTE_POSITIONS)
  const order = v128.load(DECODE, 112)
  const filler = i8x16.splat(0x41)

  let bad = i64x2.splat(0)
  let out = target
  for (let left = len; left > 0; left -= 16, source += 16, out += 12) {
    let text = v128.load(source)
    if (left < 16) {
      text = v128.bitselect(text, filler, i8x16.gt_s(i8x16.splat(<i8>left), position))
    }
    const high = v128.and(i16x8.shr_u(text, 4), c15)
    const low = v128.and(text, c15)
    const wrong = v128.and(i8x16.swizzle(ruledOut, low), i8x16.swizzle(classes, high))
    bad = v128.or(bad, wrong)
    const sextets = i8x16.add(
      i8x16.add(text, i8x16.swizzle(distance, high)),
      v128.and(i8x16.eq(text, underscore), extra)
    )
    const pairs = v128.or(i16x8.shr_u(i16x8.shl(sextets, 8), 2), i16x8.shr_u(sextets, 8))
    const numbers = i32x4.dot_i16x8_s(pairs, weights)
    v128.store(out, i8x16.swizzle(numbers, order))
  }
  if (v128.any_true(bad)) return -1
  const total = (len * 3) >> 2
  // A last group of 2 or 3 characters leaves 4 or 2 spare bits, which landed in the byte behind.
  if ((len & 3) !== 0 && load<u8>(target + total) !== 0) return -1
  return total
}
