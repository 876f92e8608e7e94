/** `cookie` and `cookie-signature`, the pair below Express, with a prepared key. */
import { createSecretKey } from 'node:crypto'
import { parseCookie, stringifyCookie } from 'cookie'
import { sign, unsign } from 'cookie-signature'

/** The key is a `KeyObject`, the fastest kind that `cookie-signature` takes. */
export function cookieSignature(cookieName, secret) {
  const key = createSecretKey(secret, 'utf8')
  return {
    name: 'cookie + cookie-signature',
    isAsync: false,
    sign: (id) => stringifyCookie({ [cookieName]: sign(id, key) }),
    verify(header) {
      const value = parseCookie(header)[cookieName]
      const id = value === undefined ? false : unsign(value, key)
      return id === false ? null : id
    },
  }
}
