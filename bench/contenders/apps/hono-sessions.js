/** hono-sessions, with its `MemoryStore`: the id in the cookie is plain, or encrypted with a key. */
import { Hono } from 'hono'
import { MemoryStore, sessionMiddleware } from 'hono-sessions'

function create(name, options) {
  const cookieOptions = { sameSite: 'Lax', path: '/', httpOnly: true, secure: true }
  const app = new Hono()
    .use('*', sessionMiddleware({ store: new MemoryStore(), cookieOptions, ...options }))
    .get('/start/:user', (c) => {
      const session = c.get('session')
      session.set('userId', c.req.param('user'))
      session.set('visits', 41)
      return c.text('')
    })
    .get('/read', (c) => c.text(c.get('session').get('userId') ?? 'nobody'))
    .get('/write', (c) => {
      const session = c.get('session')
      session.set('visits', (session.get('visits') ?? 0) + 1)
      return c.text(`${session.get('visits')}`)
    })
  return { name, app }
}

/** Nothing proves that the server made the id. */
export const plainId = ({ cookieName }) =>
  create('hono-sessions, not signed', {
    sessionCookieName: cookieName,
    expireAfterSeconds: 86_400,
  })

export const encryptedId = ({ cookieName, secret }) =>
  create('hono-sessions, encrypted', {
    sessionCookieName: cookieName,
    expireAfterSeconds: 86_400,
    encryptionKey: secret,
  })
