/** Tuile: `createSealer` of the built package, once for each of its engines. */
import { createCodec } from '../../../dist/bindings/codec.js'

function create(name, engine, { cookieName, secret }) {
  const sealer = createCodec({ engine }).createSealer(secret, { name: cookieName })
  return {
    name,
    seal: (text) => `${cookieName}=${sealer.seal(text)}`,
    open: (header) => sealer.open(header),
  }
}

/** Tuile on WebAssembly. */
export const tuileWasm = (options) => create('tuile, wasm', 'wasm', options)

/** Tuile on its twin in plain JavaScript. */
export const tuilePortable = (options) => create('tuile, portable', 'portable', options)
