/**
 * Sockets that outlive what their handshake saw. What `tuile/socket.io` and `tuile/websocket` hang on is
 * tried here: the session that is watched while another process answers requests.
 *
 * @module
 */
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { memoryBus } from '../../bindings/bus.ts'
import type { SessionNews } from '../../bindings/live/contract.ts'
import { createSessions } from '../../bindings/sessions.ts'
import { cookieOf } from '../../bindings/sessions.fixture.ts'
import { session } from '../hono.ts'
import { NAME, SECRET, SERVERS } from './places.fixture.ts'

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Waits for a second at most. */
async function soon(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !condition(); i++) await pause(10)
  expect(condition()).toBe(true)
}

describe.each(SERVERS)('a socket of a session, %s', (_, create) => {
  /** Two processes: one has the sockets, the other one answers requests. */
  const start = async () => {
    const storage = create()
    const bus = memoryBus()
    const options = { secrets: SECRET, storage, bus }
    const [sockets, site] = [createSessions(options), createSessions(options)]
    const app = new Hono()
      .use(session(site))
      .get('/in', (c) => {
        c.var.session.regenerateId()
        c.var.session.set('user', 'ada')
        return c.text(c.var.session.id)
      })
      .get('/out', (c) => {
        c.var.session.destroy()
        return c.text('bye')
      })
      .get('/rename', (c) => {
        c.var.session.set('user', 'lovelace')
        return c.text('done')
      })
    const signedIn = await app.request('/in')
    const cookie = cookieOf(signedIn.headers.getSetCookie())
    const news: SessionNews[] = []
    const id = await signedIn.text()
    const watch = sockets.watch(id, (each) => void news.push(each))
    const get = (path: string, header = cookie) =>
      app.request(path, { headers: { Cookie: header } })
    return { sockets, news, watch, get, id }
  }

  it('express-socket.io-session #9, #17, ws #1011, socket.io #586, §2.30 hears within a second that the user signed out elsewhere', async () => {
    const { sockets, news, watch, get, id } = await start()
    await get('/out')
    await soon(() => news.some(({ type }) => type === 'end'))
    expect(watch.id).toBeNull()
    expect(await sockets.get(id)).toBeNull()
    // A write of the socket that comes late brings nothing back.
    expect(await sockets.update(id, (each) => each.set('user', 'ghost'))).toBe(false)
  })

  it('express-socket.io-session #9, #17, socket.io #586 sees what requests write, and hears that the session has a new id', async () => {
    const { sockets, news, watch, get, id } = await start()
    await get('/rename')
    await soon(() => news.some(({ type }) => type === 'change'))
    expect((await sockets.get(watch.id!))?.get('user')).toBe('lovelace')
    const moved = await get('/in')
    await soon(() => news.some(({ type }) => type === 'rotate'))
    expect(watch.id).toBe(await moved.text())
    expect(await sockets.get(id)).toBeNull()
    expect(cookieOf(moved.headers.getSetCookie()).startsWith(`${NAME}=`)).toBe(true)
    watch.stop()
  })
})
