/**
 * SHA-256 (FIPS 180-4) in plain JavaScript: the twin of `core/compress.ts` and `core/sha256.ts`.
 *
 * @module
 */

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

/** The message schedule of the block in work, wiped by the next one. */
const W = new Int32Array(64)

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

/** Compresses the sixteen words at the head of W (§6.2.2). `target` and `source` may be the same. */
function compress(target: Int32Array, source: Int32Array): void {
  for (let t = 16; t < 64; t++) {
    W[t] = (sigma1(W[t - 2]!) + W[t - 7]! + sigma0(W[t - 15]!) + W[t - 16]!) | 0
  }

  let a = source[0]!
  let b = source[1]!
  let c = source[2]!
  let d = source[3]!
  let e = source[4]!
  let f = source[5]!
  let g = source[6]!
  let h = source[7]!

  // Eight rounds a turn, so that the variables change roles instead of values.
  for (let t = 0; t < 64; t += 8) {
    h = (h + bigSigma1(e) + ch(e, f, g) + K[t]! + W[t]!) | 0
    d = (d + h) | 0
    h = (h + bigSigma0(a) + maj(a, b, c)) | 0
    g = (g + bigSigma1(d) + ch(d, e, f) + K[t + 1]! + W[t + 1]!) | 0
    c = (c + g) | 0
    g = (g + bigSigma0(h) + maj(h, a, b)) | 0
    f = (f + bigSigma1(c) + ch(c, d, e) + K[t + 2]! + W[t + 2]!) | 0
    b = (b + f) | 0
    f = (f + bigSigma0(g) + maj(g, h, a)) | 0
    e = (e + bigSigma1(b) + ch(b, c, d) + K[t + 3]! + W[t + 3]!) | 0
    a = (a + e) | 0
    e = (e + bigSigma0(f) + maj(f, g, h)) | 0
    d = (d + bigSigma1(a) + ch(a, b, c) + K[t + 4]! + W[t + 4]!) | 0
    h = (h + d) | 0
    d = (d + bigSigma0(e) + maj(e, f, g)) | 0
    c = (c + bigSigma1(h) + ch(h, a, b) + K[t + 5]! + W[t + 5]!) | 0
    g = (g + c) | 0
    c = (c + bigSigma0(d) + maj(d, e, f)) | 0
    b = (b + bigSigma1(g) + ch(g, h, a) + K[t + 6]! + W[t + 6]!) | 0
    f = (f + b) | 0
    b = (b + bigSigma0(c) + maj(c, d, e)) | 0
    a = (a + bigSigma1(f) + ch(f, g, h) + K[t + 7]! + W[t + 7]!) | 0
    e = (e + a) | 0
    a = (a + bigSigma0(b) + maj(b, c, d)) | 0
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

/** Compresses the 64 bytes at `offset`, without padding. */
export function compressBlock(
  target: Int32Array,
  source: Int32Array,
  bytes: Uint8Array,
  offset: number
): void {
  loadBlock(bytes, offset)
  compress(target, source)
}

function loadBlock(bytes: Uint8Array, offset: number): void {
  for (let t = 0; t < 16; t++, offset += 4) {
    W[t] =
      (bytes[offset]! << 24) |
      (bytes[offset + 1]! << 16) |
      (bytes[offset + 2]! << 8) |
      bytes[offset + 3]!
  }
}

/** The last bytes of a message with their padding: one block or two. */
const TAIL = new Uint8Array(128)

/**
 * Hashes the first `len` bytes of `message`, after `before` bytes that are already in `source`, a
 * multiple of 64, and writes the state to `target`.
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

  // §5.1.1: the bit 1, zeros, and the length in bits as 64 bits.
  const rest = len - whole
  const size = rest < 56 ? 64 : 128
  for (let i = 0; i < rest; i++) TAIL[i] = message[whole + i]!
  TAIL[rest] = 0x80
  TAIL.fill(0, rest + 1, size)
  for (let offset = 0; offset < size; offset += 64, source = target) {
    loadBlock(TAIL, offset)
    if (offset + 64 === size) {
      W[14] = (before + len) / 0x2000_0000
      W[15] = (before + len) << 3
    }
    compress(target, source)
  }
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
  return toBytes(state)
}
