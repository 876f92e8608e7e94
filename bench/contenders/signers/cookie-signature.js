/** `cookie` and `cookie-signature`, the pair below Express, with prepared keys. */
import { createSecretKey } from 'node:crypto'
import { parseCookie, stringifyCookie } from 'cookie'
import { sign, unsign } from 'cookie-signature'

/** A key is a `KeyObject`, the fastest kind that `cookie-signature` takes. */
export function cookieSignature({ cookieName, secrets }) {
  const keys = secrets.map((secret) => createSecretKey(secret, 'utf8'))
  return {
    name: 'cookie + cookie-signature',
    rotates: true,
    encodesText: true,
    sign: (text) => stringifyCookie({ [cookieName]: sign(text, keys[0]) }),
    verify(header) {
      const value = parseCookie(header)[cookieName]
      if (value === undefined) return null
      for (const key of keys) {
        const text = unsign(value, key)
        if (text !== false) return text
      }
      return null
    },
  }
}
