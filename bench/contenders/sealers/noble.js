/** XChaCha20-Poly1305 of @noble/ciphers, the same cipher in plain JavaScript. */
import { createHash } from 'node:crypto'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'

const NONCE = 24

export function noble({ cookieName, secret }) {
  const key = new Uint8Array(createHash('sha256').update(secret).digest())
  const encoder = new TextEncoder()
  const decoder = new TextDecoder()
  const prefix = `${cookieName}=`
  return {
    name: '@noble/ciphers xchacha20poly1305',
    seal(text) {
      const nonce = globalThis.crypto.getRandomValues(new Uint8Array(NONCE))
      const sealed = xchacha20poly1305(key, nonce).encrypt(encoder.encode(text))
      return prefix + Buffer.concat([nonce, sealed]).toString('base64url')
    },
    open(header) {
      if (!header.startsWith(prefix)) return null
      const bytes = new Uint8Array(Buffer.from(header.slice(prefix.length), 'base64url'))
      try {
        const cipher = xchacha20poly1305(key, bytes.slice(0, NONCE))
        return decoder.decode(cipher.decrypt(bytes.slice(NONCE)))
      } catch {
        return null
      }
    },
  }
}
