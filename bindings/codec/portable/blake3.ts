/**
 * Keyed BLAKE3: the twin of `core/blake3.ts`.
 *
 * @module
 */
import { forget, scratchWords } from './scratch.ts'

import { INITIAL } from './sha256.ts'

const CHUNK_SIZE = 1024
const BLOCK_SIZE = 64

// Domain flags, §2.2.
const CHUNK_START = 1
const CHUNK_END = 2
const PARENT = 4
const ROOT = 8
const KEYED_HASH = 16

/** The order of the message words in the next round (§2.2, table 2). */
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]

/** The order of the message words in each of the seven rounds. */
const SCHEDULE: readonly Uint8Array[] = Array.from({ length: 6 }).reduce<Uint8Array[]>(
  (rounds) => [...rounds, rounds.at(-1)!.map((_, i) => rounds.at(-1)![PERMUTATION[i]!]!)],
  [Uint8Array.from({ length: 16 }, (_, i) => i)]
)

const BLOCK = scratchWords(16)

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by))
}

/**
 * Compresses BLOCK, of which `blockLen` bytes count, into `target` (§2.2): seven rounds of eight
 * quarter-rounds each, four on the columns and four on the diagonals. In variables and written out,
 * since with the state in an array a block takes twice as long.
 */
function compress(
  target: Int32Array,
  source: Int32Array,
  blockLen: number,
  counter: number,
  flags: number
): void {
  let s0 = source[0]!
  let s1 = source[1]!
  let s2 = source[2]!
  let s3 = source[3]!
  let s4 = source[4]!
  let s5 = source[5]!
  let s6 = source[6]!
  let s7 = source[7]!
  let s8 = INITIAL[0]!
  let s9 = INITIAL[1]!
  let s10 = INITIAL[2]!
  let s11 = INITIAL[3]!
  let s12 = counter | 0
  let s13 = (counter / 0x1_0000_0000) | 0
  let s14 = blockLen
  let s15 = flags

  for (let round = 0; round < 7; round++) {
    const order = SCHEDULE[round]!
    s0 = (((s0 + s4) | 0) + BLOCK[order[0]!]!) | 0
    s12 = rotate(s12 ^ s0, 16)
    s8 = (s8 + s12) | 0
    s4 = rotate(s4 ^ s8, 12)
    s0 = (((s0 + s4) | 0) + BLOCK[order[1]!]!) | 0
    s12 = rotate(s12 ^ s0, 8)
    s8 = (s8 + s12) | 0
    s4 = rotate(s4 ^ s8, 7)
    s1 = (((s1 + s5) | 0) + BLOCK[order[2]!]!) | 0
    s13 = rotate(s13 ^ s1, 16)
    s9 = (s9 + s13) | 0
    s5 = rotate(s5 ^ s9, 12)
    s1 = (((s1 + s5) | 0) + BLOCK[order[3]!]!) | 0
    s13 = rotate(s13 ^ s1, 8)
    s9 = (s9 + s13) | 0
    s5 = rotate(s5 ^ s9, 7)
    s2 = (((s2 + s6) | 0) + BLOCK[order[4]!]!) | 0
    s14 = rotate(s14 ^ s2, 16)
    s10 = (s10 + s14) | 0
    s6 = rotate(s6 ^ s10, 12)
    s2 = (((s2 + s6) | 0) + BLOCK[order[5]!]!) | 0
    s14 = rotate(s14 ^ s2, 8)
    s10 = (s10 + s14) | 0
    s6 = rotate(s6 ^ s10, 7)
    s3 = (((s3 + s7) | 0) + BLOCK[order[6]!]!) | 0
    s15 = rotate(s15 ^ s3, 16)
    s11 = (s11 + s15) | 0
    s7 = rotate(s7 ^ s11, 12)
    s3 = (((s3 + s7) | 0) + BLOCK[order[7]!]!) | 0
    s15 = rotate(s15 ^ s3, 8)
    s11 = (s11 + s15) | 0
    s7 = rotate(s7 ^ s11, 7)

    s0 = (((s0 + s5) | 0) + BLOCK[order[8]!]!) | 0
    s15 = rotate(s15 ^ s0, 16)
    s10 = (s10 + s15) | 0
    s5 = rotate(s5 ^ s10, 12)
    s0 = (((s0 + s5) | 0) + BLOCK[order[9]!]!) | 0
    s15 = rotate(s15 ^ s0, 8)
    s10 = (s10 + s15) | 0
    s5 = rotate(s5 ^ s10, 7)
    s1 = (((s1 + s6) | 0) + BLOCK[order[10]!]!) | 0
    s12 = rotate(s12 ^ s1, 16)
    s11 = (s11 + s12) | 0
    s6 = rotate(s6 ^ s11, 12)
    s1 = (((s1 + s6) | 0) + BLOCK[order[11]!]!) | 0
    s12 = rotate(s12 ^ s1, 8)
    s11 = (s11 + s12) | 0
    s6 = rotate(s6 ^ s11, 7)
    s2 = (((s2 + s7) | 0) + BLOCK[order[12]!]!) | 0
    s13 = rotate(s13 ^ s2, 16)
    s8 = (s8 + s13) | 0
    s7 = rotate(s7 ^ s8, 12)
    s2 = (((s2 + s7) | 0) + BLOCK[order[13]!]!) | 0
    s13 = rotate(s13 ^ s2, 8)
    s8 = (s8 + s13) | 0
    s7 = rotate(s7 ^ s8, 7)
    s3 = (((s3 + s4) | 0) + BLOCK[order[14]!]!) | 0
    s14 = rotate(s14 ^ s3, 16)
    s9 = (s9 + s14) | 0
    s4 = rotate(s4 ^ s9, 12)
    s3 = (((s3 + s4) | 0) + BLOCK[order[15]!]!) | 0
    s14 = rotate(s14 ^ s3, 8)
    s9 = (s9 + s14) | 0
    s4 = rotate(s4 ^ s9, 7)
  }

  target[0] = s0 ^ s8
  target[1] = s1 ^ s9
  target[2] = s2 ^ s10
  target[3] = s3 ^ s11
  target[4] = s4 ^ s12
  target[5] = s5 ^ s13
  target[6] = s6 ^ s14
  target[7] = s7 ^ s15
}

/** Loads the `len` bytes at `offset` into BLOCK as little-endian words, with zeros behind them. */
function loadBlock(bytes: Uint8Array, offset: number, len: number): void {
  const end = offset + len
  for (let i = 0; i < 16; i++, offset += 4) {
    let word = 0
    for (let k = Math.min(4, end - offset) - 1; k >= 0; k--) word = (word << 8) | bytes[offset + k]!
    BLOCK[i] = word
  }
}

/** A key as the eight words that a chunk begins with. */
export function prepareBlake3Key(key: Uint8Array): Int32Array {
  loadBlock(key, 0, 32)
  const words = BLOCK.slice(0, 8)
  forget()
  return words
}

/** The chaining value of a chunk, `len` bytes at `offset` (§2.4). */
function compressChunk(
  key: Int32Array,
  bytes: Uint8Array,
  offset: number,
  len: number,
  root: number
): Int32Array {
  const counter = offset / CHUNK_SIZE
  const chain = new Int32Array(8)
  let source = key
  let flags = KEYED_HASH | CHUNK_START
  for (; len > BLOCK_SIZE; len -= BLOCK_SIZE, offset += BLOCK_SIZE) {
    loadBlock(bytes, offset, BLOCK_SIZE)
    compress(chain, source, BLOCK_SIZE, counter, flags)
    source = chain
    flags = KEYED_HASH
  }
  loadBlock(bytes, offset, len)
  compress(chain, source, len, counter, flags | CHUNK_END | root)
  return chain
}

/** The chaining value of a parent (§2.5). */
function join(key: Int32Array, left: Int32Array, right: Int32Array, root: number): Int32Array {
  const chain = new Int32Array(8)
  BLOCK.set(left)
  BLOCK.set(right, 8)
  compress(chain, key, BLOCK_SIZE, 0, KEYED_HASH | PARENT | root)
  return chain
}

/** The keyed hash of the first `len` bytes of a message, as 32 bytes in `tag`. */
export function authenticateBlake3(
  key: Int32Array,
  message: Uint8Array,
  len: number,
  tag: Uint8Array
): void {
  // The subtrees that are complete, the largest first (§5.1.2).
  const stack: Int32Array[] = []
  let offset = 0
  for (; len - offset > CHUNK_SIZE; offset += CHUNK_SIZE) {
    let chain = compressChunk(key, message, offset, CHUNK_SIZE, 0)
    for (let rest = offset / CHUNK_SIZE + 1; rest % 2 === 0; rest /= 2) {
      chain = join(key, stack.pop()!, chain, 0)
    }
    stack.push(chain)
  }
  let chain = compressChunk(key, message, offset, len - offset, stack.length === 0 ? ROOT : 0)
  while (stack.length > 0) {
    chain = join(key, stack.pop()!, chain, stack.length === 0 ? ROOT : 0)
  }
  for (let i = 0; i < 32; i++) tag[i] = chain[i >> 2]! >>> (8 * (i & 3))
}

/** Keyed BLAKE3 of a message under a key of 32 bytes: 32 bytes. */
export function keyedBlake3(key: Uint8Array, message: Uint8Array): Uint8Array {
  const tag = new Uint8Array(32)
  authenticateBlake3(prepareBlake3Key(key), message, message.length, tag)
  forget()
  return tag
}
