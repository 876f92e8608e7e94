/**
 * A store that is down is not a visitor who is signed out.
 *
 * @module
 */
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import type { SessionEvent } from '../../bindings/events.ts'
import { cookieOf, recordedSessions } from '../../bindings/sessions.fixture.ts'
import type { SessionStorage } from '../../bindings/storage/contract.ts'
import { memoryStorage } from '../../bindings/storage/memory.ts'
import { session } from '../hono.ts'
import { NAME, SECRET } from './places.fixture.ts'

type Fault = 'throws' | 'rejects' | 'hangs'

function failing() {
  const memory = memoryStorage()
  const state: { fault: Fault | null } = { fault: null }
  const ask = async <Answer>(run: () => Answer): Promise<Answer> => {
    if (state.fault === 'rejects') throw new Error('connection refused')
    if (state.fault === 'hangs') return new Promise(() => undefined)
    return run()
  }
  const call = <Answer>(run: () => Answer): Promise<Answer> => {
    if (state.fault === 'throws') throw new Error('connection closed')
    return ask(run)
  }
  const storage: SessionStorage = {
    atomic: true,
    read: (key) => call(() => memory.read(key)),
    write: (key, value, options) => call(() => memory.write(key, value, options)),
    destroy: (key) => call(() => memory.destroy(key)),
  }
  return { storage, state }
}

describe.each<[Fault]>([['throws'], ['rejects'], ['hangs']])('a store that %s', (fault) => {
  it('express-session #99, connect-redis #88, #135, #194, sessionstore #49, §2.45 is a 503 and an event, never an anonymous session, and is over when it is over', async () => {
    const { storage, state } = failing()
    const events: SessionEvent[] = []
    const options = { secrets: SECRET, storage, timeout: 0.02 }
    const app = new Hono()
      .use(session({ ...options, onEvent: (event) => void events.push(event) }))
      .get('/set', (c) => {
        c.var.session.set('user', 'ada')
        return c.text('set')
      })
      .get('/get', (c) => c.json(c.var.session.get('user') ?? 'anonymous'))
    const cookie = cookieOf((await app.request('/set')).headers.getSetCookie())
    const get = (path: string) => app.request(path, { headers: { Cookie: cookie } })
    for (let round = 0; round < 3; round++) {
      state.fault = fault
      for (const path of ['/get', '/set']) {
        events.length = 0
        const response = await get(path)
        expect([response.status, await response.text()]).toEqual([503, 'Service Unavailable'])
        expect(response.headers.getSetCookie()).toEqual([])
        expect(events.map(({ type }) => type)).toContain('error')
      }
      state.fault = null
      expect(await (await get('/get')).json()).toBe('ada')
    }
  })

  it('§2.43 and a record that is no record are different things: that one is a new session and an event', async () => {
    const memory = memoryStorage()
    const { sessions, events } = recordedSessions({ storage: memory })
    const first = await sessions.read(null)
    first.set('user', 'ada')
    const cookie = cookieOf(await sessions.commit(first))
    const key = sessions.keyOf(first)
    const { value, version } = (await memory.read(key))!
    const expiresAt = Date.now() + 60_000
    let current: number = version
    for (const text of ['', '{', 'null', '[]', value.slice(0, -1), `${value}x`, '\0', '{"d":{}}']) {
      expect(await memory.write(key, text, { expiresAt, ifVersion: current })).toBe(true)
      current++
      events.length = 0
      const session = await sessions.read(cookie)
      expect(session.get('user'), text).toBeUndefined()
      expect(session.isNew).toBe(true)
      expect(events).toEqual([{ type: 'reject', reason: 'corrupt' }])
    }
    expect(cookie.startsWith(NAME)).toBe(true)
  })
})
