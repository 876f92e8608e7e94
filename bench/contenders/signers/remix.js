/** @remix-run/cookie: it parses, decodes, and imports the key at each call. */
import { createCookie } from '@remix-run/cookie'

export function remixCookie({ cookieName, secrets }) {
  const cookie = createCookie(cookieName, { secrets, secure: true })
  return {
    name: '@remix-run/cookie',
    isAsync: true,
    rotates: true,
    encodesText: true,
    async sign(text) {
      const line = await cookie.serialize(text)
      return line.slice(0, line.indexOf(';'))
    },
    verify: (header) => cookie.parse(header),
  }
}
