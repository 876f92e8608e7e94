/**
 * hono/cookie: `parseSigned` of hono/utils/cookie, which is all that `getSignedCookie` does once it
 * has the header. No Context and no Request are made, which favours it.
 */
import { parseSigned, serializeSigned } from 'hono/utils/cookie'

/** hono/cookie takes the secret as it is, and imports it as a key at each call. */
export function honoCookie({ cookieName, secrets: [secret] }) {
  return {
    name: 'hono/cookie signed',
    isAsync: true,
    encodesText: true,
    async sign(text) {
      const line = await serializeSigned(cookieName, text, secret, { path: '/', secure: true })
      return line.slice(0, line.indexOf(';'))
    },
    async verify(header) {
      const cookies = await parseSigned(header, secret, cookieName)
      return cookies[cookieName] || null
    },
  }
}
