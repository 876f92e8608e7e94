/**
 * The contenders: what signs session ids for cookies, Tuile first.
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {boolean} isAsync Whether `sign` and `verify` return promises.
 * @property {(id: string) => string | Promise<string>} sign An id as `name=value`, the way a
 * browser sends it back.
 * @property {(header: string) => string | null | Promise<string | null>} verify The id in a Cookie
 * header, or `null` if its signature is not right.
 *
 * @module
 */
import { cookieSignature } from './cookie-signature.js'
import { honoCookie } from './hono.js'
import { noble } from './noble.js'
import { nodeCrypto } from './node-crypto.js'
import { tuilePortable, tuileWasm } from './tuile.js'
import { webCrypto } from './webcrypto.js'

/**
 * All contenders, made for one cookie and one secret; Tuile on WebAssembly is the first.
 *
 * @param {string} cookieName
 * @param {string} secret
 * @returns {Promise<Contender[]>}
 */
export async function createContenders(cookieName, secret) {
  const factories = [
    tuileWasm,
    tuilePortable,
    nodeCrypto,
    cookieSignature,
    noble,
    webCrypto,
    honoCookie,
  ]
  return Promise.all(factories.map((create) => create(cookieName, secret)))
}
