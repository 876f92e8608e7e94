/** `cookie` and WebCrypto by hand: `subtle.verify` with keys that are imported once. */
import { readSigned, writeSigned } from './signed-value.js'

const encoder = new TextEncoder()

/** The keys are imported here, not at each call. */
export async function webCrypto({ cookieName, secrets }) {
  const { subtle } = globalThis.crypto
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const importKey = (secret) =>
    subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign', 'verify'])
  const keys = await Promise.all(secrets.map(importKey))
  return {
    name: 'cookie + WebCrypto',
    isAsync: true,
    rotates: true,
    async sign(text) {
      const mac = await subtle.sign('HMAC', keys[0], encoder.encode(text))
      return writeSigned(cookieName, text, new Uint8Array(mac))
    },
    async verify(header) {
      const signed = readSigned(header, cookieName)
      if (signed === null) return null
      const message = encoder.encode(signed.text)
      for (const key of keys) {
        if (await subtle.verify('HMAC', key, signed.signature, message)) return signed.text
      }
      return null
    },
  }
}
