/** Sessions as many apps write them: a signed id, and a `Map` of live objects. */
import { createSecretKey } from 'node:crypto'
import { sign, unsign } from 'cookie-signature'
import { Hono } from 'hono'
import { getCookie, getSignedCookie, setCookie, setSignedCookie } from 'hono/cookie'
import { createId } from '../../headers.js'

const ATTRIBUTES = { path: '/', secure: true, httpOnly: true, sameSite: 'Lax' }

/**
 * @param {string} name
 * @param {(c: import('hono').Context) => string | false | undefined | Promise<string | false | undefined>} getId
 * @param {(c: import('hono').Context, id: string) => void | Promise<void>} setId
 */
function create(name, getId, setId) {
  const sessions = new Map()
  const start = async (c, session) => {
    const id = createId()
    sessions.set(id, session)
    await setId(c, id)
  }
  const app = new Hono()
    .get('/start/:user', async (c) => {
      await start(c, { userId: c.req.param('user'), visits: 41 })
      return c.text('')
    })
    .get('/read', async (c) => {
      const session = sessions.get(await getId(c))
      return c.text(session?.userId ?? 'nobody')
    })
    .get('/write', async (c) => {
      const id = await getId(c)
      const session = sessions.get(id)
      const visits = (session?.visits ?? 0) + 1
      if (session) sessions.set(id, { ...session, visits })
      else await start(c, { visits })
      return c.text(`${visits}`)
    })
  return { name, app }
}

export function honoSigned({ cookieName, secret }) {
  return create(
    'hono/cookie signed + Map',
    (c) => getSignedCookie(c, secret, cookieName),
    (c, id) => setSignedCookie(c, cookieName, id, secret, ATTRIBUTES)
  )
}

export function cookieSignature({ cookieName, secret }) {
  const key = createSecretKey(secret, 'utf8')
  return create(
    'hono/cookie + cookie-signature + Map',
    (c) => {
      const value = getCookie(c, cookieName)
      return value && unsign(value, key)
    },
    (c, id) => setCookie(c, cookieName, sign(id, key), ATTRIBUTES)
  )
}
