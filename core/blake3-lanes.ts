/**
 * Four chunks of BLAKE3 side by side: one vector holds the same word of all four.
 *
 * A round is four quarter-rounds on the columns of the state and four on its diagonals. Only four are
 * written out, in a loop of 14 half-rounds: between two of them the words of row `r` go from place `k`
 * to `r - k` (mod 4), which makes columns of the diagonals, and the other way round. The quarter-rounds
 * stand one behind the other, since the CPU does them at once anyway: woven into each other they took
 * JavaScriptCore 4.1 instead of 3.0 µs for a record of 3.4 KB.
 *
 * A word of the message is added first, to what has been there for long. Added last, every sum would be
 * one step later at the result, which cost an eighth.
 *
 * @module
 */
import { wipe } from './memory'
import { INITIAL } from './sha256'

/** The chaining values, word by word, and behind them the words of the blocks in work. */
const LANES: usize = memory.data(128 + 256, 16)
const MESSAGE: usize = LANES + 128

/** Where in MESSAGE the words are that each half-round takes (§2.2, table 2). */
// biome-ignore format: a table of constants
const ORDER: usize = memory.data<u8>([
  0, 16, 32, 48, 64, 80, 96, 112,
  128, 144, 224, 240, 192, 208, 160, 176,
  32, 96, 48, 160, 112, 0, 64, 208,
  16, 176, 240, 128, 144, 224, 192, 80,
  48, 64, 160, 192, 208, 32, 112, 224,
  96, 80, 128, 16, 176, 240, 144, 0,
  160, 112, 192, 144, 224, 48, 208, 240,
  64, 0, 16, 96, 80, 128, 176, 32,
  192, 208, 144, 176, 240, 160, 224, 128,
  112, 32, 96, 64, 0, 16, 80, 48,
  144, 224, 176, 80, 128, 192, 240, 16,
  208, 48, 64, 112, 32, 96, 0, 160,
  176, 240, 80, 0, 16, 144, 128, 96,
  224, 160, 112, 208, 48, 64, 32, 192,
], 16)
const ORDER_SIZE: usize = 112

// biome-ignore format: a table of constants
const TABLES: usize = memory.data<u8>([
  // 0: each word rotated by 16 bits
  2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13,
  // 16: by 8 bits
  1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12,
  // 32: the numbers of the lanes
  0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0,
], 16)

function rotate12(x: v128): v128 {
  return v128.or(i32x4.shr_u(x, 12), i32x4.shl(x, 20))
}

function rotate7(x: v128): v128 {
  return v128.or(i32x4.shr_u(x, 7), i32x4.shl(x, 25))
}

/** Begins four chunks under the 32 bytes at `key`. */
export function beginLanes(key: usize): void {
  for (let to = LANES; to < MESSAGE; to += 16, key += 4) v128.store(to, v128.load32_splat(key))
}

/** The chaining value that one of the lanes has, to `target`. */
export function takeLane(target: usize, lane: i32): void {
  for (let from = LANES + ((<usize>lane) << 2); from < MESSAGE; from += 16, target += 4) {
    store<u32>(target, load<u32>(from))
  }
}

/** Wipes what is left of all four. */
export function wipeLanes(): void {
  wipe(LANES, 128 + 256)
}

/**
 * Compresses four blocks of 64 bytes (§2.2), one each of the chunk `counter` and the three behind it:
 * at `ptr`, and every 1,024 bytes from there.
 */
export function compressLanes(ptr: usize, counter: i64, flags: i32): void {
  const by16 = v128.load(TABLES)
  const by8 = v128.load(TABLES, 16)
  for (let at: usize = 0; at < 64; at += 16) {
    const a = v128.load(ptr + at)
    const b = v128.load(ptr + at, 1024)
    const c = v128.load(ptr + at, 2048)
    const d = v128.load(ptr + at, 3072)
    const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5)
    const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5)
    const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7)
    const cdHigh = v128.shuffle<i32>(c, d, 2, 6, 3, 7)
    const words = at << 2
    v128.store(words, v128.shuffle<i64>(ab, cd, 0, 2), MESSAGE)
    v128.store(words, v128.shuffle<i64>(ab, cd, 1, 3), MESSAGE + 16)
    v128.store(words, v128.shuffle<i64>(abHigh, cdHigh, 0, 2), MESSAGE + 32)
    v128.store(words, v128.shuffle<i64>(abHigh, cdHigh, 1, 3), MESSAGE + 48)
  }

  let s0 = v128.load(LANES)
  let s1 = v128.load(LANES, 16)
  let s2 = v128.load(LANES, 32)
  let s3 = v128.load(LANES, 48)
  let s4 = v128.load(LANES, 64)
  let s5 = v128.load(LANES, 80)
  let s6 = v128.load(LANES, 96)
  let s7 = v128.load(LANES, 112)
  let s8 = v128.load32_splat(INITIAL)
  let s9 = v128.load32_splat(INITIAL, 4)
  let s10 = v128.load32_splat(INITIAL, 8)
  let s11 = v128.load32_splat(INITIAL, 12)
  let s12 = i32x4.add(i32x4.splat(<i32>counter), v128.load(TABLES, 32))
  let s13 = i32x4.splat(<i32>(counter >> 32))
  let s14 = i32x4.splat(64)
  let s15 = i32x4.splat(flags)

  for (let order = ORDER; order < ORDER + ORDER_SIZE; order += 8) {
    s0 = i32x4.add(i32x4.add(s0, v128.load(<usize>load<u8>(order), MESSAGE)), s4)
    s12 = i8x16.swizzle(v128.xor(s12, s0), by16)
    s8 = i32x4.add(s8, s12)
    s4 = rotate12(v128.xor(s4, s8))
    s0 = i32x4.add(i32x4.add(s0, v128.load(<usize>load<u8>(order, 1), MESSAGE)), s4)
    s12 = i8x16.swizzle(v128.xor(s12, s0), by8)
    s8 = i32x4.add(s8, s12)
    s4 = rotate7(v128.xor(s4, s8))

    s1 = i32x4.add(i32x4.add(s1, v128.load(<usize>load<u8>(order, 2), MESSAGE)), s5)
    s13 = i8x16.swizzle(v128.xor(s13, s1), by16)
    s9 = i32x4.add(s9, s13)
    s5 = rotate12(v128.xor(s5, s9))
    s1 = i32x4.add(i32x4.add(s1, v128.load(<usize>load<u8>(order, 3), MESSAGE)), s5)
    s13 = i8x16.swizzle(v128.xor(s13, s1), by8)
    s9 = i32x4.add(s9, s13)
    s5 = rotate7(v128.xor(s5, s9))

    s2 = i32x4.add(i32x4.add(s2, v128.load(<usize>load<u8>(order, 4), MESSAGE)), s6)
    s14 = i8x16.swizzle(v128.xor(s14, s2), by16)
    s10 = i32x4.add(s10, s14)
    s6 = rotate12(v128.xor(s6, s10))
    s2 = i32x4.add(i32x4.add(s2, v128.load(<usize>load<u8>(order, 5), MESSAGE)), s6)
    s14 = i8x16.swizzle(v128.xor(s14, s2), by8)
    s10 = i32x4.add(s10, s14)
    s6 = rotate7(v128.xor(s6, s10))

    s3 = i32x4.add(i32x4.add(s3, v128.load(<usize>load<u8>(order, 6), MESSAGE)), s7)
    s15 = i8x16.swizzle(v128.xor(s15, s3), by16)
    s11 = i32x4.add(s11, s15)
    s7 = rotate12(v128.xor(s7, s11))
    s3 = i32x4.add(i32x4.add(s3, v128.load(<usize>load<u8>(order, 7), MESSAGE)), s7)
    s15 = i8x16.swizzle(v128.xor(s15, s3), by8)
    s11 = i32x4.add(s11, s15)
    s7 = rotate7(v128.xor(s7, s11))

    let swapped = s1
    s1 = s3
    s3 = swapped
    swapped = s4
    s4 = s5
    s5 = swapped
    swapped = s6
    s6 = s7
    s7 = swapped
    swapped = s8
    s8 = s10
    s10 = swapped
    swapped = s12
    s12 = s15
    s15 = swapped
    swapped = s13
    s13 = s14
    s14 = swapped
  }

  v128.store(LANES, v128.xor(s0, s8))
  v128.store(LANES, v128.xor(s1, s9), 16)
  v128.store(LANES, v128.xor(s2, s10), 32)
  v128.store(LANES, v128.xor(s3, s11), 48)
  v128.store(LANES, v128.xor(s4, s12), 64)
  v128.store(LANES, v128.xor(s5, s13), 80)
  v128.store(LANES, v128.xor(s6, s14), 96)
  v128.store(LANES, v128.xor(s7, s15), 112)
}
