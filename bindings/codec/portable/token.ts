/**
 * Tokens: the twin of `core/token.ts`.
 *
 * @module
 */
import {
  MAC_SIZE,
  MAX_COOKIE_SIZE,
  MAX_HEADER_SIZE,
  PREFIX_SIZE,
  type OpenedToken,
  type Rejection,
  type RingKey,
  type TokenFormat,
  type TokenRing,
} from '../engine.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { cookiesNamed } from './cookie.ts'
import { authenticate, prepareKey, type PreparedKey } from './hmac.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

interface PreparedRingKey {
  readonly prepared: PreparedKey
  readonly fingerprint: string
}

const TAG = new Uint8Array(32)

/** The MAC of a token's text before the dot, encoded. The text must be ASCII. */
function macOf(key: PreparedRingKey, text: string): string {
  const bytes = encoder.encode(text)
  authenticate(key.prepared, bytes, bytes.length, TAG)
  return encodeBase64url(TAG)
}

/** Whether two texts of {@link MAC_SIZE} characters are equal, in constant time. */
function sameMac(left: string, right: string): boolean {
  let difference = 0
  for (let i = 0; i < MAC_SIZE; i++) difference |= left.charCodeAt(i) ^ right.charCodeAt(i)
  return difference === 0
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

function isFormat(letter: string): letter is TokenFormat {
  return letter === 'T' || letter === 't' || letter === 'P' || letter === 'p'
}

function openValue(
  name: string,
  keys: readonly PreparedRingKey[],
  value: string
): OpenedToken | Rejection {
  // A code unit above 0x7F is in no token; checked first, so that none can alias a byte.
  if (!isAscii(value)) return 'malformed'
  if (name.length + value.length > MAX_COOKIE_SIZE) return 'oversize'
  const dot = value.length - MAC_SIZE - 1
  const format = value[0]!
  if (dot < PREFIX_SIZE || value[dot] !== '.' || !isFormat(format)) return 'malformed'

  const fingerprint = value.slice(1, PREFIX_SIZE)
  let result: Rejection = 'unknown-key'
  for (let keyIndex = 0; keyIndex < keys.length; keyIndex++) {
    const key = keys[keyIndex]!
    if (key.fingerprint !== fingerprint) continue
    result = 'bad-signature'
    if (!sameMac(macOf(key, value.slice(0, dot)), value.slice(dot + 1))) continue
    const text = value.slice(PREFIX_SIZE, dot)
    if (format === 'T' || format === 't') return { format, text, keyIndex }
    const payload = decodeBase64url(text)
    if (payload === null) return 'malformed'
    return { format, text: decoder.decode(payload), keyIndex }
  }
  return result
}

/** The portable engine's ring; the contract is `TokenRing`. */
export function createRing(cookieName: string, keys: readonly RingKey[]): TokenRing {
  const prepared = keys.map(
    ({ key, fingerprint }): PreparedRingKey => ({ prepared: prepareKey(key), fingerprint })
  )
  const newest = prepared[0]!
  const sign = (text: string): string => `${text}.${macOf(newest, text)}`

  return {
    open(header) {
      if (header.length > MAX_HEADER_SIZE) return 'oversize'
      let reason: Rejection = 'none'
      for (const value of cookiesNamed(header, cookieName)) {
        const opened = openValue(cookieName, prepared, value)
        if (typeof opened === 'object') return opened
        if (reason === 'none') reason = opened
      }
      return reason
    },
    signText: (text, format) => sign(format + newest.fingerprint + text),
    signPayload: (payload, format) =>
      sign(format + newest.fingerprint + encodeBase64url(encoder.encode(payload))),
  }
}
