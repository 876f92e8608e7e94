/** `cookie` and an HMAC of a hash library, each with a key that is absorbed once if it allows that. */
import { digest } from '@chainsafe/as-sha256'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { createHMAC, createSHA256 } from 'hash-wasm'
import { createSigner } from './signed-value.js'

const encoder = new TextEncoder()

/** @noble/hashes: cloning a keyed HMAC saves two of the four blocks that a fresh one hashes. */
export function noble(options) {
  const prepare = (secret) => {
    const keyed = hmac.create(sha256, encoder.encode(secret))
    return (text) => keyed.clone().update(encoder.encode(text)).digest()
  }
  return createSigner('cookie + @noble/hashes', options, prepare)
}

/** hash-wasm: `init` takes the key as it was absorbed. */
export async function hashWasm(options) {
  const hmacs = await Promise.all(options.secrets.map((key) => createHMAC(createSHA256(), key)))
  const prepare = (secret) => {
    const keyed = hmacs[options.secrets.indexOf(secret)]
    return (text) => keyed.init().update(text).digest('binary')
  }
  return createSigner('cookie + hash-wasm', options, prepare)
}

const BLOCK = 64

/**
 * @chainsafe/as-sha256 has no HMAC, and its streaming gives wrong digests in 1.2.5: so the one-shot
 * `digest`, over buffers that begin with the padded key (RFC 2104).
 */
export function asSha256(options) {
  const prepare = (secret) => {
    const inner = new Uint8Array(BLOCK + 4096).fill(0x36, 0, BLOCK)
    const outer = new Uint8Array(BLOCK + 32).fill(0x5c, 0, BLOCK)
    encoder.encode(secret).forEach((byte, i) => {
      inner[i] ^= byte
      outer[i] ^= byte
    })
    const message = inner.subarray(BLOCK)
    return (text) => {
      const { written } = encoder.encodeInto(text, message)
      outer.set(digest(inner.subarray(0, BLOCK + written)), BLOCK)
      return digest(outer)
    }
  }
  return createSigner('cookie + as-sha256', options, prepare)
}
