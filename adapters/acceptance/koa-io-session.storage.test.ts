/**
 * The promises of koa-io-session that Tuile keeps: events, sessions by id, and the storage.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  ConfigurationError,
  cookieStorage,
  createSessions,
  memoryStorage,
  type SessionEvent,
  type Sessions,
  type SessionStorage,
} from '../../bindings/index.ts'
import { SECRET, Site, visitorOf } from './jar.fixture.ts'
import { onlyRecord, spyStorage } from './spy.fixture.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

it('B15 the end of a session is an event, whoever ended it', async () => {
  const events: SessionEvent[] = []
  const sessions = createSessions({
    secrets: SECRET,
    storage: memoryStorage(),
    onEvent: (event) => events.push(event),
  })
  const visitor = new Site(sessions).visitor()
  const start = async (): Promise<string> => {
    const id = await visitor.send((session) => {
      session.set('n', 1)
      return session.id
    })
    return id
  }
  await start()
  await visitor.send((session) => session.destroy())
  await sessions.destroy(await start())

  const keysOf = (type: SessionEvent['type']): unknown[] =>
    events.filter((event) => event.type === type).map((event) => 'key' in event && event.key)
  expect(keysOf('destroy')).toHaveLength(2)
  expect(keysOf('destroy')).toEqual(keysOf('create'))
})

describe('B16 the event of a clean-up', () => {
  it('B16 tells how many sessions were removed, and is not sent for none', async () => {
    const counts: number[] = []
    const sessions = createSessions({ secrets: SECRET, storage: memoryStorage(), lifetime: 60 })
    sessions.on('cleanup', ({ count }) => counts.push(count))
    const site = new Site(sessions)
    for (let i = 0; i < 3; i++) await site.visitor().send((session) => session.set('n', i))
    await sessions.sweep()
    expect(counts).toEqual([])
    vi.advanceTimersByTime(61_000)
    await sessions.sweep()
    await sessions.sweep()
    expect(counts).toEqual([3])
  })
})

describe('B17 listeners', () => {
  it('B17 are added, removed, and can hear one event only', async () => {
    const sessions = createSessions({ secrets: SECRET, storage: memoryStorage() })
    const heard: string[] = []
    const off = sessions.on('create', () => heard.push('every'))
    const offOnce = sessions.on('create', () => {
      heard.push('once')
      offOnce()
    })
    const site = new Site(sessions)
    const visit = () => site.visitor().send((session) => session.set('n', 1))
    await visit()
    await visit()
    off()
    await visit()
    expect(heard).toEqual(['every', 'once', 'every'])
  })

  it('B17 break nothing when they throw', async () => {
    const sessions = createSessions({ secrets: SECRET, storage: memoryStorage() })
    const errors: unknown[] = []
    sessions.on('create', () => {
      throw new Error('a listener')
    })
    sessions.on('error', ({ error }) => errors.push(error))
    const visitor = new Site(sessions).visitor()
    await visitor.send((session) => session.set('n', 1))
    expect(visitor.response.status).toBe(200)
    expect(errors).toEqual([new Error('a listener')])
  })
})

describe('sessions by id', () => {
  async function start(): Promise<[Sessions, Site, string]> {
    const sessions = createSessions({ secrets: SECRET, storage: spyStorage() })
    const site = new Site(sessions)
    const id = await site.visitor().send((session) => {
      session.set('user', 'ada')
      return session.id
    })
    return [sessions, site, id]
  }
  const UNKNOWN = 'A'.repeat(24)

  it('B20 get finds the session of an id, or nothing', async () => {
    const [sessions, , id] = await start()
    expect((await sessions.get(id))?.all()).toEqual({ user: 'ada' })
    expect(await sessions.get(UNKNOWN)).toBeNull()
    expect(await sessions.get('')).toBeNull()
  })

  it('B21 destroy ends the session of an id, and says whether there was one', async () => {
    const [sessions, , id] = await start()
    expect(await sessions.destroy(UNKNOWN)).toBe(false)
    expect(await sessions.destroy(id)).toBe(true)
    expect(await sessions.get(id)).toBeNull()
    expect(await sessions.destroy(id)).toBe(false)
  })

  it('B22 update changes the session of an id, and creates none', async () => {
    const [sessions, , id] = await start()
    expect(await sessions.update(id, (session) => session.set('role', 'admin'))).toBe(true)
    expect((await sessions.get(id))?.all()).toEqual({ user: 'ada', role: 'admin' })

    const change = vi.fn()
    expect(await sessions.update(UNKNOWN, change)).toBe(false)
    expect(change).not.toHaveBeenCalled()
    expect(await sessions.get(UNKNOWN)).toBeNull()
  })
})

describe('B24 sweep', () => {
  it('B24 removes what has ended, in the portions that are asked for', async () => {
    const storage = memoryStorage()
    const sessions = createSessions({ secrets: SECRET, storage, lifetime: 60 })
    const site = new Site(sessions)
    const start = () => site.visitor().send((session) => session.set('n', 1))
    await start()
    await start()
    vi.advanceTimersByTime(30_000)
    await start()
    vi.advanceTimersByTime(31_000)
    expect(storage.size).toBe(3)
    expect(await sessions.sweep({ limit: 1 })).toBe(1)
    expect(await sessions.sweep()).toBe(1)
    expect(await sessions.sweep()).toBe(0)
    expect(storage.size).toBe(1)
  })

  it('B24 has nothing to do where the storage keeps or sweeps by itself', async () => {
    for (const storage of [cookieStorage(), spyStorage()]) {
      expect(await createSessions({ secrets: SECRET, storage }).sweep()).toBe(0)
    }
  })
})

describe('B40 the contract of storages', () => {
  it.each([true, false])('B40 answers may come at once (%s) or as promises', async (sync) => {
    const storage = spyStorage({ sync })
    const visitor = visitorOf({ storage })
    await visitor.send((session) => session.set('n', 1))
    expect(await visitor.send((session) => session.get('n'))).toBe(1)
    await visitor.send((session) => session.destroy())
    expect(await visitor.send((session) => session.get('n'))).toBeUndefined()
    expect(storage.log).toEqual(['write', 'read', 'read', 'destroy'])
  })

  it.each(['read', 'write', 'destroy'] as const)(
    'B40 a storage without %s is refused',
    (method) => {
      const { [method]: _, ...rest } = spyStorage()
      const storage = rest as unknown as SessionStorage
      expect(() => createSessions({ secrets: SECRET, storage })).toThrow(ConfigurationError)
      expect(() => createSessions({ secrets: SECRET, storage })).toThrow(`${method}()`)
    }
  )
})

it('B41 the method for cleaning up is optional, and its count is told', async () => {
  const counts: number[] = []
  for (const optional of [false, true]) {
    const storage = spyStorage({ optional })
    const sessions = createSessions({ secrets: SECRET, storage, lifetime: 60 })
    sessions.on('cleanup', ({ count }) => counts.push(count))
    await new Site(sessions).visitor().send((session) => session.set('n', 1))
    vi.advanceTimersByTime(61_000)
    expect(await sessions.sweep()).toBe(optional ? 1 : 0)
    expect(storage.records.size).toBe(optional ? 0 : 1)
  }
  expect(counts).toEqual([1])
})

it('B42 the storage holds JSON and the time at which it ends', async () => {
  const storage = spyStorage()
  const visitor = visitorOf({ storage, lifetime: 600 })
  await visitor.send((session) => {
    session.set('user', 'ada')
    session.flash('notice', 'Saved')
  })
  const { value, version, expiresAt } = onlyRecord(storage)
  const now = Date.now()
  expect(JSON.parse(value)).toEqual({
    c: now,
    r: expect.stringMatching(/^[\w-]{24}$/),
    d: { user: 'ada' },
    f: { notice: 'Saved' },
    m: { notice: expect.any(String) },
  })
  expect([version, expiresAt]).toEqual([1, now + 600_000])
})

describe('B43 a record that has ended is not given out', () => {
  it.each([
    ['by a storage that would', () => spyStorage({ lax: true }), 'expire'],
    ['by memory', memoryStorage, 'reject'],
    ['from the cookie', cookieStorage, 'expire'],
  ] as const)('B43 %s, and an event says so', async (_, storageOf, type) => {
    const events: SessionEvent['type'][] = []
    const visitor = visitorOf({
      storage: storageOf(),
      lifetime: 60,
      cookie: { maxAge: null },
      onEvent: (event) => events.push(event.type),
    })
    await visitor.send((session) => session.set('user', 'ada'))
    vi.advanceTimersByTime(59_000)
    expect(await visitor.send((session) => session.get('user'))).toBe('ada')
    vi.advanceTimersByTime(2_000)
    expect(await visitor.send((session) => session.get('user'))).toBeUndefined()
    expect(events).toEqual(['create', 'load', type])
  })
})

it('B44 the memory storage keeps sessions apart, and drops what has ended as others come', async () => {
  const storage = memoryStorage()
  const site = new Site({ secrets: SECRET, storage, lifetime: 60 })
  const visitors = Array.from({ length: 5 }, () => site.visitor())
  for (const [n, visitor] of visitors.entries()) {
    await visitor.send((session) => session.set('n', n))
  }
  for (const [n, visitor] of visitors.entries()) {
    expect(await visitor.send((session) => session.get('n'))).toBe(n)
  }
  vi.advanceTimersByTime(61_000)
  expect(storage.size).toBe(5)
  for (let i = 0; i < 6; i++) await site.visitor().send((session) => session.set('n', i))
  expect(storage.size).toBeLessThan(9)
})

it('B51 whether a session is new is what the storage says', async () => {
  const storage = spyStorage()
  const visitor = visitorOf({ storage })
  const visit = () =>
    visitor.send((session) => {
      session.set('at', session.get('at', 0) + 1)
      return session.isNew
    })
  expect(await visit()).toBe(true)
  expect(await visit()).toBe(false)
  storage.records.clear()
  expect(await visit()).toBe(true)
  expect(await visit()).toBe(false)
})
