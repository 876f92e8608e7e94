/**
 * Sealed tokens: the twin of `core/sealed.ts`.
 *
 * @module
 */
import {
  NONCE_POOL,
  NONCE_SIZE,
  PREFIX_SIZE,
  SEAL_SIZE,
  type OpenedToken,
  type Rejection,
  type RingKey,
} from '../engine.ts'
import { open, seal } from './aead.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Characters of a nonce and a tag as base64url: no sealed token is shorter. */
const MIN_SIZE = 54

const nonces = new Uint8Array(NONCE_POOL * NONCE_SIZE)
let noncesLeft = 0

/** A nonce that was never used: a view that the next call may overwrite. */
function nextNonce(): Uint8Array {
  if (noncesLeft === 0) {
    crypto.getRandomValues(nonces)
    noncesLeft = NONCE_POOL
  }
  noncesLeft--
  return nonces.subarray(noncesLeft * NONCE_SIZE, (noncesLeft + 1) * NONCE_SIZE)
}

/** Whether a token says that it is sealed. */
export function isSealed(value: string): boolean {
  return value.startsWith('S') || value.startsWith('s')
}

/** Opens a sealed token, which is ASCII. */
export function openSealed(keys: readonly RingKey[], value: string): OpenedToken | Rejection {
  if (keys.length === 0 || value.length < PREFIX_SIZE + MIN_SIZE) return 'malformed'
  let bytes: Uint8Array | null = null
  for (let keyIndex = 0; keyIndex < keys.length; keyIndex++) {
    const { key, fingerprint } = keys[keyIndex]!
    if (!value.startsWith(fingerprint, 1)) continue
    bytes ??= decodeBase64url(value.slice(PREFIX_SIZE))
    if (bytes === null) return 'malformed'
    const data = encoder.encode(value.slice(0, PREFIX_SIZE))
    const payload = open(key, bytes.subarray(0, NONCE_SIZE), bytes, NONCE_SIZE, data)
    if (payload === null) continue
    const text = decoder.decode(payload)
    payload.fill(0)
    return { format: value.startsWith('S') ? 'S' : 's', text, keyIndex }
  }
  return bytes === null ? 'unknown-key' : 'bad-signature'
}

/** The sealed token of a payload, whose bytes are wiped. */
export function sealPayload(
  { key, fingerprint }: RingKey,
  payload: Uint8Array,
  format: 'S' | 's'
): string {
  const prefix = format + fingerprint
  const nonce = nextNonce()
  const bytes = new Uint8Array(payload.length + SEAL_SIZE)
  bytes.set(nonce)
  seal(key, nonce, payload, encoder.encode(prefix), bytes, NONCE_SIZE)
  payload.fill(0)
  return prefix + encodeBase64url(bytes)
}
