/** `cookie` and node:crypto by hand: `createHmac` with a prepared key, `timingSafeEqual`. */
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import { readSigned, writeSigned } from './signed-value.js'

/** A raw key instead of a `KeyObject` would cost several times as much on some versions of Node. */
export function nodeCrypto(cookieName, secret) {
  const key = createSecretKey(secret, 'utf8')
  const macOf = (id) => createHmac('sha256', key).update(id).digest()
  return {
    name: 'cookie + createHmac',
    isAsync: false,
    sign: (id) => writeSigned(cookieName, id, macOf(id)),
    verify(header) {
      const signed = readSigned(header, cookieName)
      if (signed === null) return null
      const given = Buffer.from(signed.signature, 'base64url')
      const right = macOf(signed.id)
      return given.length === right.length && timingSafeEqual(given, right) ? signed.id : null
    },
  }
}
