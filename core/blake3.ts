/**
 * Keyed BLAKE3 (O'Connor, Aumasson, Neves, Wilcox-O'Hearn: "BLAKE3", version 20211102211540, §2).
 *
 * A message of up to 64 bytes, such as an id, costs one compression of two thirds the time of SHA-256's,
 * where HMAC needs two. Of a long one, such as a record, four chunks are compressed side by side.
 *
 * @module
 */
import { beginLanes, compressLanes, takeLane, wipeLanes } from './blake3-lanes'
import { BYTE_POSITIONS, CHAIN, DIGEST, wipe, WORDS } from './memory'
import { INITIAL, swapWords } from './sha256'

const CHUNK_SIZE: i32 = 1024
const BLOCK_SIZE: i32 = 64
/** Blocks of a chunk. */
const BLOCKS: i32 = 16
/** Four chunks, one in each lane. */
const GROUP_SIZE: i32 = 4096
/**
 * From so many bytes on, lanes are worth it for fewer than four chunks. In V8 that begins at 1,850
 * bytes, in JavaScriptCore at 2,450.
 */
const MIN_GROUP: i32 = 2304

// Domain flags, §2.2.
const CHUNK_START: i32 = 1
const CHUNK_END: i32 = 2
const PARENT: i32 = 4
const ROOT: i32 = 8
const KEYED_HASH: i32 = 16

/**
 * One compression (§2.2): `target` receives the first eight words of the result, from the chaining
 * value at `source` and a block of `blockLen` bytes in four vectors.
 *
 * Seven rounds of eight quarter-rounds, four on the columns and four on the diagonals of the state:
 * four chains that the integer units run side by side. Between them, in the vector units, the words
 * of the next round are put in their order.
 */
function compress(
  target: usize,
  source: usize,
  m0: v128,
  m1: v128,
  m2: v128,
  m3: v128,
  blockLen: i32,
  counter: i64,
  flags: i32
): void {
  let s0 = load<u32>(source)
  let s1 = load<u32>(source, 4)
  let s2 = load<u32>(source, 8)
  let s3 = load<u32>(source, 12)
  let s4 = load<u32>(source, 16)
  let s5 = load<u32>(source, 20)
  let s6 = load<u32>(source, 24)
  let s7 = load<u32>(source, 28)
  let s8 = load<u32>(INITIAL)
  let s9 = load<u32>(INITIAL, 4)
  let s10 = load<u32>(INITIAL, 8)
  let s11 = load<u32>(INITIAL, 12)
  let s12 = <u32>counter
  let s13 = <u32>(counter >> 32)
  let s14 = <u32>blockLen
  let s15 = <u32>flags

  // Even and odd words for the columns; the same for the diagonals, beginning with the last.
  let x0 = i8x16.shuffle(m0, m1, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
  let x1 = i8x16.shuffle(m0, m1, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)
  let x2 = i8x16.shuffle(m2, m3, 24, 25, 26, 27, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19)
  let x3 = i8x16.shuffle(m2, m3, 28, 29, 30, 31, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23)

  for (let round = 0; ; round++) {
    v128.store(WORDS, x0)
    v128.store(WORDS, x1, 16)
    v128.store(WORDS, x2, 32)
    v128.store(WORDS, x3, 48)

    s0 = s0 + load<u32>(WORDS) + s4
    s12 = rotr<u32>(s12 ^ s0, 16)
    s8 = s8 + s12
    s4 = rotr<u32>(s4 ^ s8, 12)
    s0 = s0 + load<u32>(WORDS, 16) + s4
    s12 = rotr<u32>(s12 ^ s0, 8)
    s8 = s8 + s12
    s4 = rotr<u32>(s4 ^ s8, 7)
    s1 = s1 + load<u32>(WORDS, 4) + s5
    s13 = rotr<u32>(s13 ^ s1, 16)
    s9 = s9 + s13
    s5 = rotr<u32>(s5 ^ s9, 12)
    s1 = s1 + load<u32>(WORDS, 20) + s5
    s13 = rotr<u32>(s13 ^ s1, 8)
    s9 = s9 + s13
    s5 = rotr<u32>(s5 ^ s9, 7)
    // The permutation of §2.2, table 2, of words that lie in the order above.
    const y0 = i8x16.shuffle(x0, x1, 4, 5, 6, 7, 20, 21, 22, 23, 28, 29, 30, 31, 8, 9, 10, 11)
    s2 = s2 + load<u32>(WORDS, 8) + s6
    s14 = rotr<u32>(s14 ^ s2, 16)
    s10 = s10 + s14
    s6 = rotr<u32>(s6 ^ s10, 12)
    s2 = s2 + load<u32>(WORDS, 24) + s6
    s14 = rotr<u32>(s14 ^ s2, 8)
    s10 = s10 + s14
    s6 = rotr<u32>(s6 ^ s10, 7)
    s3 = s3 + load<u32>(WORDS, 12) + s7
    s15 = rotr<u32>(s15 ^ s3, 16)
    s11 = s11 + s15
    s7 = rotr<u32>(s7 ^ s11, 12)
    s3 = s3 + load<u32>(WORDS, 28) + s7
    s15 = rotr<u32>(s15 ^ s3, 8)
    s11 = s11 + s15
    s7 = rotr<u32>(s7 ^ s11, 7)
    let half = i8x16.shuffle(x2, x3, 8, 9, 10, 11, 8, 9, 10, 11, 28, 29, 30, 31, 28, 29, 30, 31)
    const y1 = i8x16.shuffle(half, x0, 28, 29, 30, 31, 4, 5, 6, 7, 16, 17, 18, 19, 12, 13, 14, 15)

    s0 = s0 + load<u32>(WORDS, 36) + s5
    s15 = rotr<u32>(s15 ^ s0, 16)
    s10 = s10 + s15
    s5 = rotr<u32>(s5 ^ s10, 12)
    s0 = s0 + load<u32>(WORDS, 52) + s5
    s15 = rotr<u32>(s15 ^ s0, 8)
    s10 = s10 + s15
    s5 = rotr<u32>(s5 ^ s10, 7)
    s1 = s1 + load<u32>(WORDS, 40) + s6
    s12 = rotr<u32>(s12 ^ s1, 16)
    s11 = s11 + s12
    s6 = rotr<u32>(s6 ^ s11, 12)
    s1 = s1 + load<u32>(WORDS, 56) + s6
    s12 = rotr<u32>(s12 ^ s1, 8)
    s11 = s11 + s12
    s6 = rotr<u32>(s6 ^ s11, 7)
    half = i8x16.shuffle(x3, x1, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
    const y2 = i8x16.shuffle(half, x2, 0, 1, 2, 3, 8, 9, 10, 11, 28, 29, 30, 31, 4, 5, 6, 7)
    s2 = s2 + load<u32>(WORDS, 44) + s7
    s13 = rotr<u32>(s13 ^ s2, 16)
    s8 = s8 + s13
    s7 = rotr<u32>(s7 ^ s8, 12)
    s2 = s2 + load<u32>(WORDS, 60) + s7
    s13 = rotr<u32>(s13 ^ s2, 8)
    s8 = s8 + s13
    s7 = rotr<u32>(s7 ^ s8, 7)
    s3 = s3 + load<u32>(WORDS, 32) + s4
    s14 = rotr<u32>(s14 ^ s3, 16)
    s9 = s9 + s14
    s4 = rotr<u32>(s4 ^ s9, 12)
    s3 = s3 + load<u32>(WORDS, 48) + s4
    s14 = rotr<u32>(s14 ^ s3, 8)
    s9 = s9 + s14
    s4 = rotr<u32>(s4 ^ s9, 7)
    if (round === 6) break
    half = i8x16.shuffle(x1, x3, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31)
    x3 = i8x16.shuffle(half, x2, 20, 21, 22, 23, 4, 5, 6, 7, 0, 1, 2, 3, 16, 17, 18, 19)
    x0 = y0
    x1 = y1
    x2 = y2
  }

  store<u32>(target, s0 ^ s8)
  store<u32>(target, s1 ^ s9, 4)
  store<u32>(target, s2 ^ s10, 8)
  store<u32>(target, s3 ^ s11, 12)
  store<u32>(target, s4 ^ s12, 16)
  store<u32>(target, s5 ^ s13, 20)
  store<u32>(target, s6 ^ s14, 24)
  store<u32>(target, s7 ^ s15, 28)
}

/** The 16 bytes at `ptr`, of which those from `count` on are zero; it may be negative, or over 16. */
function firstBytes(ptr: usize, count: i32): v128 {
  return v128.and(v128.load(ptr), i8x16.gt_s(i8x16.splat(<i8>count), v128.load(BYTE_POSITIONS)))
}

/**
 * The subtrees that are complete, the largest first (§5.1.2): one for each bit that is set in the
 * number of chunks, so 32 are enough for more bytes than JavaScript can hold. Then the one that comes
 * next, and what `wipe` rounds up.
 */
const STACK: usize = memory.data(32 * 32 + 64, 16)
const KEY: usize = memory.data(64, 16)
/** Where the next subtree goes. */
let top: usize = STACK
/** How many chunks are in the tree. */
let chunks: i64 = 0

/**
 * Pushes the chunk that ends with the `len` bytes at `ptr` (§2.4). What comes before them has led to
 * the chaining value at `source`.
 */
function pushChunk(source: usize, ptr: usize, len: i32, flags: i32, root: i32): void {
  for (; len > BLOCK_SIZE; len -= BLOCK_SIZE, ptr += BLOCK_SIZE) {
    const m0 = v128.load(ptr)
    const m1 = v128.load(ptr, 16)
    const m2 = v128.load(ptr, 32)
    const m3 = v128.load(ptr, 48)
    compress(top, source, m0, m1, m2, m3, BLOCK_SIZE, chunks, flags)
    flags = KEYED_HASH
    source = top
  }
  const m0 = firstBytes(ptr, len)
  const m1 = firstBytes(ptr + 16, len - 16)
  const m2 = firstBytes(ptr + 32, len - 32)
  const m3 = firstBytes(ptr + 48, len - 48)
  compress(top, source, m0, m1, m2, m3, len, chunks, flags | CHUNK_END | root)
  top += 32
}

/** Joins the two topmost subtrees (§2.5) so many times; `root` counts for the last. */
function joinTop(key: usize, times: i32, root: i32): void {
  for (; times > 0; times--) {
    top -= 32
    const left = top - 32
    const m0 = v128.load(left)
    const m1 = v128.load(left, 16)
    const m2 = v128.load(left, 32)
    const m3 = v128.load(left, 48)
    const flags = KEYED_HASH | PARENT | (times === 1 ? root : 0)
    compress(left, key, m0, m1, m2, m3, BLOCK_SIZE, 0, flags)
  }
}

/** Joins the chunk pushed last, which has something behind it, with the subtrees that it completes. */
function joinChunk(key: usize): void {
  chunks++
  joinTop(key, <i32>ctz(chunks), 0)
}

/** Takes the blocks from number `from` up to `to` of four chunks at `ptr` into the lanes. */
function addBlocks(ptr: usize, from: i32, to: i32): void {
  for (let block = from; block < to; block++) {
    let flags = KEYED_HASH
    if (block === 0) flags |= CHUNK_START
    if (block === BLOCKS - 1) flags |= CHUNK_END
    compressLanes(ptr + <usize>(block * BLOCK_SIZE), chunks, flags)
  }
}

/**
 * Takes `blocks` whole blocks at `ptr`, of at most four chunks, which have something behind them. The
 * whole chunks come into the tree; what the blocks of the last one lead to is in CHAIN.
 *
 * Lanes that have nothing to do, or no more, take what lies behind the message; nobody looks at them.
 */
function addGroup(key: usize, ptr: usize, blocks: i32): void {
  const whole = blocks >> 4
  const rest = blocks & 15
  beginLanes(key)
  addBlocks(ptr, 0, rest)
  if (rest > 0) takeLane(CHAIN, whole)
  addBlocks(ptr, rest, BLOCKS)
  for (let lane = 0; lane < whole; lane++) {
    takeLane(top, lane)
    top += 32
    joinChunk(key)
  }
}

/** Takes whole chunks at `ptr` into the tree, all of which have something behind them. */
function addChunks(key: usize, ptr: usize, len: i32): void {
  for (; len > 0; len -= CHUNK_SIZE, ptr += CHUNK_SIZE) {
    pushChunk(key, ptr, CHUNK_SIZE, KEYED_HASH | CHUNK_START, 0)
    joinChunk(key)
  }
}

/** Takes the last `len` bytes at `ptr`; DIGEST receives the hash, as words of a SHA-256. */
function endTree(key: usize, ptr: usize, len: i32): void {
  let source = key
  let flags = KEYED_HASH | CHUNK_START
  while (len >= MIN_GROUP) {
    const size = min((len - 1) & -BLOCK_SIZE, GROUP_SIZE)
    addGroup(key, ptr, size >> 6)
    ptr += <usize>size
    len -= size
    if ((size & (CHUNK_SIZE - 1)) > 0) {
      source = CHAIN
      flags = KEYED_HASH
    }
  }
  if (len > CHUNK_SIZE) {
    const whole = (len - 1) & -CHUNK_SIZE
    addChunks(key, ptr, whole)
    ptr += <usize>whole
    len -= whole
  }
  pushChunk(source, ptr, len, flags, top === STACK ? ROOT : 0)
  joinTop(key, <i32>popcnt(chunks), ROOT)
  // BLAKE3 writes its words with the low byte first, SHA-256 with the high one.
  v128.store(DIGEST, swapWords(v128.load(STACK)))
  v128.store(DIGEST, swapWords(v128.load(STACK, 16)), 16)

  // The stack was never higher than the bits of the number, and one.
  wipe(STACK, (65 - <i32>clz(chunks)) * 32)
  if (chunks > 0) wipeLanes()
  top = STACK
  chunks = 0
}

/** The keyed hash of the `len` bytes at `ptr` under the 32 bytes at `key`, to DIGEST. */
export function keyedHash(key: usize, ptr: usize, len: i32): void {
  endTree(key, ptr, len)
}

/** Starts a message that comes in pieces, under the 32 bytes at `key`, which are copied. */
export function beginKeyed(key: usize): void {
  v128.store(KEY, v128.load(key))
  v128.store(KEY, v128.load(key, 16), 16)
}

/** Takes `len` more bytes, a multiple of 1,024, at `ptr`; more must follow. */
export function updateKeyed(ptr: usize, len: i32): void {
  for (; len >= GROUP_SIZE; len -= GROUP_SIZE, ptr += GROUP_SIZE) addGroup(KEY, ptr, 4 * BLOCKS)
  addChunks(KEY, ptr, len)
}

/** Takes the last `len` bytes at `ptr`; DIGEST receives the hash. The key is wiped. */
export function endKeyed(ptr: usize, len: i32): void {
  endTree(KEY, ptr, len)
  wipe(KEY, 64)
}
