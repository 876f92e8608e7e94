/**
 * The one interface of both engines: `wasm` (the core) and `portable` (its twin in plain JavaScript).
 *
 * The two agree byte for byte, also on why they refuse something. Nothing outside this folder knows
 * which of them runs.
 *
 * @module
 */

/** Bytes, or code units, of the largest Cookie header that is looked at. Node's own default limit. */
export const MAX_HEADER_SIZE = 16_384

/** Bytes of the largest cookie, name and value together (RFC 6265bis §5.7). */
export const MAX_COOKIE_SIZE = 4096

/** How many cookies of one name are verified before the rest are ignored. */
export const MAX_DUPLICATES = 4

/** Characters of a cookie name that an engine can hold. */
export const MAX_NAME_SIZE = 256

/** Keys that one ring can hold. */
export const MAX_KEYS = 16

/** Characters of `<k>`: the format letter and the fingerprint. */
export const PREFIX_SIZE = 4

/** Characters of a MAC, or of any digest: 32 bytes as base64url. */
export const MAC_SIZE = 43

/**
 * Refuses what would be no cookie. Four bytes of UTF-8 are two code units, so the longest text that
 * passes has 12,288 bytes, and its token fits the core's buffers.
 *
 * @throws RangeError if a text has more code units than a cookie has bytes.
 */
export function checkTokenText(text: string): void {
  if (text.length > MAX_COOKIE_SIZE) {
    throw new RangeError(`A token of ${text.length} characters does not fit a cookie`)
  }
}

/** How tokens are authenticated: HMAC-SHA256, or keyed BLAKE3. */
export type MacAlgorithm = 'hmac-sha256' | 'blake3'

/**
 * What the lowest bit of a token's letter is: 0 under HMAC, 1 under BLAKE3, whose letters are `U`, `u`,
 * `Q` and `q`. A ring takes letters of its own kind alone: the token does not choose the algorithm.
 */
export function macBit(mac: MacAlgorithm): 0 | 1 {
  return mac === 'blake3' ? 1 : 0
}

/** One key of a ring. */
export interface RingKey {
  /** The key bytes, 32 of them. */
  readonly key: Uint8Array
  /** Three base64url characters that tell which key signed a token. */
  readonly fingerprint: string
}

/**
 * What the first letter of a token says: `T` a text that stands as it is, `P` a payload in base64url;
 * in lower case, a flash message waits in the session.
 */
export type TokenFormat = 'T' | 't' | 'P' | 'p'

/**
 * Why no token was opened:
 *
 * - `none`: there is no cookie of that name, which is no fault
 * - `malformed`: not the shape of a token
 * - `unknown-key`: signed by a key that is not in the ring
 * - `bad-signature`: changed, cut, extended, or made for another cookie name
 * - `oversize`: longer than a cookie or a header may be; nothing was hashed
 */
export type Rejection = 'none' | 'malformed' | 'unknown-key' | 'bad-signature' | 'oversize'

/** A token that verified. */
export interface OpenedToken {
  readonly format: TokenFormat
  /** The text, or the payload decoded as UTF-8. */
  readonly text: string
  /** The place of the key in the ring: 0 is the newest. */
  readonly keyIndex: number
}

/** One cookie name and the keys that sign for it, prepared for an engine. */
export interface TokenRing {
  /**
   * Finds the ring's cookie in a Cookie header and verifies it: the first that verifies of at most
   * {@link MAX_DUPLICATES} of that name. If none does, the reason is that of the first.
   */
  open(header: string): OpenedToken | Rejection
  /**
   * The token of a text of base64url characters, signed by the newest key.
   *
   * @throws RangeError if the text is longer than a cookie.
   */
  signText(text: string, format: 'T' | 't'): string
  /**
   * The token of any well-formed text, signed by the newest key.
   *
   * @throws RangeError if the text is longer than a cookie.
   */
  signPayload(payload: string, format: 'P' | 'p'): string
}

/** What an engine does. All of it is synchronous. */
export interface Engine {
  /** Which engine this is. */
  readonly name: 'wasm' | 'portable'
  /** SHA-256 (FIPS 180-4): 32 bytes. */
  sha256(message: Uint8Array): Uint8Array
  /** SHA-256 of a text's UTF-8, as base64url: 43 characters. */
  sha256Text(text: string): string
  /** HMAC-SHA256 (RFC 2104): 32 bytes. */
  hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array
  /** Keyed BLAKE3 of a message under a key of 32 bytes: 32 bytes. */
  keyedBlake3(key: Uint8Array, message: Uint8Array): Uint8Array
  /** base64url without padding (RFC 4648 §5). */
  encodeBase64url(bytes: Uint8Array): string
  /** The bytes of strict base64url, or `null` for any other text. */
  decodeBase64url(text: string): Uint8Array | null
  /** The pairs of a Cookie header in their order, as `[name, value, name, value, …]`, undecoded. */
  listCookies(header: string): string[]
  /** Prepares keys, the newest first, for the tokens of one cookie name; `mac` is HMAC by default. */
  createRing(cookieName: string, keys: readonly RingKey[], mac?: MacAlgorithm): TokenRing
}
