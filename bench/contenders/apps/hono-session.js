/** @hono/session: an encrypted JSON Web Token, with the data in it or in a storage. */
import { useSession, useSessionStorage } from '@hono/session'
import { Hono } from 'hono'

function create(name, { secret }, storage) {
  const app = new Hono()
  if (storage) app.use(useSessionStorage(storage))
  app
    .use(useSession({ secret, duration: { absolute: 86_400 } }))
    .get('/start/:user', async (c) => {
      await c.var.session.update({ userId: c.req.param('user'), visits: 41 })
      return c.text('')
    })
    .get('/read', async (c) => c.text((await c.var.session.get())?.userId ?? 'nobody'))
    .get('/write', async (c) => {
      await c.var.session.update((data) => ({ ...data, visits: (data?.visits ?? 0) + 1 }))
      return c.text(`${c.var.session.data.visits}`)
    })
  return { name, app }
}

export const inCookie = (options) => create('@hono/session, in the cookie', options)

export function inMap(options) {
  const sessions = new Map()
  return create('@hono/session + Map', options, {
    get: (id) => sessions.get(id) ?? null,
    set: (id, data) => void sessions.set(id, data),
    delete: (id) => void sessions.delete(id),
  })
}
