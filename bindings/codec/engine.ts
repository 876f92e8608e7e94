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

/**
 * The longest that a value may be which a program carries in several cookies and joins itself, and
 * bytes of the longest payload: its token still fits the buffers of the engines.
 */
export const MAX_VALUE_SIZE = 12_288

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

/** Bytes of a nonce: XChaCha20's, long enough to be drawn at random for any number of tokens. */
export const NONCE_SIZE = 24

/** Bytes of what is added to what is sealed: the nonce before it and the tag behind it. */
export const SEAL_SIZE: number = NONCE_SIZE + 16

/** How many nonces are drawn at once: one call of the generator costs as much as 64 of its bytes. */
export const NONCE_POOL = 64

/**
 * Refuses what would be no cookie.
 *
 * @throws RangeError if a text has more code units than a cookie has bytes.
 */
export function checkTokenText(text: string, limit: number): void {
  if (text.length > limit) {
    throw new RangeError(`A token of ${text.length} characters does not fit a cookie`)
  }
}

/**
 * Refuses what the core has no room for, and keys and nonces that are none.
 *
 * @throws RangeError if any of them has not the right size.
 */
export function checkMessage(
  key: Uint8Array,
  nonce: Uint8Array,
  message: Uint8Array,
  data: Uint8Array
): void {
  if (key.length !== 32) throw new RangeError(`A key has 32 bytes, not ${key.length}`)
  if (nonce.length !== NONCE_SIZE && nonce.length !== 12) {
    throw new RangeError(`A nonce has ${NONCE_SIZE} or 12 bytes, not ${nonce.length}`)
  }
  if (message.length + data.length > MAX_VALUE_SIZE) {
    throw new RangeError(`A message of ${message.length} bytes is too long`)
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
 * What the first letter of a token says: `T` a text that stands as it is, `P` a payload in base64url,
 * both signed, `S` a sealed payload; in lower case, a flash message waits in the session.
 */
export type TokenFormat = 'T' | 't' | 'P' | 'p' | 'S' | 's'

/** The format of a token by its letter, which must be one that a ring has opened. */
export function formatOf(letter: number, bit: 0 | 1): TokenFormat {
  const isSealed = letter === 0x53 || letter === 0x73
  return String.fromCharCode(isSealed ? letter : letter ^ bit) as TokenFormat
}

/**
 * Why no token was opened:
 *
 * - `none`: there is no cookie of that name, which is no fault
 * - `malformed`: not the shape of a token, or not of a kind that the ring has keys for
 * - `unknown-key`: signed or sealed by a key that is not in the ring
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

/**
 * Refuses to sign or seal without a key.
 *
 * @throws Error if there is none.
 */
export function requireKeys(keys: readonly RingKey[]): void {
  if (keys.length === 0) throw new Error('The ring has no key for that')
}

/** What a ring may have besides the keys that sign. */
export interface RingOptions {
  /** How tokens are signed; `hmac-sha256` by default. */
  readonly mac?: MacAlgorithm | undefined
  /** The keys that seal, the newest first; none by default. */
  readonly seal?: readonly RingKey[] | undefined
  /**
   * Bytes that a cookie may have, name and value together, at most {@link MAX_VALUE_SIZE};
   * {@link MAX_COOKIE_SIZE} by default.
   */
  readonly limit?: number | undefined
}

/** One cookie name and its keys, prepared for an engine. */
export interface TokenRing {
  /**
   * Finds the ring's cookie in a Cookie header and opens it: the first that opens of at most
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
  /**
   * The token of any well-formed text, sealed by the newest key: XChaCha20-Poly1305 with a random
   * nonce and `<k>` as its associated data.
   *
   * @throws RangeError if the text is longer than a cookie.
   */
  sealPayload(payload: string, format: 'S' | 's'): string
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
  /**
   * Encrypts a message and appends its tag of 16 bytes: XChaCha20-Poly1305 with a nonce of 24 bytes,
   * ChaCha20-Poly1305 (RFC 8439) with one of 12. A nonce must never come twice under one key.
   *
   * @throws RangeError if message and associated data are together longer than
   * {@link MAX_VALUE_SIZE}, or key or nonce have another size.
   */
  encrypt(key: Uint8Array, nonce: Uint8Array, message: Uint8Array, data: Uint8Array): Uint8Array
  /**
   * The message that `encrypt` made this of, or `null` if it, or the associated data, was changed.
   *
   * @throws RangeError as `encrypt` does.
   */
  decrypt(
    key: Uint8Array,
    nonce: Uint8Array,
    sealed: Uint8Array,
    data: Uint8Array
  ): Uint8Array | null
  /** base64url without padding (RFC 4648 §5). */
  encodeBase64url(bytes: Uint8Array): string
  /** The bytes of strict base64url, or `null` for any other text. */
  decodeBase64url(text: string): Uint8Array | null
  /** The pairs of a Cookie header in their order, as `[name, value, name, value, …]`, undecoded. */
  listCookies(header: string): string[]
  /** Prepares keys that sign, the newest first, for the tokens of one cookie name; may be none. */
  createRing(cookieName: string, keys: readonly RingKey[], options?: RingOptions): TokenRing
}
