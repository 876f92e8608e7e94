/**
 * The promises of kit-session that Tuile keeps: the manager, by hand and as before and after hooks.
 *
 * @module
 */
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import {
  cookieStorage,
  createSessions,
  memoryStorage,
  type Session,
  type SessionStorage,
  type StoredRecord,
} from '../../bindings/index.ts'
import { storageConformance } from '../../bindings/testing.ts'
import { session } from '../hono.ts'
import { Browser, SECRET, visitorOf } from './jar.fixture.ts'
import { spyStorage } from './spy.fixture.ts'

const URL = 'https://shop.example/'

/** A request with the cookie of these `Set-Cookie` lines. */
function requestWith(lines: readonly string[]): Request {
  return new Request(URL, {
    headers: { Cookie: lines.map((line) => line.split(';')[0]).join('; ') },
  })
}

it('K01 two managers with cookies of their own work side by side in one request', async () => {
  const app = new Hono()
    .use(session({ secrets: SECRET, storage: memoryStorage() }))
    .use(session({ secrets: SECRET, cookie: { name: '__Host-cart' }, variable: 'cart' }))
    .get('/add/:item', (c) => {
      c.var.session.set('user', 'ada')
      c.var.cart.update('items', (items = []) => [...items, c.req.param('item')])
      return c.text('added')
    })
    .get('/logout', (c) => {
      c.var.session.destroy()
      return c.text('bye')
    })
    .get('/', (c) => c.json([c.var.session.all(), c.var.cart.all()]))
  const browser = new Browser(app)
  await browser.visit('/add/tea')
  expect(browser.jar.names).toEqual(['__Host-cart', '__Host-session'])
  expect(JSON.parse(await browser.visit('/'))).toEqual([{ user: 'ada' }, { items: ['tea'] }])
  await browser.visit('/logout')
  expect(JSON.parse(await browser.visit('/'))).toEqual([{}, { items: ['tea'] }])
})

it('K02 a session is read from a Request by hand', async () => {
  const sessions = createSessions({ secrets: SECRET, storage: memoryStorage() })
  const first = await sessions.read(new Request(URL).headers.get('Cookie'))
  expect(first.isNew).toBe(true)
  first.set('user', 'ada')
  const request = requestWith(await sessions.commit(first))
  expect((await sessions.read(request.headers.get('Cookie'))).get('user')).toBe('ada')
})

it('K03 commit writes and gives a cookie only if something was changed', async () => {
  const storage = spyStorage()
  const sessions = createSessions({ secrets: SECRET, storage })
  const first = await sessions.read(null)
  first.get('user')
  expect(await sessions.commit(first)).toEqual([])
  first.set('user', 'ada')
  const lines = await sessions.commit(first)
  expect(lines).toHaveLength(1)

  const second = await sessions.read(requestWith(lines).headers.get('Cookie'))
  second.get('user')
  storage.reset()
  expect(await sessions.commit(second)).toEqual([])
  expect(storage.log).toEqual([])
})

it('K04 get gives undefined for what is not there', async () => {
  const visitor = visitorOf({})
  expect(await visitor.send((session) => (session.get('count') ?? 0) + 1)).toBe(1)
  expect(await visitor.send((session) => session.get('count'))).toBeUndefined()
})

it('K05 set is seen at once by whoever holds the session', async () => {
  const seen = await visitorOf({}).send((session, c) => {
    session.set('theme', 'dark')
    return [c.var.session.get('theme'), c.get('session').get('theme')]
  })
  expect(seen).toEqual(['dark', 'dark'])
})

it('K06 unset removes a value, at once and for later requests', async () => {
  const visitor = visitorOf({})
  await visitor.send((session) => session.set('theme', 'dark'))
  const seen = await visitor.send((session) => {
    session.unset('theme')
    return session.has('theme')
  })
  expect(seen).toBe(false)
  expect(await visitor.send((session) => session.has('theme'))).toBe(false)
})

it('K07 destroy clears the cookie with all its attributes, and the old token is empty', async () => {
  const storage = spyStorage()
  const cookie = { name: 'sid', path: '/shop', domain: 'shop.example', sameSite: 'strict' } as const
  const sessions = createSessions({ secrets: SECRET, storage, cookie })
  const session = await sessions.read(null)
  session.set('user', 'ada')
  const lines = await sessions.commit(session)
  const header = requestWith(lines).headers.get('Cookie')

  const again = await sessions.read(header)
  again.destroy()
  expect(await sessions.commit(again)).toEqual([
    'sid=; Max-Age=0; Domain=shop.example; Path=/shop; ' +
      'Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Strict',
  ])
  expect(storage.records.size).toBe(0)
  expect((await sessions.read(header)).all()).toEqual({})
})

it.each([
  ['set', (session: Session) => session.set('n', 2)],
  ['unset', (session: Session) => session.unset('n')],
  ['update', (session: Session) => session.update('n', (n) => n + 1)],
  ['flash', (session: Session) => session.flash('m', 'message')],
  ['clear', (session: Session) => session.clear()],
  ['regenerateId', (session: Session) => session.regenerateId()],
  ['destroy', (session: Session) => session.destroy()],
])('K08 dirty is false after loading, and true after %s', async (_, change) => {
  const visitor = visitorOf({})
  await visitor.send((session) => session.set('n', 1))
  const seen = await visitor.send((session) => {
    const before = [session.dirty, session.get('n'), session.dirty]
    change(session)
    return [...before, session.dirty]
  })
  expect(seen).toEqual([false, 1, false, true])
})

it('K09 a session shows its values, its identifier and its state', async () => {
  const visitor = visitorOf({ storage: memoryStorage() })
  const fresh = await visitor.send((session) => {
    session.set('user', 'ada')
    const { id, isNew, dirty, destroyed } = session
    return { values: session.all(), id, isNew, dirty, destroyed }
  })
  expect(fresh).toEqual({
    values: { user: 'ada' },
    id: expect.stringMatching(/^[\w-]{40}$/),
    isNew: true,
    dirty: true,
    destroyed: false,
  })
  const loaded = await visitor.send((session) => {
    const before = { id: session.id, isNew: session.isNew, dirty: session.dirty }
    session.destroy()
    return { ...before, destroyed: session.destroyed, values: session.all() }
  })
  expect(loaded).toEqual({ id: fresh.id, isNew: false, dirty: false, destroyed: true, values: {} })
})

it('K10 what is changed later in a request is seen through every reference to it', async () => {
  const held: Session[] = []
  const app = new Hono()
    .use(session({ secrets: SECRET }))
    .use(async (c, next) => {
      held.push(c.var.session)
      await next()
    })
    .get('/', (c) => {
      c.var.session.set('step', 1)
      const first = held[0]?.get('step')
      held[0]?.set('step', 2)
      return c.json([first, c.var.session.get('step'), held[0] === c.var.session])
    })
    .get('/step', (c) => c.json(c.var.session.get('step')))
  const browser = new Browser(app)
  expect(JSON.parse(await browser.visit('/'))).toEqual([1, 2, true])
  expect(await browser.visit('/step')).toBe('2')
})

class MapStorage implements SessionStorage {
  readonly records: Map<string, StoredRecord> = new Map()

  async read(key: string): Promise<StoredRecord | null> {
    const record = this.records.get(key)
    return record && record.expiresAt > Date.now() ? record : null
  }

  async write(...[key, value, options]: Parameters<SessionStorage['write']>): Promise<boolean> {
    const { expiresAt, ifVersion } = options
    const current = this.records.get(key)
    const version = current && current.expiresAt > Date.now() ? current.version : null
    if (version !== ifVersion) return false
    this.records.set(key, { value, expiresAt, version: (version ?? 0) + 1 })
    return true
  }

  async destroy(key: string): Promise<void> {
    this.records.delete(key)
  }
}

describe("K11 a storage of one's own", () => {
  it('K11 needs three methods', async () => {
    const storage = new MapStorage()
    const visitor = visitorOf({ storage })
    await visitor.send((session) => session.set('user', 'ada'))
    await visitor.send((session) => session.set('theme', 'dark'))
    expect(await visitor.send((session) => session.all())).toEqual({ user: 'ada', theme: 'dark' })
    await visitor.send((session) => session.destroy())
    expect(storage.records.size).toBe(0)
  })

  it.each<[string, () => SessionStorage]>([
    ['three methods', () => new MapStorage()],
    ['promises', () => spyStorage()],
    ['answers at once', () => spyStorage({ sync: true })],
    ['all methods', () => spyStorage({ optional: true })],
  ])("K11 with %s passes the tests of the library's own storages", async (_, create) => {
    const cases = storageConformance(create)
    for (const { run } of cases) await run()
    expect(cases.length).toBeGreaterThan(10)
  })
})

it('K12 the token of the signed cookie storage decodes to the data, of any shape', async () => {
  const visitor = visitorOf({ storage: cookieStorage({ mode: 'signed' }) })
  const data = { user: { name: 'Ada', roles: ['admin'] }, when: '2026-11-21T08:00:00Z' }
  await visitor.send((session) => {
    for (const [key, value] of Object.entries(data)) session.set(key, value)
  })
  const [payload = ''] = visitor.setCookie.value.slice(4).split('.')
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString()).d).toEqual(data)
})

it('K33 nested values and dates as text come back as they were', async () => {
  const visitor = visitorOf({ storage: spyStorage() })
  const message = { type: 'success', message: 'Saved', at: new Date(0).toISOString() }
  await visitor.send((session) => {
    session.set('flash', message)
    session.set('list', [[1, [2, { three: 3 }]], null, '☕'])
  })
  expect(await visitor.send((session) => session.get('flash'))).toEqual(message)
  expect(await visitor.send((session) => session.get('list'))).toEqual([
    [1, [2, { three: 3 }]],
    null,
    '☕',
  ])
})
