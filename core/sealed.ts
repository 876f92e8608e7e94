/**
 * Sealed tokens: `<k>`, then nonce, ciphertext and tag as one text of base64url.
 *
 * `<k>` is the associated data, so neither its letter nor its fingerprint can be changed; the cookie
 * name and the purpose are in the key. As with signatures, a ring of keys costs one tag whichever of
 * them sealed, and a token of a key that we do not have costs none.
 *
 * @module
 */
import { NONCE_SIZE, open, seal, TAG_SIZE } from './aead'
import { decode, encode } from './base64url'
import {
  INPUT,
  KEY_SIZE,
  NONCES,
  OUTPUT,
  RING_KEYS,
  RING_OPENED,
  RING_SEALERS,
  SEAL_KEY,
  SEAL_PREFIX,
} from './memory'
import { BAD_SIGNATURE, LOWER_CASE, MALFORMED, PREFIX_SIZE, UNKNOWN_KEY } from './reasons'

const FORMAT_SEALED: u32 = 0x73 // 's'
/** Characters of a nonce and a tag as base64url: no sealed token is shorter. */
const MIN_SIZE: i32 = 54

/** Whether the token at `ptr` says that it is sealed. */
export function isSealed(ptr: usize): bool {
  return (load<u8>(ptr) | LOWER_CASE) === FORMAT_SEALED
}

/**
 * Opens the sealed token of `len` characters at `ptr`, which are decoded where they lie: the payload
 * comes to OUTPUT. Returns its size, or a negative reason.
 */
export function openSealed(ptr: usize, len: i32): i32 {
  const keyCount = load<i32>(RING_SEALERS)
  if (keyCount === 0 || len < PREFIX_SIZE + MIN_SIZE) return MALFORMED
  const fingerprint = load<u32>(ptr) & 0xffffff00
  const text = ptr + PREFIX_SIZE

  let size = -1
  for (let key = 0; key < keyCount; key++) {
    if (load<u32>(SEAL_PREFIX + ((<usize>key) << 2)) !== fingerprint) continue
    if (size < 0) {
      size = decode(text, text, len - PREFIX_SIZE) - NONCE_SIZE - TAG_SIZE
      if (size < 0) return MALFORMED
    }
    const sealKey = RING_KEYS + <usize>(key * KEY_SIZE) + SEAL_KEY
    if (open(OUTPUT, text + NONCE_SIZE, size, sealKey, text, NONCE_SIZE, ptr, PREFIX_SIZE)) {
      store<i32>(RING_OPENED, key)
      return size
    }
  }
  return size < 0 ? UNKNOWN_KEY : BAD_SIGNATURE
}

/**
 * Seals the payload of `len` bytes that lies 24 bytes behind INPUT, with the nonce of that number and
 * the ring's first key. The token is in OUTPUT; returns its length.
 */
export function sealPayload(len: i32, format: u32, nonce: i32): i32 {
  store<u32>(OUTPUT, load<u32>(SEAL_PREFIX) | format)
  memory.copy(INPUT, NONCES + <usize>(nonce * NONCE_SIZE), NONCE_SIZE)
  seal(INPUT + NONCE_SIZE, len, RING_KEYS + SEAL_KEY, INPUT, NONCE_SIZE, OUTPUT, PREFIX_SIZE)
  return PREFIX_SIZE + encode(OUTPUT + PREFIX_SIZE, INPUT, NONCE_SIZE + len + TAG_SIZE)
}
