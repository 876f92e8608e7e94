/**
 * Texts in AES-GCM (NIST SP 800-38D), each bound to the key that it is stored under.
 *
 * ```text
 * e1.<base64 of: nonce 12 | ciphertext | tag 16>
 * ```
 *
 * @module
 */
import { fromBase64, toBase64 } from './base64.ts'

/** What encrypts texts. */
export interface Cipher {
  /** Encrypts a text that will be stored under `key`. */
  encrypt(text: string, key: string): Promise<string>
  /** The text, or `null` if it was not encrypted like this, by this key, for that key. */
  decrypt(text: string, key: string): Promise<string | null>
}

const PREFIX = 'e1.'
const NONCE_SIZE = 12

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Makes the cipher of an AES key. */
export function createCipher(aesKey: CryptoKey): Cipher {
  const parameters = (iv: Uint8Array<ArrayBuffer>, key: string): AesGcmParams => ({
    name: 'AES-GCM',
    iv,
    additionalData: encoder.encode(`tuile/1/record/${key}`),
  })

  return {
    async encrypt(text, key) {
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_SIZE))
      const sealed = await crypto.subtle.encrypt(
        parameters(nonce, key),
        aesKey,
        encoder.encode(text)
      )
      const message = new Uint8Array(NONCE_SIZE + sealed.byteLength)
      message.set(nonce)
      message.set(new Uint8Array(sealed), NONCE_SIZE)
      return PREFIX + toBase64(message)
    },

    async decrypt(text, key) {
      if (!text.startsWith(PREFIX)) return null
      const encoded = text.slice(PREFIX.length)
      const message = fromBase64(encoded)
      // One text for one message: what differs in as much as a letter is not what we wrote.
      if (message === null || toBase64(message) !== encoded) return null
      const [nonce, sealed] = [message.slice(0, NONCE_SIZE), message.slice(NONCE_SIZE)]
      try {
        return decoder.decode(await crypto.subtle.decrypt(parameters(nonce, key), aesKey, sealed))
      } catch {
        return null
      }
    },
  }
}
