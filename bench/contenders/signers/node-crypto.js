/** `cookie` and node:crypto by hand. */
import * as crypto from 'node:crypto'
import { createSigner } from './signed-value.js'

const { createHmac, createSecretKey, timingSafeEqual } = crypto

const isEqual = (left, right) => left.length === right.length && timingSafeEqual(left, right)

/** A raw key instead of a `KeyObject` would cost several times as much on some versions of Node. */
export function hmacObject(options) {
  const prepare = (secret) => {
    const key = createSecretKey(secret, 'utf8')
    return (text) => createHmac('sha256', key).update(text).digest()
  }
  return createSigner('cookie + createHmac', options, prepare, isEqual)
}

const BLOCK = 64

/** The key, padded to a block and combined with the byte of RFC 2104. */
function padded(secret, byte) {
  const block = Buffer.alloc(BLOCK)
  block.set(Buffer.from(secret))
  return block.map((value) => value ^ byte)
}

/** HMAC from two calls of the one-shot `crypto.hash`: no object is made, and no stream. */
export function hashTwice(options) {
  if (!crypto.hash) return 'this version has no crypto.hash'
  const prepare = (secret) => {
    const inner = Buffer.alloc(BLOCK + 4096)
    const outer = Buffer.alloc(BLOCK + 32)
    inner.set(padded(secret, 0x36))
    outer.set(padded(secret, 0x5c))
    return (text) => {
      const end = BLOCK + inner.utf8Write(text, BLOCK)
      outer.set(crypto.hash('sha256', inner.subarray(0, end), 'buffer'), BLOCK)
      return crypto.hash('sha256', outer, 'buffer')
    }
  }
  return createSigner('cookie + crypto.hash twice', options, prepare, isEqual)
}
