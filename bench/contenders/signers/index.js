/**
 * Signers: what signs and verifies a cookie's value, Tuile first.
 *
 * @typedef {object} Signer
 * @property {string} name
 * @property {boolean} [isAsync] Whether `sign` and `verify` return promises.
 * @property {boolean} [rotates] Whether it takes more secrets than one: the first signs, all verify.
 * @property {boolean} [encodesText] Whether it signs any text, not only one of cookie characters.
 * @property {(text: string) => string | Promise<string>} sign A text as `name=value`, the way a
 * browser sends it back.
 * @property {(header: string) => string | null | Promise<string | null>} verify The text in a Cookie
 * header, or `null` if its signature is not right.
 * @property {(record: object) => string | Promise<string>} [signRecord] As `sign`, if it has a way of
 * its own to keep objects.
 * @property {(header: string) => object | null | Promise<object | null>} [verifyRecord]
 *
 * @module
 */
import { load } from '../load.js'

/** What makes each, from `{ cookieName, secrets }`; imported when it is wanted. */
const SIGNERS = {
  'tuile, wasm': async () => (await import('./tuile.js')).tuileWasm,
  'tuile, portable': async () => (await import('./tuile.js')).tuilePortable,
  'rust + wasm-pack': async () => (await import('../../rust/signer.js')).rustWasm,
  'native floor': async () => (await import('../../native/signer.js')).nativeFloor,
  'cookie + createHmac': async () => (await import('./node-crypto.js')).hmacObject,
  'cookie + crypto.hash twice': async () => (await import('./node-crypto.js')).hashTwice,
  'cookie + cookie-signature': async () => (await import('./cookie-signature.js')).cookieSignature,
  'Bun.CookieMap + CryptoHasher': async () => (await import('./bun.js')).cryptoHasher,
  'Bun.CookieMap + CryptoHasher.copy': async () => (await import('./bun.js')).cryptoHasherCopy,
  'cookie + @noble/hashes': async () => (await import('./libraries.js')).noble,
  'cookie + hash-wasm': async () => (await import('./libraries.js')).hashWasm,
  'cookie + as-sha256': async () => (await import('./libraries.js')).asSha256,
  'cookie + WebCrypto': async () => (await import('./webcrypto.js')).webCrypto,
  'cookie + fast-jwt': async () => (await import('./jwt.js')).fastJwt,
  'cookie + jose': async () => (await import('./jwt.js')).jose,
  'hono/cookie signed': async () => (await import('./hono.js')).honoCookie,
  '@remix-run/cookie': async () => (await import('./remix.js')).remixCookie,
}

/** Their names. */
export const SIGNER_NAMES = Object.keys(SIGNERS)

/**
 * The signers of this runtime.
 *
 * @param {{ cookieName: string, secrets: string[] }} options
 * @param {string[]} [names] Only these.
 * @returns {Promise<Signer[]>}
 */
export function createSigners(options, names = SIGNER_NAMES) {
  return load(Object.fromEntries(names.map((name) => [name, SIGNERS[name]])), options)
}
