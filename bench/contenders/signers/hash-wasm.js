/** `cookie` and hash-wasm, with keys that are absorbed once. */
import { createHMAC, createSHA256 } from 'hash-wasm'
import { createSigner } from './signed-value.js'

/** `init` takes the key as it was absorbed. */
export async function hashWasm(options) {
  const hmacs = await Promise.all(options.secrets.map((key) => createHMAC(createSHA256(), key)))
  const prepare = (secret) => {
    const keyed = hmacs[options.secrets.indexOf(secret)]
    return (text) => keyed.init().update(text).digest('binary')
  }
  return createSigner('cookie + hash-wasm', options, prepare)
}
