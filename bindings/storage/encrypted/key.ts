/**
 * The key of `encryptedStorage`: checked when the storage is made, imported when it is first used.
 *
 * @module
 */
import { ConfigurationError } from '../../errors.ts'
import { fromBase64 } from './base64.ts'

const SIZES = [16, 24, 32]
const ADVICE = 'Make one with `npx tuile keygen` or `openssl rand -base64 32`'

function checkSize(bytes: Uint8Array | null): Uint8Array<ArrayBuffer> {
  if (bytes === null) throw new ConfigurationError(`The encryption key is not base64. ${ADVICE}`)
  if (!SIZES.includes(bytes.length)) {
    throw new ConfigurationError(
      `The encryption key has ${bytes.length} bytes; AES takes 16, 24 or 32. ${ADVICE}`
    )
  }
  // A copy: what the caller does with its bytes later is no matter of ours.
  return new Uint8Array(bytes)
}

function checkUse(key: CryptoKey): CryptoKey {
  const { algorithm, usages } = key
  const fits = usages?.includes('encrypt') && usages.includes('decrypt')
  if (algorithm?.name === 'AES-GCM' && fits) return key
  throw new ConfigurationError(
    'The encryption key must be base64, bytes, or a CryptoKey for AES-GCM that may encrypt and decrypt'
  )
}

const importBytes = (bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])

/** Checks a key of any kind; gives how to import it. */
export function prepareKey(
  key: string | Uint8Array | CryptoKey | undefined
): () => Promise<CryptoKey> {
  if (key === undefined || key === null || key === '') {
    throw new ConfigurationError(`The encryption key is missing. ${ADVICE}`)
  }
  if (typeof key !== 'string' && !(key instanceof Uint8Array)) {
    const checked = checkUse(key)
    return async () => checked
  }
  const bytes = checkSize(typeof key === 'string' ? fromBase64(key) : key)
  return () => importBytes(bytes)
}

/**
 * Imports an AES key that is kept as base64, also of the alphabet of URLs, with or without padding: 16
 * bytes for AES-128, 24 for AES-192, 32 for AES-256. The key cannot be exported again.
 *
 * @throws ConfigurationError, as a rejection, if it is no base64 or has another size. The message does
 * not hold the key.
 *
 * @example
 * ```ts
 * import { importRawKey } from 'tuile/storage/encrypted'
 *
 * const key = await importRawKey('MDEyMzQ1Njc4OWFiY2RlZg==')
 * assert.deepEqual(key.algorithm, { name: 'AES-GCM', length: 128 })
 * ```
 */
export async function importRawKey(base64: string): Promise<CryptoKey> {
  return importBytes(checkSize(typeof base64 === 'string' ? fromBase64(base64) : null))
}
