/**
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03 §2.3) and ChaCha20-Poly1305 (RFC 8439 §2.8): the twin
 * of `core/aead.ts`.
 *
 * @module
 */
import { NONCE_SIZE } from '../engine.ts'
import { deriveSubkey, KEY_STREAM, nextBlock, setKey, STATE, wordAt } from './chacha20.ts'
import { beginTag, endTag, take, takeLengths } from './poly1305.ts'
import { forget, scratchBytes, scratchWords } from './scratch.ts'

/** Bytes of a tag. */
export const TAG_SIZE = 16

/** The key of the tag: r and s. */
const TAG_KEY = scratchWords(8)
const TAG = scratchBytes(TAG_SIZE)

/** Starts a message: the first block is the key of its tag (RFC 8439 §2.6), the rest its key stream. */
function begin(key: Uint8Array, nonce: Uint8Array): void {
  setKey(key)
  let at = 0
  if (nonce.length === NONCE_SIZE) {
    for (; at < 16; at += 4) STATE[12 + at / 4] = wordAt(nonce, at)
    deriveSubkey()
  }
  STATE.fill(0, 12)
  for (let word = 16 - (nonce.length - at) / 4; word < 16; word++, at += 4) {
    STATE[word] = wordAt(nonce, at)
  }
  nextBlock()
  TAG_KEY.set(KEY_STREAM.subarray(0, 8))
  beginTag(TAG_KEY)
}

/** Encrypts or decrypts `len` bytes from one place to another, which may be the same. */
function crypt(
  target: Uint8Array,
  to: number,
  source: Uint8Array,
  from: number,
  len: number
): void {
  for (let i = 0; i < len; i += 64) {
    nextBlock()
    const size = Math.min(64, len - i)
    for (let k = 0; k < size; k++) {
      target[to + i + k] = source[from + i + k]! ^ (KEY_STREAM[k >> 2]! >>> (8 * (k & 3)))
    }
  }
}

/** The tag of associated data and of `len` bytes of ciphertext, to TAG. */
function authenticate(data: Uint8Array, bytes: Uint8Array, offset: number, len: number): void {
  take(data, 0, data.length)
  take(bytes, offset, len)
  takeLengths(data.length, len)
  endTag(TAG, TAG_KEY)
}

/** Encrypts `message` to `target` at `offset`, and appends the tag. */
export function seal(
  key: Uint8Array,
  nonce: Uint8Array,
  message: Uint8Array,
  data: Uint8Array,
  target: Uint8Array,
  offset: number
): void {
  begin(key, nonce)
  crypt(target, offset, message, 0, message.length)
  authenticate(data, target, offset, message.length)
  target.set(TAG, offset + message.length)
  forget()
}

/**
 * Decrypts what stands in `sealed` from `offset`, ciphertext and tag; `null` if the tag is not theirs:
 * nothing was decrypted. Compares in constant time.
 */
export function open(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  offset: number,
  data: Uint8Array
): Uint8Array | null {
  const len = sealed.length - offset - TAG_SIZE
  if (len < 0) return null
  begin(key, nonce)
  authenticate(data, sealed, offset, len)
  let difference = 0
  for (let i = 0; i < TAG_SIZE; i++) difference |= TAG[i]! ^ sealed[offset + len + i]!
  const message = difference === 0 ? new Uint8Array(len) : null
  if (message !== null) crypt(message, 0, sealed, offset, len)
  forget()
  return message
}
