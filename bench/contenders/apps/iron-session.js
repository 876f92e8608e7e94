/** iron-session: the data in the cookie, encrypted; read and written with Hono's cookie helper. */
import { Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { getIronSession } from 'iron-session'

export function ironSession({ cookieName, secret }) {
  const options = { cookieName, password: secret, ttl: 86_400 }
  const open = (c) =>
    getIronSession(
      {
        read: (name) => getCookie(c, name),
        write: (name, value, attributes) => setCookie(c, name, value, attributes),
      },
      options
    )
  const app = new Hono()
    .get('/start/:user', async (c) => {
      const session = await open(c)
      session.userId = c.req.param('user')
      session.visits = 41
      await session.save()
      return c.text('')
    })
    .get('/read', async (c) => c.text((await open(c)).userId ?? 'nobody'))
    .get('/write', async (c) => {
      const session = await open(c)
      session.visits = (session.visits ?? 0) + 1
      await session.save()
      return c.text(`${session.visits}`)
    })
  return { name: 'iron-session', app }
}
