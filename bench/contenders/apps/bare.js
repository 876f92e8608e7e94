/** Apps without sessions: what the others' cost is on top of. */
import { Hono } from 'hono'

/** It does not look at its cookies. */
export function bare() {
  const app = new Hono().get('/read', (c) => c.text('somebody')).get('/write', (c) => c.text('42'))
  return { name: 'bare app', app, plain: true }
}

/** It asks for the Cookie header, which most of what reads a cookie begins with. */
export function cookieHeader() {
  const app = new Hono()
    .get('/read', (c) => c.text(c.req.header('Cookie') ? 'somebody' : 'nobody'))
    .get('/write', (c) => c.text(c.req.header('Cookie') ? '42' : '1'))
  return { name: 'app that reads the Cookie header', app, plain: true }
}

/** The same in a middleware: with one, Hono and the server answer with promises, whatever it does. */
function createInMiddleware(name, respond) {
  const app = new Hono()
    .use(async (c, next) => {
      c.set('cookie', c.req.header('Cookie'))
      await next()
      respond(c)
    })
    .get('/read', (c) => c.text(c.get('cookie') ? 'somebody' : 'nobody'))
    .get('/write', (c) => c.text(c.get('cookie') ? '42' : '1'))
  return { name, app, plain: true }
}

export const headerMiddleware = () =>
  createInMiddleware('middleware that reads the Cookie header', () => {})

/**
 * It tells caches that the answer depends on the cookie, as an app that reads one must. On
 * `@hono/node-server` a response without headers of its own is quicker, so Tuile has the server say it.
 */
export const varyMiddleware = () =>
  createInMiddleware('middleware that reads it and says Vary', (c) =>
    c.res.headers.append('Vary', 'Cookie')
  )
