/**
 * Tokens: the twin of `core/token.ts`.
 *
 * @module
 */
import {
  checkTokenText,
  MAC_SIZE,
  macBit,
  MAX_COOKIE_SIZE,
  MAX_HEADER_SIZE,
  PREFIX_SIZE,
  MAX_VALUE_SIZE,
  requireKeys,
  type MacAlgorithm,
  type OpenedToken,
  type Rejection,
  type RingKey,
  type RingOptions,
  type TokenFormat,
  type TokenRing,
} from '../engine.ts'
import { decodeBase64url, encodeBase64url, encodeGroups } from './base64url.ts'
import { authenticateBlake3, prepareBlake3Key } from './blake3.ts'
import { cookiesNamed } from './cookie.ts'
import { authenticate, prepareKey } from './hmac.ts'
import { forget, INPUT, scratchBytes } from './scratch.ts'
import { isSealed, openSealed, sealPayload } from './sealed.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Writes the MAC of the first `len` bytes of a message to the first 32 bytes of `tag`. */
type Authenticate = (message: Uint8Array, len: number, tag: Uint8Array) => void

interface PreparedRingKey {
  readonly authenticate: Authenticate
  readonly fingerprint: string
}

/** The key is prepared here, once. */
function authenticatorOf(key: Uint8Array, mac: MacAlgorithm): Authenticate {
  if (mac === 'blake3') {
    const words = prepareBlake3Key(key)
    return (message, len, tag) => authenticateBlake3(words, message, len, tag)
  }
  const prepared = prepareKey(key)
  return (message, len, tag) => authenticate(prepared, message, len, tag)
}

/** A MAC, and a zero that completes its last group of three bytes. */
const TAG = scratchBytes(33)
/** The codes of its {@link MAC_SIZE} characters, and of one that the zero adds. */
const MAC = scratchBytes(44)

/** Writes a string to INPUT; `false` if a code unit of it is above 0x7F. */
function writeAscii(text: string): boolean {
  const { read, written } = encoder.encodeInto(text, INPUT)
  return read === text.length && written === text.length
}

/** Whether the MAC behind the dot is that of the text before it, in constant time. */
function verifies(key: PreparedRingKey, dot: number): boolean {
  key.authenticate(INPUT, dot, TAG)
  encodeGroups(TAG, MAC)
  let difference = 0
  for (let i = 0; i < MAC_SIZE; i++) difference |= MAC[i]! ^ INPUT[dot + 1 + i]!
  return difference === 0
}

function isFormat(letter: string): letter is TokenFormat {
  return letter === 'T' || letter === 't' || letter === 'P' || letter === 'p'
}

/** Opens a signed token, which is in INPUT as well. */
function openSigned(
  keys: readonly PreparedRingKey[],
  bit: 0 | 1,
  value: string
): OpenedToken | Rejection {
  if (keys.length === 0) return 'malformed'
  const dot = value.length - MAC_SIZE - 1
  const format = String.fromCharCode(value.charCodeAt(0) ^ bit)
  if (dot < PREFIX_SIZE || value[dot] !== '.' || !isFormat(format)) return 'malformed'

  let result: Rejection = 'unknown-key'
  for (let keyIndex = 0; keyIndex < keys.length; keyIndex++) {
    const key = keys[keyIndex]!
    if (!value.startsWith(key.fingerprint, 1)) continue
    result = 'bad-signature'
    if (!verifies(key, dot)) continue
    const text = value.slice(PREFIX_SIZE, dot)
    if (format === 'T' || format === 't') return { format, text, keyIndex }
    const payload = decodeBase64url(text)
    if (payload === null) return 'malformed'
    return { format, text: decoder.decode(payload), keyIndex }
  }
  return result
}

/** The bytes of a payload, if they fit a token. */
function encodePayload(payload: string, limit: number): Uint8Array {
  checkTokenText(payload, limit)
  const bytes = encoder.encode(payload)
  if (bytes.length > MAX_VALUE_SIZE) {
    throw new RangeError(`A payload of over ${MAX_VALUE_SIZE} bytes does not fit a cookie`)
  }
  return bytes
}

/** The portable engine's ring; the contract is `TokenRing`. */
export function createRing(
  cookieName: string,
  keys: readonly RingKey[],
  { mac = 'hmac-sha256', seal = [], limit = MAX_COOKIE_SIZE }: RingOptions = {}
): TokenRing {
  const bit = macBit(mac)
  const prepared = keys.map(
    ({ key, fingerprint }): PreparedRingKey => ({
      authenticate: authenticatorOf(key, mac),
      fingerprint,
    })
  )
  const openValue = (value: string): OpenedToken | Rejection => {
    // A code unit above 0x7F is in no token; checked first, so that none can alias a byte.
    if (!writeAscii(value)) {
      forget(MAX_HEADER_SIZE)
      return 'malformed'
    }
    let opened: OpenedToken | Rejection = 'oversize'
    if (cookieName.length + value.length <= limit) {
      opened = isSealed(value) ? openSealed(seal, value) : openSigned(prepared, bit, value)
    }
    forget(value.length)
    return opened
  }
  const sign = (format: TokenFormat, content: string): string => {
    requireKeys(keys)
    const newest = prepared[0]!
    const letter = String.fromCharCode(format.charCodeAt(0) ^ bit)
    const text = letter + newest.fingerprint + content
    const bytes = encoder.encode(text)
    newest.authenticate(bytes, bytes.length, TAG)
    const mac = encodeBase64url(TAG).slice(0, MAC_SIZE)
    forget()
    return `${text}.${mac}`
  }

  return {
    open(header) {
      if (header.length > MAX_HEADER_SIZE) return 'oversize'
      let reason: Rejection = 'none'
      for (const value of cookiesNamed(header, cookieName)) {
        const opened = openValue(value)
        if (typeof opened === 'object') return opened
        if (reason === 'none') reason = opened
      }
      return reason
    },
    signText(text, format) {
      checkTokenText(text, limit)
      return sign(format, text)
    },
    signPayload(payload, format) {
      return sign(format, encodeBase64url(encodePayload(payload, limit)))
    },
    sealPayload(payload, format) {
      requireKeys(seal)
      return sealPayload(seal[0]!, encodePayload(payload, limit), format)
    },
  }
}
