/** `cookie` and @noble/hashes, with keys that are absorbed once. */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { createSigner } from './signed-value.js'

const encoder = new TextEncoder()

/** Cloning a keyed HMAC saves two of the four blocks that a fresh one hashes. */
export function noble(options) {
  const prepare = (secret) => {
    const keyed = hmac.create(sha256, encoder.encode(secret))
    return (text) => keyed.clone().update(encoder.encode(text)).digest()
  }
  return createSigner('cookie + @noble/hashes', options, prepare)
}
