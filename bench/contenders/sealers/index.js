/**
 * Sealers: what encrypts a text into a cookie's value and opens it, Tuile first. All from string to
 * string: base64url, a random nonce for each text, a tag of 16 bytes.
 *
 * @typedef {object} Sealer
 * @property {string} name
 * @property {boolean} [isAsync] Whether `seal` and `open` return promises.
 * @property {(text: string) => string | Promise<string>} seal A text as `name=value`.
 * @property {(header: string) => string | null | Promise<string | null>} open The text in a Cookie
 * header, or `null` if it was changed.
 *
 * @module
 */
import { load } from '../load.js'

/** What makes each, from `{ cookieName, secret }`; imported when it is wanted. */
const SEALERS = {
  'tuile, wasm': async () => (await import('./tuile.js')).tuileWasm,
  'tuile, portable': async () => (await import('./tuile.js')).tuilePortable,
  'node:crypto aes-256-gcm': async () => (await import('./node-crypto.js')).nodeCrypto,
  'WebCrypto AES-GCM': async () => (await import('./webcrypto.js')).webCrypto,
  '@noble/ciphers xchacha20poly1305': async () => (await import('./noble.js')).noble,
}

/**
 * The sealers of this runtime.
 *
 * @param {{ cookieName: string, secret: string }} options
 * @returns {Promise<Sealer[]>}
 */
export const createSealers = (options) => load(SEALERS, options)
