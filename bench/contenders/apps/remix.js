/** @remix-run/session with its memory storage, and @remix-run/cookie signed: as Remix's own middleware. */
import { createCookie } from '@remix-run/cookie'
import { createMemorySessionStorage } from '@remix-run/session/memory-storage'
import { Hono } from 'hono'

export function remixSession({ cookieName, secret }) {
  const cookie = createCookie(cookieName, { secrets: [secret], secure: true, httpOnly: true })
  const storage = createMemorySessionStorage()
  const app = new Hono()
    .use(async (c, next) => {
      const session = await storage.read(await cookie.parse(c.req.header('Cookie') ?? null))
      c.set('session', session)
      await next()
      const value = await storage.save(session)
      if (value !== null) c.header('Set-Cookie', await cookie.serialize(value))
    })
    .get('/start/:user', (c) => {
      c.var.session.set('userId', c.req.param('user'))
      c.var.session.set('visits', 41)
      return c.text('')
    })
    .get('/read', (c) => c.text(c.var.session.get('userId') ?? 'nobody'))
    .get('/write', (c) => {
      c.var.session.set('visits', (c.var.session.get('visits') ?? 0) + 1)
      return c.text(`${c.var.session.get('visits')}`)
    })
  return { name: '@remix-run/session', app }
}
