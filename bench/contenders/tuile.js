/** Tuile: `createSigner` of the built package, once for each of its engines. */
import { createCodec } from '../../dist/bindings/codec.js'

function create(engine, cookieName, secret) {
  const signer = createCodec({ engine }).createSigner(secret, { name: cookieName })
  return {
    name: `tuile, ${engine}`,
    isAsync: false,
    sign: (id) => `${cookieName}=${signer.sign(id)}`,
    verify: (header) => signer.verify(header),
  }
}

/** Tuile on WebAssembly. */
export const tuileWasm = (cookieName, secret) => create('wasm', cookieName, secret)

/** Tuile on its twin in plain JavaScript. */
export const tuilePortable = (cookieName, secret) => create('portable', cookieName, secret)
