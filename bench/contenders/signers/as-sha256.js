/** `cookie` and @chainsafe/as-sha256, which is in AssemblyScript too. */
import { digest } from '@chainsafe/as-sha256'
import { createSigner } from './signed-value.js'

const encoder = new TextEncoder()
const BLOCK = 64

/**
 * It has no HMAC, and its streaming gives wrong digests in 1.2.5: so the one-shot
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
