/**
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03 §2.3), and ChaCha20-Poly1305 (RFC 8439 §2.8) below it.
 *
 * The tag is computed and compared before anything is decrypted: of what was not sealed by us, no
 * byte of plaintext ever comes to be. What could tell a plaintext afterwards, key stream and keys, is
 * wiped.
 *
 * @module
 */
import {
  BLOCK_SIZE,
  deriveSubkey,
  KEY_STREAM,
  nextBlocks,
  setState,
  STATE,
  STREAM_SIZE,
} from './chacha20'
import { BYTE_POSITIONS, wipe } from './memory'
import { beginTag, endTag, takeBlocks } from './poly1305'

/** Bytes of the nonce, and of the tag. */
export const NONCE_SIZE: i32 = 24
export const TAG_SIZE: i32 = 16

/** The second half of the Poly1305 key, which outlives the key stream that it came with. */
const TAG_KEY: usize = memory.data(64, 16)
const TAG: usize = TAG_KEY + 16
const LAST_BLOCK: usize = TAG_KEY + 32

/** Starts a message: the first block is the key of its tag (RFC 8439 §2.6), the rest its key stream. */
function begin(key: usize, nonce: usize, nonceLen: i32): void {
  setState(key, nonce)
  if (nonceLen === NONCE_SIZE) {
    deriveSubkey()
    store<u64>(STATE, 0, 48)
    store<u64>(STATE, load<u64>(nonce, 16), 56)
  } else {
    // 12 bytes: a counter of 32 bits stands before them.
    store<u32>(STATE, 0, 48)
    store<u64>(STATE, load<u64>(nonce), 52)
    store<u32>(STATE, load<u32>(nonce, 8), 60)
  }
  nextBlocks()
  beginTag(KEY_STREAM)
  v128.store(TAG_KEY, v128.load(KEY_STREAM, 16))
}

/** Encrypts or decrypts `len` bytes, in whole vectors; `target` may be `source`. */
function crypt(target: usize, source: usize, len: i32): void {
  let stream = KEY_STREAM + BLOCK_SIZE
  for (; len > 0; len -= 16, source += 16, target += 16, stream += 16) {
    if (stream === KEY_STREAM + STREAM_SIZE) {
      nextBlocks()
      stream = KEY_STREAM
    }
    v128.store(target, v128.xor(v128.load(source), v128.load(stream)))
  }
}

/** Takes `len` bytes into the tag, the last block padded with zeros (§2.8). */
function take(ptr: usize, len: i32): void {
  takeBlocks(ptr, len >> 4)
  const rest = len & 15
  if (rest === 0) return
  const inside = i8x16.gt_s(i8x16.splat(<i8>rest), v128.load(BYTE_POSITIONS))
  v128.store(LAST_BLOCK, v128.and(v128.load(ptr + <usize>(len - rest)), inside))
  takeBlocks(LAST_BLOCK, 1)
}

/** Writes the tag of associated data and ciphertext to `target`. */
function authenticate(target: usize, data: usize, dataLen: i32, ptr: usize, len: i32): void {
  take(data, dataLen)
  take(ptr, len)
  store<u64>(LAST_BLOCK, <u64>dataLen)
  store<u64>(LAST_BLOCK, <u64>len, 8)
  takeBlocks(LAST_BLOCK, 1)
  endTag(target, TAG_KEY)
}

/** Wipes the keys and the key stream of a message. */
function forget(): void {
  wipe(STATE, 64)
  wipe(KEY_STREAM, <i32>STREAM_SIZE)
  wipe(TAG_KEY, 64)
}

/** Encrypts the `len` bytes at `ptr` where they lie; the tag follows them. */
export function seal(
  ptr: usize,
  len: i32,
  key: usize,
  nonce: usize,
  nonceLen: i32,
  data: usize,
  dataLen: i32
): void {
  begin(key, nonce, nonceLen)
  crypt(ptr, ptr, len)
  authenticate(ptr + <usize>len, data, dataLen, ptr, len)
  forget()
}

/**
 * Decrypts the `len` bytes at `ptr`, which the tag follows, to `target`. `false` if the tag is not
 * theirs: nothing was written. Compares in constant time.
 */
export function open(
  target: usize,
  ptr: usize,
  len: i32,
  key: usize,
  nonce: usize,
  nonceLen: i32,
  data: usize,
  dataLen: i32
): bool {
  begin(key, nonce, nonceLen)
  authenticate(TAG, data, dataLen, ptr, len)
  const differs = v128.any_true(v128.xor(v128.load(TAG), v128.load(ptr + <usize>len)))
  crypt(target, ptr, differs ? 0 : len)
  forget()
  return !differs
}
