/** Tuile: `createSigner` of the built package, once for each of its engines. */
import { createCodec } from '../../../dist/bindings/codec.js'

function create(engine, { cookieName, secrets }) {
  const signer = createCodec({ engine }).createSigner(secrets, { name: cookieName })
  return {
    name: `tuile, ${engine}`,
    rotates: true,
    encodesText: true,
    sign: (text) => `${cookieName}=${signer.sign(text)}`,
    verify: (header) => signer.verify(header),
  }
}

/** Tuile on WebAssembly. */
export const tuileWasm = (options) => create('wasm', options)

/** Tuile on its twin in plain JavaScript. */
export const tuilePortable = (options) => create('portable', options)
