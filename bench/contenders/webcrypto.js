/** `cookie` and WebCrypto by hand: `subtle.verify` with a key that is imported once. */
import { readSigned, writeSigned } from './signed-value.js'

const encoder = new TextEncoder()

/** The key is imported here, not at each call. */
export async function webCrypto(cookieName, secret) {
  const { subtle } = globalThis.crypto
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const usages = ['sign', 'verify']
  const key = await subtle.importKey('raw', encoder.encode(secret), algorithm, false, usages)
  return {
    name: 'cookie + WebCrypto',
    isAsync: true,
    async sign(id) {
      const mac = await subtle.sign('HMAC', key, encoder.encode(id))
      return writeSigned(cookieName, id, new Uint8Array(mac))
    },
    async verify(header) {
      const signed = readSigned(header, cookieName)
      if (signed === null) return null
      const given = Buffer.from(signed.signature, 'base64url')
      return (await subtle.verify('HMAC', key, given, encoder.encode(signed.id))) ? signed.id : null
    },
  }
}
