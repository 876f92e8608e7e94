/**
 * SHA-256 (FIPS 180-4) in plain JavaScript: the twin of `core/compress.ts` and `core/sha256.ts`.
 *
 * @module
 */
import { forget, scratchWords } from './scratch.ts'

// biome-ignore format: a table of constants
const K = Int32Array.of(
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
)

/** The initial hash value H(0), FIPS 180-4 §5.3.3. */
// biome-ignore format: a table of constants
export const INITIAL: Int32Array = Int32Array.of(
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
)

/** The block in work, as sixteen words, and its message schedule. */
const BLOCK = scratchWords(16)
const W = scratchWords(64)

function bigSigma0(a: number): number {
  return ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
}

function bigSigma1(e: number): number {
  return ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
}

function sigma0(w: number): number {
  return ((w >>> 7) | (w << 25)) ^ ((w >>> 18) | (w << 14)) ^ (w >>> 3)
}

function sigma1(w: number): number {
  return ((w >>> 17) | (w << 15)) ^ ((w >>> 19) | (w << 13)) ^ (w >>> 10)
}

function ch(e: number, f: number, g: number): number {
  return ((f ^ g) & e) ^ g
}

function maj(a: number, b: number, c: number): number {
  return ((a ^ b) & (b ^ c)) ^ b
}

/** Extends a block to 64 words: W(t) = σ1(W(t-2)) + W(t-7) + σ0(W(t-15)) + W(t-16). */
function schedule(block: Int32Array): void {
  for (let t = 0; t < 16; t++) W[t] = block[t]!
  // The last two words stay in variables: each waits for the one before the last.
  let beforeLast = W[14]!
  let last = W[15]!
  for (let t = 16; t < 64; t++) {
    const old = (W[t - 16]! + W[t - 7]!) | 0
    const word = (old + ((sigma0(W[t - 15]!) + sigma1(beforeLast)) | 0)) | 0
    W[t] = word
    beforeLast = last
    last = word
  }
}

/**
 * Compresses a block of sixteen words (§6.2.2). `target` and `source` may be the same.
 *
 * Four rounds a turn, then the halves of the state change roles: with eight, the functions would be
 * more than V8 inlines into one (920 bytes of bytecode), and a block takes 470 ns instead of 260.
 */
export function compress(target: Int32Array, source: Int32Array, block: Int32Array): void {
  schedule(block)
  let a = source[0]!
  let b = source[1]!
  let c = source[2]!
  let d = source[3]!
  let e = source[4]!
  let f = source[5]!
  let g = source[6]!
  let h = source[7]!

  for (let t = 0; t < 64; t += 4) {
    h = (((h + W[t]!) | 0) + K[t]!) | 0
    h = (h + ((bigSigma1(e) + ch(e, f, g)) | 0)) | 0
    d = (d + h) | 0
    h = (h + ((bigSigma0(a) + maj(a, b, c)) | 0)) | 0
    g = (((g + W[t + 1]!) | 0) + K[t + 1]!) | 0
    g = (g + ((bigSigma1(d) + ch(d, e, f)) | 0)) | 0
    c = (c + g) | 0
    g = (g + ((bigSigma0(h) + maj(h, a, b)) | 0)) | 0
    f = (((f + W[t + 2]!) | 0) + K[t + 2]!) | 0
    f = (f + ((bigSigma1(c) + ch(c, d, e)) | 0)) | 0
    b = (b + f) | 0
    f = (f + ((bigSigma0(g) + maj(g, h, a)) | 0)) | 0
    e = (((e + W[t + 3]!) | 0) + K[t + 3]!) | 0
    e = (e + ((bigSigma1(b) + ch(b, c, d)) | 0)) | 0
    a = (a + e) | 0
    e = (e + ((bigSigma0(f) + maj(f, g, h)) | 0)) | 0

    let swap = a
    a = e
    e = swap
    swap = b
    b = f
    f = swap
    swap = c
    c = g
    g = swap
    swap = d
    d = h
    h = swap
  }

  target[0] = source[0]! + a
  target[1] = source[1]! + b
  target[2] = source[2]! + c
  target[3] = source[3]! + d
  target[4] = source[4]! + e
  target[5] = source[5]! + f
  target[6] = source[6]! + g
  target[7] = source[7]! + h
}

/** Loads the first `count` words of the block from big-endian bytes. */
function load(bytes: Uint8Array, offset: number, count: number): void {
  for (let t = 0; t < count; t++, offset += 4) {
    BLOCK[t] =
      (bytes[offset]! << 24) |
      (bytes[offset + 1]! << 16) |
      (bytes[offset + 2]! << 8) |
      bytes[offset + 3]!
  }
}

/** Compresses the 64 bytes at `offset`, without padding. */
export function compressBlock(
  target: Int32Array,
  source: Int32Array,
  bytes: Uint8Array,
  offset: number
): void {
  load(bytes, offset, 16)
  compress(target, source, BLOCK)
}

/**
 * Hashes the first `len` bytes of `message`, after `before` bytes that are already in `source`, a
 * multiple of 64, and writes the state to the first eight words of `target`.
 */
export function hash(
  target: Int32Array,
  source: Int32Array,
  message: Uint8Array,
  len: number,
  before: number
): void {
  const whole = len - (len % 64)
  for (let offset = 0; offset < whole; offset += 64, source = target) {
    compressBlock(target, source, message, offset)
  }

  // §5.1.1: the bit 1, zeros, and the length in bits as 64 bits, in this block or in one more.
  let words = (len - whole) >>> 2
  load(message, whole, words)
  let last = 0
  for (let i = whole + 4 * words; i < len; i++) last = (last << 8) | message[i]!
  BLOCK[words++] = ((last << 8) | 0x80) << (24 - 8 * (len % 4))
  if (words > 14) {
    if (words === 15) BLOCK[15] = 0
    compress(target, source, BLOCK)
    source = target
    words = 0
  }
  for (; words < 14; words++) BLOCK[words] = 0
  BLOCK[14] = (before + len) / 0x2000_0000
  BLOCK[15] = (before + len) << 3
  compress(target, source, BLOCK)
}

/** A state of eight words as 32 bytes, big-endian. */
export function toBytes(words: Int32Array, bytes: Uint8Array = new Uint8Array(32)): Uint8Array {
  for (let i = 0; i < 8; i++) {
    const word = words[i]!
    bytes[4 * i] = word >>> 24
    bytes[4 * i + 1] = word >>> 16
    bytes[4 * i + 2] = word >>> 8
    bytes[4 * i + 3] = word
  }
  return bytes
}

/** SHA-256 of a message: 32 bytes. */
export function sha256(message: Uint8Array): Uint8Array {
  const state = new Int32Array(8)
  hash(state, INITIAL, message, message.length, 0)
  forget()
  return toBytes(state)
}
