/** AES-256-GCM of WebCrypto, with a key that is imported once. */
import { createHash } from 'node:crypto'

const NONCE = 12

export async function webCrypto({ cookieName, secret }) {
  const { subtle } = globalThis.crypto
  const raw = createHash('sha256').update(secret).digest()
  const key = await subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])
  const encoder = new TextEncoder()
  const decoder = new TextDecoder()
  const prefix = `${cookieName}=`
  return {
    name: 'WebCrypto AES-GCM',
    isAsync: true,
    async seal(text) {
      const iv = globalThis.crypto.getRandomValues(new Uint8Array(NONCE))
      const sealed = await subtle.encrypt({ name: 'AES-GCM', iv }, key, encoder.encode(text))
      return prefix + Buffer.concat([iv, Buffer.from(sealed)]).toString('base64url')
    },
    async open(header) {
      if (!header.startsWith(prefix)) return null
      const bytes = Buffer.from(header.slice(prefix.length), 'base64url')
      const parameters = { name: 'AES-GCM', iv: bytes.subarray(0, NONCE) }
      try {
        return decoder.decode(await subtle.decrypt(parameters, key, bytes.subarray(NONCE)))
      } catch {
        return null
      }
    },
  }
}
