/**
 * What JavaScript calls. Bytes in INPUT, bytes out in OUTPUT or DIGEST, numbers for the rest; the
 * names are `<kernel>_<verb>`. Lengths are bytes and must fit the buffers: the caller checks.
 *
 * @module
 */
import { open, seal } from './aead'
import { decode, encode, encodeDigest } from './base64url'
import { beginKeyed, endKeyed, updateKeyed } from './blake3'
import { listCookies } from './cookie'
import { finishOuter, prepareKey } from './hmac'
import { DIGEST, INPUT, MIDSTATES, OUTPUT, SCRATCH, SCRATCH_SIZE, wipe } from './memory'
import { begin, end, finish, INITIAL, swapWords, update } from './sha256'
import { sealPayload } from './sealed'
import { openToken, signPayload, signText } from './token'

export {
  CAPACITY,
  INPUT,
  KEY_CAPACITY,
  MIDSTATES,
  NAME_CAPACITY,
  NONCES,
  OUTPUT,
  RING,
} from './memory'

/** Where `aead_seal` has the associated data. */
const DATA: usize = INPUT + 64

/** DIGEST as 32 bytes in OUTPUT. */
function storeDigest(): void {
  v128.store(OUTPUT, swapWords(v128.load(DIGEST)))
  v128.store(OUTPUT, swapWords(v128.load(DIGEST, 16)), 16)
}

/** Starts a SHA-256. */
export function sha256_begin(): void {
  begin(INITIAL, 0)
}

/** Takes the next `len` bytes in INPUT, a multiple of 64, into the running SHA-256 or HMAC. */
export function sha256_update(len: i32): void {
  update(INPUT, len)
}

/** Takes the last `len` bytes in INPUT; the 32-byte digest is in OUTPUT. */
export function sha256_end(len: i32): void {
  end(INPUT, len)
  storeDigest()
}

/** The SHA-256 of the `len` bytes in INPUT as base64url: 43 characters in OUTPUT. */
export function sha256_text(len: i32): void {
  finish(DIGEST, INITIAL, INPUT, len, 0)
  encodeDigest(OUTPUT, DIGEST)
}

/** Prepares the `len` key bytes in INPUT: MIDSTATES receives 64 bytes for the key ring. */
export function hmac_key(len: i32): void {
  prepareKey(len)
}

/** Starts an HMAC under MIDSTATES; the message follows with `sha256_update`. */
export function hmac_begin(): void {
  begin(MIDSTATES, 64)
}

/** Takes the last `len` bytes in INPUT; the 32-byte tag is in OUTPUT. */
export function hmac_end(len: i32): void {
  end(INPUT, len)
  finishOuter(MIDSTATES, DIGEST)
  storeDigest()
  wipe(MIDSTATES, 64)
}

/** Starts a keyed BLAKE3 under the 32 bytes in INPUT, which are wiped. */
export function blake3_begin(): void {
  beginKeyed(INPUT)
  wipe(INPUT, 32)
}

/** Takes the next `len` bytes in INPUT, a multiple of 1,024; more must follow. */
export function blake3_update(len: i32): void {
  updateKeyed(INPUT, len)
}

/** Takes the last `len` bytes in INPUT; the 32-byte hash is in OUTPUT. */
export function blake3_end(len: i32): void {
  endKeyed(INPUT, len)
  storeDigest()
}

/** Encodes `len` bytes in INPUT, at most 12,288, to OUTPUT; returns the number of characters. */
export function base64url_encode(len: i32): i32 {
  return encode(OUTPUT, INPUT, len)
}

/** Decodes `len` characters in INPUT to OUTPUT; returns the number of bytes, or -1. */
export function base64url_decode(len: i32): i32 {
  return decode(OUTPUT, INPUT, len)
}

/** Lists the pairs of the Cookie header in INPUT, which is wiped; see `listCookies`. */
export function cookie_list(len: i32): i32 {
  const count = listCookies(len)
  wipe(INPUT, len)
  return count
}

/**
 * Seals the message in INPUT where it lies, the tag behind it: first 32 bytes of key, then a nonce of
 * 12 or 24 bytes, at 64 the associated data, and at the next multiple of 16 the message.
 */
export function aead_seal(len: i32, dataLen: i32, nonceLen: i32): void {
  const ptr = DATA + <usize>((dataLen + 15) & ~15)
  seal(ptr, len, INPUT, INPUT + 32, nonceLen, DATA, dataLen)
}

/** Opens what `aead_seal` made, in the same place, to OUTPUT; `false` if the tag is wrong. */
export function aead_open(len: i32, dataLen: i32, nonceLen: i32): bool {
  const ptr = DATA + <usize>((dataLen + 15) & ~15)
  return open(OUTPUT, ptr, len, INPUT, INPUT + 32, nonceLen, DATA, dataLen)
}

/** Finds and opens the ring's cookie in the header in INPUT, which is wiped; see `openToken`. */
export function token_open(headerLen: i32): i32 {
  const opened = openToken(headerLen)
  wipe(INPUT, headerLen)
  wipe(SCRATCH, SCRATCH_SIZE)
  return opened
}

/** The token of the text that lies 4 bytes behind INPUT, at INPUT; see `signText`. */
export function token_sign_text(len: i32, format: u32): i32 {
  return signText(len, format)
}

/** The token of the payload in INPUT, at most 12,288 bytes, in OUTPUT; see `signPayload`. */
export function token_sign_payload(len: i32, format: u32): i32 {
  return signPayload(len, format)
}

/** The token of the payload 24 bytes behind INPUT, at most 12,288, in OUTPUT; see `sealPayload`. */
export function token_seal(len: i32, format: u32, nonce: i32): i32 {
  return sealPayload(len, format, nonce)
}

/**
 * Wipes what a call has left: so many bytes of INPUT and of OUTPUT, with the vector that may end
 * behind them, and SCRATCH. To be called when its result has been read.
 */
export function forget(inputLen: i32, outputLen: i32): void {
  wipe(INPUT, inputLen + 16)
  wipe(OUTPUT, outputLen + 16)
  wipe(SCRATCH, SCRATCH_SIZE)
}
