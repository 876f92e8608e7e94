/**
 * ChaCha20 and HChaCha20 (RFC 8439 §2.3, draft-irtf-cfrg-xchacha-03 §2.2): the twin of
 * `core/chacha20.ts`.
 *
 * @module
 */
import { scratchWords } from './scratch.ts'

/** The state: constants, key, counter, nonce. */
export const STATE: Int32Array = scratchWords(16)
/** One block of key stream, as words. */
export const KEY_STREAM: Int32Array = scratchWords(16)

/** Sets the constants and the key. */
export function setKey(key: Uint8Array): void {
  STATE[0] = 0x61707865 // "expand 32-byte k"
  STATE[1] = 0x3320646e
  STATE[2] = 0x79622d32
  STATE[3] = 0x6b206574
  for (let i = 0; i < 8; i++) STATE[4 + i] = wordAt(key, 4 * i)
}

/** The little-endian word at an offset. */
export function wordAt(bytes: Uint8Array, offset: number): number {
  return (
    bytes[offset]! |
    (bytes[offset + 1]! << 8) |
    (bytes[offset + 2]! << 16) |
    (bytes[offset + 3]! << 24)
  )
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits))
}

/** Twenty rounds of STATE to KEY_STREAM, without the addition at the end. */
function permute(): void {
  let x0 = STATE[0]!
  let x1 = STATE[1]!
  let x2 = STATE[2]!
  let x3 = STATE[3]!
  let x4 = STATE[4]!
  let x5 = STATE[5]!
  let x6 = STATE[6]!
  let x7 = STATE[7]!
  let x8 = STATE[8]!
  let x9 = STATE[9]!
  let x10 = STATE[10]!
  let x11 = STATE[11]!
  let x12 = STATE[12]!
  let x13 = STATE[13]!
  let x14 = STATE[14]!
  let x15 = STATE[15]!

  for (let i = 0; i < 10; i++) {
    x0 = (x0 + x4) | 0
    x12 = rotate(x12 ^ x0, 16)
    x8 = (x8 + x12) | 0
    x4 = rotate(x4 ^ x8, 12)
    x0 = (x0 + x4) | 0
    x12 = rotate(x12 ^ x0, 8)
    x8 = (x8 + x12) | 0
    x4 = rotate(x4 ^ x8, 7)
    x1 = (x1 + x5) | 0
    x13 = rotate(x13 ^ x1, 16)
    x9 = (x9 + x13) | 0
    x5 = rotate(x5 ^ x9, 12)
    x1 = (x1 + x5) | 0
    x13 = rotate(x13 ^ x1, 8)
    x9 = (x9 + x13) | 0
    x5 = rotate(x5 ^ x9, 7)
    x2 = (x2 + x6) | 0
    x14 = rotate(x14 ^ x2, 16)
    x10 = (x10 + x14) | 0
    x6 = rotate(x6 ^ x10, 12)
    x2 = (x2 + x6) | 0
    x14 = rotate(x14 ^ x2, 8)
    x10 = (x10 + x14) | 0
    x6 = rotate(x6 ^ x10, 7)
    x3 = (x3 + x7) | 0
    x15 = rotate(x15 ^ x3, 16)
    x11 = (x11 + x15) | 0
    x7 = rotate(x7 ^ x11, 12)
    x3 = (x3 + x7) | 0
    x15 = rotate(x15 ^ x3, 8)
    x11 = (x11 + x15) | 0
    x7 = rotate(x7 ^ x11, 7)
    x0 = (x0 + x5) | 0
    x15 = rotate(x15 ^ x0, 16)
    x10 = (x10 + x15) | 0
    x5 = rotate(x5 ^ x10, 12)
    x0 = (x0 + x5) | 0
    x15 = rotate(x15 ^ x0, 8)
    x10 = (x10 + x15) | 0
    x5 = rotate(x5 ^ x10, 7)
    x1 = (x1 + x6) | 0
    x12 = rotate(x12 ^ x1, 16)
    x11 = (x11 + x12) | 0
    x6 = rotate(x6 ^ x11, 12)
    x1 = (x1 + x6) | 0
    x12 = rotate(x12 ^ x1, 8)
    x11 = (x11 + x12) | 0
    x6 = rotate(x6 ^ x11, 7)
    x2 = (x2 + x7) | 0
    x13 = rotate(x13 ^ x2, 16)
    x8 = (x8 + x13) | 0
    x7 = rotate(x7 ^ x8, 12)
    x2 = (x2 + x7) | 0
    x13 = rotate(x13 ^ x2, 8)
    x8 = (x8 + x13) | 0
    x7 = rotate(x7 ^ x8, 7)
    x3 = (x3 + x4) | 0
    x14 = rotate(x14 ^ x3, 16)
    x9 = (x9 + x14) | 0
    x4 = rotate(x4 ^ x9, 12)
    x3 = (x3 + x4) | 0
    x14 = rotate(x14 ^ x3, 8)
    x9 = (x9 + x14) | 0
    x4 = rotate(x4 ^ x9, 7)
  }

  KEY_STREAM[0] = x0
  KEY_STREAM[1] = x1
  KEY_STREAM[2] = x2
  KEY_STREAM[3] = x3
  KEY_STREAM[4] = x4
  KEY_STREAM[5] = x5
  KEY_STREAM[6] = x6
  KEY_STREAM[7] = x7
  KEY_STREAM[8] = x8
  KEY_STREAM[9] = x9
  KEY_STREAM[10] = x10
  KEY_STREAM[11] = x11
  KEY_STREAM[12] = x12
  KEY_STREAM[13] = x13
  KEY_STREAM[14] = x14
  KEY_STREAM[15] = x15
}

/** HChaCha20: the subkey takes the place of the key in STATE. */
export function deriveSubkey(): void {
  permute()
  for (let i = 0; i < 4; i++) {
    STATE[4 + i] = KEY_STREAM[i]!
    STATE[8 + i] = KEY_STREAM[12 + i]!
  }
}

/** The next block of key stream; the counter moves on. */
export function nextBlock(): void {
  permute()
  for (let i = 0; i < 16; i++) KEY_STREAM[i]! += STATE[i]!
  STATE[12]! += 1
}
