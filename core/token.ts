/**
 * Tokens, the values of our cookies: `<k><text>.<mac>` (bindings/token.ts has the format).
 *
 * `<k>` is one format letter and three characters that tell which key signed, so a ring of keys costs
 * one HMAC whichever of them it was, and a token of a key we do not have costs none. The MAC is
 * compared as its 43 characters, encoded: nothing of the received text is decoded before it has
 * verified, there is one text for one MAC, and the comparison takes the same time for any two.
 *
 * @module
 */
import { decode, encode, encodeDigest } from './base64url'
import { keyedHash } from './blake3'
import { findCookie, valueEnd, valuePtr } from './cookie'
import { authenticate } from './hmac'
import {
  DIGEST,
  INPUT,
  KEY_SIZE,
  MAC,
  OUTPUT,
  RING_KEYS,
  RING_LIMIT,
  RING_MAC,
  RING_NAME,
  RING_NAME_SIZE,
  RING_OPENED,
  RING_SIGNERS,
  SIGN_PREFIX,
  wipe,
} from './memory'
import {
  BAD_SIGNATURE,
  LOWER_CASE,
  MALFORMED,
  NONE,
  OVERSIZE,
  PREFIX_SIZE,
  UNKNOWN_KEY,
} from './reasons'
import { isSealed, openSealed } from './sealed'

const DOT: u8 = 0x2e
const MAC_SIZE: i32 = 43

const FORMAT_TEXT: u32 = 0x74 // 't', or 'u' under BLAKE3
const FORMAT_PAYLOAD: u32 = 0x70 // 'p', or 'q'

/** How a ring authenticates: 0 is HMAC-SHA256. The lowest bit of its format letters is the same. */
const BLAKE3: u32 = 1

/** How many cookies of our name are looked at: a sibling domain can add as many as it likes. */
const MAX_DUPLICATES: i32 = 4

/** The MAC of the `len` bytes at `ptr`, to DIGEST. */
function authenticateText(mac: u32, key: usize, ptr: usize, len: i32): void {
  if (mac === BLAKE3) keyedHash(key, ptr, len)
  else authenticate(key, ptr, len)
}

/** Whether the 43 characters at `ptr` are the encoded DIGEST, in constant time. */
function sameMac(ptr: usize): bool {
  encodeDigest(MAC, DIGEST)
  const zero = i64x2.splat(0)
  // The third vector holds 11 characters of ours and 5 that are not part of the MAC.
  const tail = v128.xor(v128.load(MAC, 32), v128.load(ptr, 32))
  const difference = v128.or(
    v128.or(
      v128.xor(v128.load(MAC), v128.load(ptr)),
      v128.xor(v128.load(MAC, 16), v128.load(ptr, 16))
    ),
    i8x16.shuffle(tail, zero, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 16, 16, 16, 16)
  )
  return !v128.any_true(difference)
}

/**
 * Which key of the ring signed the `len` characters at `ptr`, or a negative reason. Two keys may
 * share a fingerprint, so a failure under one goes on to the next.
 */
function verify(ptr: usize, len: i32, mac: u32): i32 {
  const keyCount = load<i32>(RING_SIGNERS)
  const dot = len - MAC_SIZE - 1
  if (dot < PREFIX_SIZE || load<u8>(ptr + <usize>dot) !== DOT) return MALFORMED
  const prefix = load<u32>(ptr)
  const format = ((prefix & 0xff) | LOWER_CASE) ^ mac
  if (format !== FORMAT_TEXT && format !== FORMAT_PAYLOAD) return MALFORMED
  if (keyCount === 0) return MALFORMED

  let result = UNKNOWN_KEY
  for (let key = 0; key < keyCount; key++) {
    if (load<u32>(SIGN_PREFIX + ((<usize>key) << 2)) !== (prefix & 0xffffff00)) continue
    authenticateText(mac, RING_KEYS + <usize>(key * KEY_SIZE), ptr, dot)
    if (sameMac(ptr + <usize>dot + 1)) return key
    result = BAD_SIGNATURE
  }
  return result
}

/**
 * The size of what the signed token of `len` characters at `ptr` holds, or a negative reason. A payload
 * is decoded to OUTPUT.
 */
function openSigned(ptr: usize, len: i32): i32 {
  const mac = load<u32>(RING_MAC)
  const key = verify(ptr, len, mac)
  if (key < 0) return key
  store<i32>(RING_OPENED, key)
  const size = len - PREFIX_SIZE - MAC_SIZE - 1
  if (((load<u8>(ptr) | LOWER_CASE) ^ mac) !== FORMAT_PAYLOAD) return size
  const decoded = decode(OUTPUT, ptr + PREFIX_SIZE, size)
  if (decoded >= 0) return decoded
  wipe(OUTPUT, size)
  return MALFORMED
}

/**
 * Finds the ring's cookie in the header of `headerLen` bytes in INPUT and opens it: the first that
 * opens of at most four with that name. A payload comes to OUTPUT.
 *
 * Returns `start << 14 | length`: where the text behind `<k>` starts in the header, and the text's
 * length or the payload's; RING_OPENED has the number of the key. If none opens, the first one's
 * reason.
 */
export function openToken(headerLen: i32): i32 {
  const end = INPUT + <usize>headerLen
  const nameLen = load<i32>(RING_NAME_SIZE)
  const limit = load<i32>(RING_LIMIT)
  let reason = NONE
  let from: usize = INPUT
  for (let seen = 0; seen < MAX_DUPLICATES; seen++) {
    if (!findCookie(from, end, RING_NAME, nameLen)) break
    from = valueEnd
    const ptr = valuePtr
    const len = <i32>(valueEnd - valuePtr)

    let size = OVERSIZE
    if (nameLen + len <= limit) size = isSealed(ptr) ? openSealed(ptr, len) : openSigned(ptr, len)
    if (size >= 0) return ((<i32>(ptr - INPUT) + PREFIX_SIZE) << 14) | size
    if (reason === NONE) reason = size
  }
  return reason
}

/** Completes the token of `dot` characters at `ptr`: a dot and the MAC. Returns its length. */
function appendMac(ptr: usize, dot: i32): i32 {
  authenticateText(load<u32>(RING_MAC), RING_KEYS, ptr, dot)
  store<u8>(ptr + <usize>dot, DOT)
  encodeDigest(ptr + <usize>dot + 1, DIGEST)
  return dot + 1 + MAC_SIZE
}

/**
 * Makes the token of the `len` characters that lie 4 bytes behind INPUT, signed by the ring's first
 * key, where it lies: `format`, the fingerprint, the text, a dot and the MAC. Returns its length.
 */
export function signText(len: i32, format: u32): i32 {
  store<u32>(INPUT, load<u32>(SIGN_PREFIX) | format)
  return appendMac(INPUT, PREFIX_SIZE + len)
}

/** Writes the token of the payload in INPUT, encoded as base64url, to OUTPUT; returns its length. */
export function signPayload(len: i32, format: u32): i32 {
  store<u32>(OUTPUT, load<u32>(SIGN_PREFIX) | format)
  return appendMac(OUTPUT, PREFIX_SIZE + encode(OUTPUT + PREFIX_SIZE, INPUT, len))
}
