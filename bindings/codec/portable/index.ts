/**
 * The portable engine: the core's twin in plain JavaScript, for hosts that forbid WebAssembly.
 *
 * @module
 */
import { checkMessage, type Engine } from '../engine.ts'
import { open, seal, TAG_SIZE } from './aead.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { keyedBlake3 } from './blake3.ts'
import { listCookies } from './cookie.ts'
import { hmacSha256 } from './hmac.ts'
import { sha256 } from './sha256.ts'
import { createRing } from './token.ts'

const encoder = new TextEncoder()

/** The portable engine. It has no state and needs nothing but ECMAScript and `TextEncoder`. */
export const portableEngine: Engine = {
  name: 'portable',
  sha256,
  sha256Text: (text) => encodeBase64url(sha256(encoder.encode(text))),
  hmacSha256,
  keyedBlake3,
  encrypt(key, nonce, message, data) {
    checkMessage(key, nonce, message, data)
    const sealed = new Uint8Array(message.length + TAG_SIZE)
    seal(key, nonce, message, data, sealed, 0)
    return sealed
  },
  decrypt(key, nonce, sealed, data) {
    checkMessage(key, nonce, sealed, data)
    return open(key, nonce, sealed, 0, data)
  },
  encodeBase64url,
  decodeBase64url,
  listCookies,
  createRing,
}
