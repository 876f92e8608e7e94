/**
 * One session, one record: lists of ended sessions, owners, locks, sockets and keys.
 *
 * @module
 */
import { Hono } from 'hono'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  cookieStorage,
  createSessions,
  fromDriver,
  memoryStorage,
  SessionLockLostError,
  type Sessions,
  SessionStorageError,
  type SessionStorage,
} from '../../bindings/index.ts'
import { createSealer, createSigner } from '../../bindings/codec.ts'
import { kvStorage, type WorkersKv } from '../../bindings/storage/kv.ts'
import { session, type SessionVariables } from '../hono.ts'
import { LiveSite, next } from '../sockets/site.fixture.ts'
import { SECRET, Site, visitorOf } from './jar.fixture.ts'

const sites: LiveSite[] = []
const start = async (): Promise<LiveSite> => {
  const site = await LiveSite.start()
  sites.push(site)
  return site
}
afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all(sites.splice(0).map((site) => site.stop()))
})

it('N06 a socket of an older rotation is closed so that its client comes again', async () => {
  const site = await start()
  const browser = site.browser()
  await browser.visit((session) => session.set('cart', 1))
  const before = await browser.connect()
  const closed = next(before.client, 'disconnect')
  const id = await browser.visit((session) => {
    session.authenticate()
    return session.id
  })
  // For socket.io's client that is a reason to connect again by itself.
  expect(await closed).toBe('transport close')
  expect(before.socket.data.sessionId).toBeUndefined()
  expect((await browser.connect()).socket.data.sessionId).toBe(id)
})

it('N07 the client id alone never gives a session', async () => {
  const site = await start()
  const browser = site.browser()
  await browser.visit(() => undefined)
  const copy = new Map(browser.jar)
  const early = await site.browser(new Map(copy)).connect()
  await browser.visit((session) => session.set('user', 'ada'))
  const late = await site.browser(new Map(copy)).connect()
  for (const { socket } of [early, late]) {
    expect(await site.live.withSession(socket, () => 'found', 'missing')).toBe('missing')
  }
})

describe('N08 revocations fail closed', () => {
  const managerOf = (max: number) =>
    createSessions({
      secrets: SECRET,
      storage: cookieStorage({ revocations: memoryStorage({ max }) }),
    })
  const signIn = async (sessions: Sessions): Promise<string> => {
    const session = await sessions.read(null)
    session.set('user', 'ada')
    return (await sessions.commit(session))[0]!.split(';')[0]!
  }
  const signOut = async (sessions: Sessions, cookie: string): Promise<void> => {
    const session = await sessions.read(cookie)
    session.destroy()
    await sessions.commit(session)
  }

  it('N08 where there is no room a sign-out is an error, and no earlier one is forgotten', async () => {
    const sessions = managerOf(10) as Sessions
    const cookies: string[] = []
    for (let i = 0; i < 10; i++) {
      cookies.push(await signIn(sessions))
      await signOut(sessions, cookies[i]!)
    }
    const last = await signIn(sessions)
    await expect(signOut(sessions, last)).rejects.toBeInstanceOf(SessionStorageError)
    for (const cookie of cookies) expect((await sessions.read(cookie)).isNew).toBe(true)
    expect((await sessions.read(last)).get('user')).toBe('ada')
  })

  it('N08 100,000 rotations of one visitor fill nothing', async () => {
    const sessions = managerOf(10) as Sessions
    const signedOut = await signIn(sessions)
    await signOut(sessions, signedOut)
    let cookie = await signIn(sessions)
    for (let i = 0; i < 100_000; i++) {
      const session = sessions.read(cookie) as Awaited<ReturnType<Sessions['read']>>
      session.regenerateId()
      cookie = (sessions.commit(session) as string[])[0]!.split(';')[0]!
    }
    expect((await sessions.read(signedOut)).isNew).toBe(true)
    expect((await sessions.read(cookie)).get('user')).toBe('ada')
  }, 120_000)

  it('N08 a place that ends with the process is warned of in production', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    vi.resetModules()
    const { cookieStorage, createSessions, memoryStorage } = await import('../../bindings/index.ts')
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    createSessions({ secrets: SECRET, storage: cookieStorage({ revocations: memoryStorage() }) })
    expect(warn.mock.calls.join()).toMatch(/revocations are kept in the memory of this process/)
    warn.mockRestore()
  })
})

it('N09 ending the sessions of an owner makes progress, whatever fails', async () => {
  const memory = memoryStorage()
  const direct = createSessions({ secrets: SECRET, storage: memory })
  const site = new Site(direct)
  const visitors = Array.from({ length: 40 }, () => site.visitor())
  for (const visitor of visitors) await visitor.send((session) => void (session.owner = 'ada'))
  let failures = 20
  const failing: SessionStorage = {
    ...memory,
    destroy(key) {
      if (failures-- > 0) throw new Error('down in mid-way')
      return memory.destroy(key)
    },
  }
  const sessions = createSessions({ secrets: SECRET, storage: failing })
  await expect(sessions.revokeByOwner('ada')).rejects.toBeInstanceOf(SessionStorageError)
  expect((await direct.listByOwner('ada')).length).toBe(20)
  expect(await sessions.revokeByOwner('ada')).toBe(20)
  for (const visitor of visitors) expect(await visitor.send(({ owner }) => owner)).toBeNull()
})

it.each(['first', 'last'])(
  'N10 of two holders of one lock, the stale one %s, each acknowledged commit counts',
  async (order) => {
    const memory = memoryStorage()
    const connect = (): SessionStorage => ({
      atomic: true,
      read: async (key) => memory.read(key),
      write: async (key, value, options) => memory.write(key, value, options),
      destroy: async (key) => memory.destroy(key),
      // As where the table of locks was lost: both have it, and both are told so.
      lock: async () => ({ extend: () => true, release: () => undefined }),
    })
    const [stale, other] = [1, 2].map(() => createSessions({ secrets: SECRET, storage: connect() }))
    const fresh = await stale!.read(null)
    fresh.set('n', 0)
    const cookie = (await stale!.commit(fresh))[0]!.split(';')[0]!
    let goOn: () => void = () => undefined
    const pause = new Promise<void>((resolve) => (goOn = resolve))
    const count = (sessions: Sessions, wait: Promise<void>): Promise<boolean> =>
      sessions
        .with(cookie, async (session) => {
          const n = session.get('n')
          await wait
          session.set('n', n + 1)
        })
        .then(() => true)
        .catch((error) => {
          expect(error).toBeInstanceOf(SessionLockLostError)
          return false
        })
    const [now, later] = order === 'first' ? [other!, stale!] : [stale!, other!]
    const waiting = count(now as Sessions, pause)
    const told = [await count(later as Sessions, Promise.resolve())]
    goOn()
    told.push(await waiting)
    expect(memoryCount(await stale!.read(cookie))).toBe(told.filter(Boolean).length)
    expect(told).toContain(true)

    function memoryCount(session: { get(key: string): unknown }): unknown {
      return session.get('n')
    }
  }
)

describe('N11 storages that are made for each request', () => {
  /** Books six seats in six requests at once. */
  async function book(create: () => SessionStorage): Promise<unknown> {
    const app = new Hono<{ Variables: SessionVariables }>()
      .use(session(() => ({ secrets: SECRET, storage: create(), lock: true })))
      .get('/', (c) => c.json(c.var.session.get('seats', 0)))
      .get('/book', async (c) => {
        const seats = c.var.session.get('seats', 0)
        await new Promise((resolve) => setTimeout(resolve, 5))
        c.var.session.set('seats', seats + 1)
        return c.text('booked')
      })
    const first = await app.request('/book')
    const headers = { Cookie: first.headers.getSetCookie()[0]!.split(';')[0]! }
    await Promise.all(Array.from({ length: 5 }, () => app.request('/book', { headers })))
    return (await app.request('/', { headers })).json()
  }

  it('N11 lock by the namespace of Workers KV', async () => {
    const entries = new Map<string, { value: string; metadata: unknown }>()
    const namespace: WorkersKv = {
      getWithMetadata: async (name) => entries.get(name) ?? { value: null, metadata: null },
      put: async (name, value, { metadata }) => void entries.set(name, { value, metadata }),
      delete: async (name) => entries.delete(name),
      list: async () => ({ keys: [], list_complete: true }),
    }
    expect(await book(() => kvStorage(namespace))).toBe(6)
  })

  it('N11 lock by the driver', async () => {
    const records = new Map<string, unknown>()
    const driver = {
      load: async (key: string) => records.get(key),
      save: async (key: string, record: unknown) => records.set(key, record),
      destroy: async (key: string) => records.delete(key),
    }
    expect(await book(() => fromDriver(driver))).toBe(6)
  })
})

it.each(['signed', 'sealed'] as const)(
  'N13 what an app makes with the same secret is no session, mode %s',
  async (mode) => {
    const now = Date.now()
    const record = {
      c: now,
      e: now + 1e7,
      i: 'A'.repeat(16),
      n: 0,
      o: { i: 'admin' },
      d: { admin: true },
    }
    const name = '__Host-session'
    const values = [JSON.stringify(record), 'A'.repeat(40)]
    const tokens = values.flatMap((value) => [
      createSigner(SECRET).sign(value),
      createSigner(SECRET, { name }).sign(value),
      createSealer(SECRET).seal(value),
      createSealer(SECRET, { name }).seal(value),
    ])
    for (const storage of [cookieStorage({ mode }), memoryStorage()]) {
      for (const token of tokens) {
        const visitor = visitorOf({ storage })
        visitor.jar.plant(name, token)
        const seen = await visitor.send((session) => [
          session.isNew,
          session.get('admin'),
          session.owner,
        ])
        expect(seen).toEqual([true, undefined, null])
      }
    }
  }
)
