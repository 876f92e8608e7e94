/**
 * Secrets, keys and tokens made by `node:crypto`, the way the documentation says anyone can.
 *
 * @module
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto'
import type { RingKey, TokenFormat } from './engine.ts'
import { bytesOf } from './engines.fixture.ts'

/** Secrets that pass every check, the newest first. */
export const secrets: readonly [string, string, string] = [
  'newest-secret-0123456789abcdef-0123456789',
  'second-secret-0123456789abcdef-0123456789',
  'oldest-secret-0123456789abcdef-0123456789',
]

/** The key and the fingerprint that a secret gives for a cookie name. */
export function nodeKey(secret: string, cookieName: string, purpose = 'id'): RingKey {
  const output = Buffer.from(hkdfSync('sha256', secret, '', `tuile/1/${purpose}/${cookieName}`, 35))
  return {
    key: new Uint8Array(output.subarray(0, 32)),
    fingerprint: output.subarray(32).toString('base64url').slice(0, 3),
  }
}

/** The token of what stands between `<k>` and the dot. */
export function nodeToken(
  { key, fingerprint }: RingKey,
  text: string,
  format: TokenFormat = 'T'
): string {
  const signed = `${format}${fingerprint}${text}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}

/** A key of that number, no secret behind it. */
export function testKey(number: number, fingerprint?: string): RingKey {
  const own = Buffer.from(bytesOf(3, number + 7919))
    .toString('base64url')
    .slice(0, 3)
  return { key: bytesOf(32, number), fingerprint: fingerprint ?? own }
}

/** HChaCha20 by OpenSSL: its ChaCha20 gives the permuted state plus the state, so that is taken off. */
function nodeSubkey(key: Uint8Array, nonce: Uint8Array): Buffer {
  const block = createCipheriv('chacha20', key, nonce.subarray(0, 16)).update(Buffer.alloc(64))
  const constants = Buffer.from('expand 32-byte k')
  const subkey = Buffer.alloc(32)
  for (let at = 0; at < 16; at += 4) {
    subkey.writeInt32LE((block.readInt32LE(at) - constants.readInt32LE(at)) | 0, at)
    const nonceWord = Buffer.from(nonce).readInt32LE(at)
    subkey.writeInt32LE((block.readInt32LE(48 + at) - nonceWord) | 0, 16 + at)
  }
  return subkey
}

/** Encrypts as `Engine.encrypt` must, by `node:crypto`. */
export function nodeEncrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  message: Uint8Array,
  data: Uint8Array
): Buffer {
  const long = nonce.length === 24
  const subkey = long ? nodeSubkey(key, nonce) : key
  const iv = long ? Buffer.concat([Buffer.alloc(4), nonce.subarray(16)]) : nonce
  const cipher = createCipheriv('chacha20-poly1305', subkey, iv, { authTagLength: 16 })
  cipher.setAAD(data, { plaintextLength: message.length })
  return Buffer.concat([cipher.update(message), cipher.final(), cipher.getAuthTag()])
}

/** The sealed token of a payload, with a nonce of one's choice. */
export function nodeSealed(
  { key, fingerprint }: RingKey,
  payload: string | Uint8Array,
  format: 'S' | 's' = 'S',
  nonce: Uint8Array = bytesOf(24)
): string {
  const data = Buffer.from(format + fingerprint)
  const sealed = nodeEncrypt(key, nonce, Buffer.from(payload as string), data)
  return `${data}${Buffer.concat([nonce, sealed]).toString('base64url')}`
}

/** The payload of a sealed token, by `node:crypto`; throws if its tag is wrong. */
export function nodeUnseal({ key }: RingKey, token: string): string {
  const bytes = Buffer.from(token.slice(4), 'base64url')
  const [nonce, sealed, tag] = [bytes.subarray(0, 24), bytes.subarray(24, -16), bytes.subarray(-16)]
  const iv = Buffer.concat([Buffer.alloc(4), nonce.subarray(16)])
  const options = { authTagLength: 16 }
  const decipher = createDecipheriv('chacha20-poly1305', nodeSubkey(key, nonce), iv, options)
  decipher.setAAD(Buffer.from(token.slice(0, 4)), { plaintextLength: sealed.length })
  decipher.setAuthTag(tag)
  return Buffer.concat([decipher.update(sealed), decipher.final()]).toString()
}
