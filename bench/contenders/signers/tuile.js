/** Tuile: `createSigner` of the built package, once for each of its engines and opt-ins. */
import { createCodec } from '../../../dist/bindings/codec.js'

function create(name, engine, { cookieName, secrets }, options) {
  const signer = createCodec({ engine }).createSigner(secrets, { name: cookieName, ...options })
  return {
    name,
    rotates: true,
    encodesText: true,
    sign: (text) => `${cookieName}=${signer.sign(text)}`,
    verify: (header) => signer.verify(header),
  }
}

/** Tuile on WebAssembly. */
export const tuileWasm = (options) => create('tuile, wasm', 'wasm', options)

/** Tuile on its twin in plain JavaScript. */
export const tuilePortable = (options) => create('tuile, portable', 'portable', options)

/** With keyed BLAKE3 in the place of HMAC-SHA256. */
export const tuileWasmBlake3 = (options) =>
  create('tuile, wasm, blake3', 'wasm', options, { mac: 'blake3' })

export const tuilePortableBlake3 = (options) =>
  create('tuile, portable, blake3', 'portable', options, { mac: 'blake3' })

/** With the headers remembered that verified: every one of a job comes again. */
export const tuileWasmCache = (options) =>
  create('tuile, wasm, cache', 'wasm', options, { cache: 1000 })
