/**
 * SHA-256 of bytes, as bytes.
 *
 * @typedef {object} Sha256
 * @property {string} name
 * @property {boolean} [isAsync]
 * @property {(message: Uint8Array) => Uint8Array | ArrayBuffer | Promise<ArrayBuffer>} hash
 *
 * @module
 */
import * as crypto from 'node:crypto'
import { digest } from '@chainsafe/as-sha256'
import { sha256 } from '@noble/hashes/sha2.js'
import { createSHA256 } from 'hash-wasm'
import { createCodec } from '../../dist/bindings/codec.js'

const { Bun } = globalThis

/** Those of this runtime. */
export async function createSha256s() {
  const hasher = await createSHA256()
  return [
    { name: 'tuile, wasm', hash: createCodec({ engine: 'wasm' }).sha256 },
    { name: 'tuile, portable', hash: createCodec({ engine: 'portable' }).sha256 },
    {
      name: 'createHash',
      hash: (message) => crypto.createHash('sha256').update(message).digest(),
    },
    ...(crypto.hash
      ? [{ name: 'crypto.hash', hash: (message) => crypto.hash('sha256', message, 'buffer') }]
      : []),
    ...(Bun
      ? [
          { name: 'Bun.SHA256.hash', hash: (message) => Bun.SHA256.hash(message) },
          {
            name: 'Bun.CryptoHasher',
            hash: (message) => new Bun.CryptoHasher('sha256').update(message).digest(),
          },
        ]
      : []),
    { name: '@noble/hashes', hash: sha256 },
    { name: 'hash-wasm', hash: (message) => hasher.init().update(message).digest('binary') },
    { name: 'as-sha256', hash: digest },
    {
      name: 'WebCrypto',
      isAsync: true,
      hash: (message) => globalThis.crypto.subtle.digest('SHA-256', message),
    },
  ]
}
