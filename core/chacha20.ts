/**
 * ChaCha20 and HChaCha20 (RFC 8439 §2.1 to §2.4, draft-irtf-cfrg-xchacha-03 §2.2).
 *
 * Key stream comes four blocks at a time: one vector holds the same word of all four, so a quarter
 * round is the same instructions for each of them and no word ever changes its place. HChaCha20 has
 * one block, whose rows are vectors; between two rounds they turn, so that diagonals become columns.
 *
 * Rotations by 16 and 8 are swizzles, those by 12 and 7 are shifts. Nothing is looked up and nothing
 * branches by the data.
 *
 * @module
 */

/** The state, §2.3: constants, key, counter, nonce. */
export const STATE: usize = memory.data(64, 16)
/** Four blocks of key stream. */
export const KEY_STREAM: usize = memory.data(256, 16)

/** Bytes of one block. */
export const BLOCK_SIZE: usize = 64
/** Bytes that `nextBlocks` makes. */
export const STREAM_SIZE: usize = 256

// biome-ignore format: a table of constants
const CONSTANTS: usize = memory.data<u32>([
  // 0: "expand 32-byte k"
  0x61707865, 0x3320646e, 0x79622d32, 0x6b206574,
  // 16: the counters of four blocks
  0, 1, 2, 3,
], 16)

// biome-ignore format: a table of constants
const ROTATIONS: usize = memory.data<u8>([
  // 0: each word by 16 bits
  2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13,
  // 16: by 8 bits to the left
  3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14,
], 16)

function rotate12(x: v128): v128 {
  return v128.or(i32x4.shl(x, 12), i32x4.shr_u(x, 20))
}

function rotate7(x: v128): v128 {
  return v128.or(i32x4.shl(x, 7), i32x4.shr_u(x, 25))
}

/** Stores four words of each of four blocks, `a` the first of all of them, where they belong. */
function storeWords(target: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5)
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5)
  const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7)
  const cdHigh = v128.shuffle<i32>(c, d, 2, 6, 3, 7)
  v128.store(target, v128.shuffle<i64>(ab, cd, 0, 2))
  v128.store(target, v128.shuffle<i64>(ab, cd, 1, 3), 64)
  v128.store(target, v128.shuffle<i64>(abHigh, cdHigh, 0, 2), 128)
  v128.store(target, v128.shuffle<i64>(abHigh, cdHigh, 1, 3), 192)
}

/** Sets STATE: the 32 bytes at `key`, and the 16 of counter and nonce at `nonce`. */
export function setState(key: usize, nonce: usize): void {
  v128.store(STATE, v128.load(CONSTANTS))
  v128.store(STATE, v128.load(key), 16)
  v128.store(STATE, v128.load(key, 16), 32)
  v128.store(STATE, v128.load(nonce), 48)
}

/** HChaCha20 of STATE: the 32 bytes of the subkey take the place of the key in it. */
export function deriveSubkey(): void {
  const by16 = v128.load(ROTATIONS)
  const by8 = v128.load(ROTATIONS, 16)
  let a = v128.load(STATE)
  let b = v128.load(STATE, 16)
  let c = v128.load(STATE, 32)
  let d = v128.load(STATE, 48)
  for (let i = 0; i < 10; i++) {
    a = i32x4.add(a, b)
    d = i8x16.swizzle(v128.xor(d, a), by16)
    c = i32x4.add(c, d)
    b = rotate12(v128.xor(b, c))
    a = i32x4.add(a, b)
    d = i8x16.swizzle(v128.xor(d, a), by8)
    c = i32x4.add(c, d)
    b = rotate7(v128.xor(b, c))
    b = v128.shuffle<i32>(b, b, 1, 2, 3, 0)
    c = v128.shuffle<i32>(c, c, 2, 3, 0, 1)
    d = v128.shuffle<i32>(d, d, 3, 0, 1, 2)
    a = i32x4.add(a, b)
    d = i8x16.swizzle(v128.xor(d, a), by16)
    c = i32x4.add(c, d)
    b = rotate12(v128.xor(b, c))
    a = i32x4.add(a, b)
    d = i8x16.swizzle(v128.xor(d, a), by8)
    c = i32x4.add(c, d)
    b = rotate7(v128.xor(b, c))
    b = v128.shuffle<i32>(b, b, 3, 0, 1, 2)
    c = v128.shuffle<i32>(c, c, 2, 3, 0, 1)
    d = v128.shuffle<i32>(d, d, 1, 2, 3, 0)
  }
  v128.store(STATE, a, 16)
  v128.store(STATE, d, 32)
}

/** The next four blocks of STATE's key stream, to KEY_STREAM; its counter moves on. */
export function nextBlocks(): void {
  const by16 = v128.load(ROTATIONS)
  const by8 = v128.load(ROTATIONS, 16)
  let x0 = v128.load32_splat(STATE)
  let x1 = v128.load32_splat(STATE, 4)
  let x2 = v128.load32_splat(STATE, 8)
  let x3 = v128.load32_splat(STATE, 12)
  let x4 = v128.load32_splat(STATE, 16)
  let x5 = v128.load32_splat(STATE, 20)
  let x6 = v128.load32_splat(STATE, 24)
  let x7 = v128.load32_splat(STATE, 28)
  let x8 = v128.load32_splat(STATE, 32)
  let x9 = v128.load32_splat(STATE, 36)
  let x10 = v128.load32_splat(STATE, 40)
  let x11 = v128.load32_splat(STATE, 44)
  let x12 = i32x4.add(v128.load32_splat(STATE, 48), v128.load(CONSTANTS, 16))
  let x13 = v128.load32_splat(STATE, 52)
  let x14 = v128.load32_splat(STATE, 56)
  let x15 = v128.load32_splat(STATE, 60)

  for (let i = 0; i < 10; i++) {
    x0 = i32x4.add(x0, x4)
    x1 = i32x4.add(x1, x5)
    x2 = i32x4.add(x2, x6)
    x3 = i32x4.add(x3, x7)
    x12 = i8x16.swizzle(v128.xor(x12, x0), by16)
    x13 = i8x16.swizzle(v128.xor(x13, x1), by16)
    x14 = i8x16.swizzle(v128.xor(x14, x2), by16)
    x15 = i8x16.swizzle(v128.xor(x15, x3), by16)
    x8 = i32x4.add(x8, x12)
    x9 = i32x4.add(x9, x13)
    x10 = i32x4.add(x10, x14)
    x11 = i32x4.add(x11, x15)
    x4 = rotate12(v128.xor(x4, x8))
    x5 = rotate12(v128.xor(x5, x9))
    x6 = rotate12(v128.xor(x6, x10))
    x7 = rotate12(v128.xor(x7, x11))
    x0 = i32x4.add(x0, x4)
    x1 = i32x4.add(x1, x5)
    x2 = i32x4.add(x2, x6)
    x3 = i32x4.add(x3, x7)
    x12 = i8x16.swizzle(v128.xor(x12, x0), by8)
    x13 = i8x16.swizzle(v128.xor(x13, x1), by8)
    x14 = i8x16.swizzle(v128.xor(x14, x2), by8)
    x15 = i8x16.swizzle(v128.xor(x15, x3), by8)
    x8 = i32x4.add(x8, x12)
    x9 = i32x4.add(x9, x13)
    x10 = i32x4.add(x10, x14)
    x11 = i32x4.add(x11, x15)
    x4 = rotate7(v128.xor(x4, x8))
    x5 = rotate7(v128.xor(x5, x9))
    x6 = rotate7(v128.xor(x6, x10))
    x7 = rotate7(v128.xor(x7, x11))
    x0 = i32x4.add(x0, x5)
    x1 = i32x4.add(x1, x6)
    x2 = i32x4.add(x2, x7)
    x3 = i32x4.add(x3, x4)
    x15 = i8x16.swizzle(v128.xor(x15, x0), by16)
    x12 = i8x16.swizzle(v128.xor(x12, x1), by16)
    x13 = i8x16.swizzle(v128.xor(x13, x2), by16)
    x14 = i8x16.swizzle(v128.xor(x14, x3), by16)
    x10 = i32x4.add(x10, x15)
    x11 = i32x4.add(x11, x12)
    x8 = i32x4.add(x8, x13)
    x9 = i32x4.add(x9, x14)
    x5 = rotate12(v128.xor(x5, x10))
    x6 = rotate12(v128.xor(x6, x11))
    x7 = rotate12(v128.xor(x7, x8))
    x4 = rotate12(v128.xor(x4, x9))
    x0 = i32x4.add(x0, x5)
    x1 = i32x4.add(x1, x6)
    x2 = i32x4.add(x2, x7)
    x3 = i32x4.add(x3, x4)
    x15 = i8x16.swizzle(v128.xor(x15, x0), by8)
    x12 = i8x16.swizzle(v128.xor(x12, x1), by8)
    x13 = i8x16.swizzle(v128.xor(x13, x2), by8)
    x14 = i8x16.swizzle(v128.xor(x14, x3), by8)
    x10 = i32x4.add(x10, x15)
    x11 = i32x4.add(x11, x12)
    x8 = i32x4.add(x8, x13)
    x9 = i32x4.add(x9, x14)
    x5 = rotate7(v128.xor(x5, x10))
    x6 = rotate7(v128.xor(x6, x11))
    x7 = rotate7(v128.xor(x7, x8))
    x4 = rotate7(v128.xor(x4, x9))
  }

  x0 = i32x4.add(x0, v128.load32_splat(STATE))
  x1 = i32x4.add(x1, v128.load32_splat(STATE, 4))
  x2 = i32x4.add(x2, v128.load32_splat(STATE, 8))
  x3 = i32x4.add(x3, v128.load32_splat(STATE, 12))
  storeWords(KEY_STREAM, x0, x1, x2, x3)
  x4 = i32x4.add(x4, v128.load32_splat(STATE, 16))
  x5 = i32x4.add(x5, v128.load32_splat(STATE, 20))
  x6 = i32x4.add(x6, v128.load32_splat(STATE, 24))
  x7 = i32x4.add(x7, v128.load32_splat(STATE, 28))
  storeWords(KEY_STREAM + 16, x4, x5, x6, x7)
  x8 = i32x4.add(x8, v128.load32_splat(STATE, 32))
  x9 = i32x4.add(x9, v128.load32_splat(STATE, 36))
  x10 = i32x4.add(x10, v128.load32_splat(STATE, 40))
  x11 = i32x4.add(x11, v128.load32_splat(STATE, 44))
  storeWords(KEY_STREAM + 32, x8, x9, x10, x11)
  x12 = i32x4.add(x12, i32x4.add(v128.load32_splat(STATE, 48), v128.load(CONSTANTS, 16)))
  x13 = i32x4.add(x13, v128.load32_splat(STATE, 52))
  x14 = i32x4.add(x14, v128.load32_splat(STATE, 56))
  x15 = i32x4.add(x15, v128.load32_splat(STATE, 60))
  storeWords(KEY_STREAM + 48, x12, x13, x14, x15)
  store<u32>(STATE, load<u32>(STATE, 48) + 4, 48)
}
