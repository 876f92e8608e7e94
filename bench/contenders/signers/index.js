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
 * @property {(headers: string[]) => Promise<() => Promise<number>>} [sampleVerify] If it runs in a
 * process of its own: what runs a batch there over the headers, and gives the nanoseconds of a call.
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
  'cookie + createHmac': async () => (await import('./node-crypto.js')).hmacObject,
  'cookie + crypto.hash twice': async () => (await import('./node-crypto.js')).hashTwice,
  'cookie + cookie-signature': async () => (await import('./cookie-signature.js')).cookieSignature,
  'Bun.CookieMap + CryptoHasher': async () => (await import('./bun.js')).cryptoHasher,
  'Bun.CookieMap + CryptoHasher.copy': async () => (await import('./bun.js')).cryptoHasherCopy,
  'cookie + @noble/hashes': async () => (await import('./noble.js')).noble,
  'cookie + hash-wasm': async () => (await import('./hash-wasm.js')).hashWasm,
  'cookie + as-sha256': async () => (await import('./as-sha256.js')).asSha256,
  'cookie + WebCrypto': async () => (await import('./webcrypto.js')).webCrypto,
  'cookie + fast-jwt': async () => (await import('./jwt.js')).fastJwt,
  'cookie + jose': async () => (await import('./jwt.js')).jose,
  'hono/cookie signed': async () => (await import('./hono.js')).honoCookie,
  '@remix-run/cookie': async () => (await import('./remix.js')).remixCookie,
}

/** Those that take part where a job asks for them: opt-ins, and what runs in a process of its own. */
const MORE = {
  'tuile, wasm, blake3': async () => (await import('./tuile.js')).tuileWasmBlake3,
  'tuile, portable, blake3': async () => (await import('./tuile.js')).tuilePortableBlake3,
  'tuile, wasm, cache': async () => (await import('./tuile.js')).tuileWasmCache,
  'cookie + fast-jwt, cache': async () => (await import('./jwt.js')).fastJwtCache,
  'native floor': async () => (await import('../../native/signer.js')).nativeFloor,
}

/** The names of all of them. */
export const ALL_SIGNERS = [...Object.keys(SIGNERS), ...Object.keys(MORE)]

/**
 * The signers of this runtime.
 *
 * @param {{ cookieName: string, secrets: string[] }} options
 * @param {string[]} [names] Only these.
 * @returns {Promise<Signer[]>}
 */
export function createSigners(options, names = Object.keys(SIGNERS)) {
  const wanted = Object.entries({ ...SIGNERS, ...MORE }).filter(([name]) => names.includes(name))
  return load(Object.fromEntries(wanted), options)
}
