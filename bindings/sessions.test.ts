import { afterEach, describe, expect, it, vi } from 'vitest'
import { SessionSerializationError } from './errors.ts'
import {
  cookieOf,
  cookieWith,
  OTHER_SECRET,
  recordedSessions,
  remoteStorage,
  SECRET,
  visit,
} from './sessions.fixture.ts'
import { cookieStorage } from './storage/cookie.ts'
import { memoryStorage } from './storage/memory.ts'

const types = (events: readonly { type: string }[]) => events.map(({ type }) => type)

/** Every kind of storage that a session can be in. */
const STORAGES = {
  cookie: () => cookieStorage(),
  memory: () => memoryStorage(),
  remote: () => remoteStorage(),
}

describe.each(Object.entries(STORAGES))('sessions in a %s storage', (kind, createStorage) => {
  it('read() of nothing is a new session, and asks the storage nothing', async () => {
    const storage = createStorage()
    const { sessions, events } = recordedSessions({ storage })
    for (const header of [null, undefined, '', 'theme=dark']) {
      expect((await sessions.read(header)).isNew).toBe(true)
    }
    expect(events).toEqual([])
    if ('calls' in storage) expect(storage.calls).toEqual([])
  })

  it('commit() writes once for many changes, and once more only for further ones', async () => {
    const storage = createStorage()
    const { sessions, events } = recordedSessions({ storage })
    const session = await sessions.read(null)
    for (let i = 0; i < 10; i++) session.set(`key${i}`, i)
    expect(await sessions.commit(session)).toHaveLength(1)
    expect(await sessions.commit(session)).toEqual([])
    session.set('more', 1)
    await sessions.commit(session)
    expect(types(events)).toEqual(['create', 'save'])
    if ('calls' in storage) expect(storage.calls).toEqual(['write', 'write'])
  })

  it('a token of an older secret still opens the session, and is signed anew', async () => {
    const storage = createStorage()
    const old = await cookieWith(recordedSessions({ storage }).sessions)
    const { sessions } = recordedSessions({ storage, secrets: [OTHER_SECRET, SECRET] })
    const session = await sessions.read(old)
    expect(session.get('x')).toBe(1)
    const cookie = cookieOf(await sessions.commit(session))
    expect(cookie).not.toBe(old)

    const { sessions: newOnly } = recordedSessions({ storage, secrets: [OTHER_SECRET] })
    const renewed = await newOnly.read(cookie)
    expect(renewed.get('x')).toBe(1)
    expect(await newOnly.commit(renewed)).toEqual([])
    expect((await newOnly.read(old)).isNew).toBe(true)
  })

  it('defer() does nothing for a request that does not use its session', async () => {
    const storage = createStorage()
    const { sessions, events } = recordedSessions({ storage })
    const cookie = await cookieWith(sessions)
    events.length = 0
    if ('calls' in storage) storage.calls.length = 0
    for (const header of [null, cookie, '__Host-session=forged']) {
      expect(await sessions.commit(sessions.defer(header))).toEqual([])
    }
    expect(events).toEqual([])
    if ('calls' in storage) expect(storage.calls).toEqual([])
  })

  it('defer() delivers a waiting flash message even so', async () => {
    const { sessions } = recordedSessions({ storage: createStorage() })
    const left = cookieOf(await visit(sessions, null, (session) => session.flash('m', 'hello')))
    const delivered = cookieOf(await sessions.commit(sessions.defer(left)))
    expect((await sessions.read(delivered)).get('m')).toBeUndefined()
    expect(await sessions.commit(sessions.defer(delivered))).toEqual([])
  })

  it('tells what happens as events that hold no id', async () => {
    const { sessions, events } = recordedSessions({ storage: createStorage() })
    const cookie = await cookieWith(sessions)
    const moved = cookieOf(await visit(sessions, cookie, (session) => session.regenerateId()))
    await visit(sessions, moved, (session) => session.set('x', 2))
    await visit(sessions, moved, (session) => session.destroy())
    await sessions.read('__Host-session=forged')
    expect(types(events)).toEqual([
      'create',
      ...['load', 'regenerate'],
      ...['load', 'save'],
      ...['load', 'destroy'],
      'reject',
    ])
    expect(events.at(-1)).toEqual({ type: 'reject', reason: 'malformed' })
    const { id } = await sessions.read(cookie)
    expect(JSON.stringify(events)).not.toContain(id)
  })

  it('a value that is no JSON is an error that names its key, and nothing is written', async () => {
    const { sessions, events } = recordedSessions({ storage: createStorage() })
    const cyclic: Record<string, unknown> = {}
    cyclic.self = cyclic
    for (const value of [cyclic, 1n]) {
      const run = async () => visit(sessions, null, (session) => session.set('bad', value))
      await expect(run()).rejects.toThrow(SessionSerializationError)
      await expect(run()).rejects.toThrow('"bad"')
    }
    expect(events).toEqual([])
  })

  it('data that do not fit the schema are refused with an event', async () => {
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) =>
          typeof (value as { x: unknown }).x === 'number' ? { value: {} } : { issues: ['x'] },
      },
    }
    const { sessions, events } = recordedSessions({ storage: createStorage(), schema })
    const good = await cookieWith(sessions, { x: 1 })
    const bad = await cookieWith(sessions, { x: 'one' })
    expect((await sessions.read(good)).get('x')).toBe(1)
    expect((await sessions.read(bad)).get('x')).toBeUndefined()
    expect(events.at(-1)).toEqual({ type: 'reject', reason: 'schema' })
  })

  it('a schema that answers with a promise is an error that says so', async () => {
    const validate = () => Promise.reject(new Error('late'))
    const schema = { '~standard': { version: 1 as const, vendor: 'test', validate } }
    const { sessions } = recordedSessions({ storage: createStorage(), schema })
    const cookie = await cookieWith(sessions)
    const read = async () => (await sessions.read(cookie)).get('x')
    await expect(read()).rejects.toThrow('The schema answers with a promise')
  })

  describe('with a fake clock', () => {
    afterEach(() => void vi.useRealTimers())
    const start = 1_700_000_000_000
    const at = (seconds: number) => vi.setSystemTime(start + seconds * 1000)
    const fake = () => void vi.useFakeTimers({ now: start, toFake: ['Date'] })

    it('the lifetime ends a session to the millisecond, however much it is used', async () => {
      fake()
      const { sessions, events } = recordedSessions({ storage: createStorage(), lifetime: 100 })
      let cookie = await cookieWith(sessions)
      for (const seconds of [40, 80, 99.999]) {
        at(seconds)
        const session = await sessions.read(cookie)
        expect(session.get('x')).toBe(1)
        session.update('n', (n = 0) => n + 1)
        cookie = (await sessions.commit(session))[0]?.split(';')[0] ?? cookie
      }
      at(100)
      expect((await sessions.read(cookie)).get('x')).toBeUndefined()
      expect(['expire', 'reject']).toContain(events.at(-1)?.type)
    })

    it('a lifetime that was made shorter holds for the sessions there are', async () => {
      fake()
      const storage = createStorage()
      const cookie = await cookieWith(recordedSessions({ storage }).sessions)
      at(61)
      const { sessions, events } = recordedSessions({ storage, lifetime: 60 })
      expect((await sessions.read(cookie)).get('x')).toBeUndefined()
      expect(types(events)).toEqual(['expire'])
    })

    it('the idle timeout ends a session that is not used, and moves when it is', async () => {
      fake()
      const storage = createStorage()
      const { sessions } = recordedSessions({ storage, idleTimeout: 60, touchEvery: 10 })
      let cookie = await cookieWith(sessions)
      for (const seconds of [50, 100, 150]) {
        at(seconds)
        const session = await sessions.read(cookie)
        expect(session.get('x')).toBe(1)
        cookie = (await sessions.commit(session))[0]?.split(';')[0] ?? cookie
      }
      at(209.999)
      expect((await sessions.read(cookie)).get('x')).toBe(1)
      at(210)
      expect((await sessions.read(cookie)).get('x')).toBeUndefined()
    })

    it('reading moves the idle deadline at most once in touchEvery, and rewrites no data', async () => {
      fake()
      const storage = createStorage()
      const { sessions } = recordedSessions({ storage, idleTimeout: 600, touchEvery: 60 })
      let cookie = await cookieWith(sessions)
      if ('calls' in storage) storage.calls.length = 0
      let lines = 0
      for (let second = 1; second <= 180; second += 2) {
        at(second)
        const session = await sessions.read(cookie)
        session.get('x')
        const set = await sessions.commit(session)
        lines += set.length
        cookie = set[0]?.split(';')[0] ?? cookie
      }
      // The cookie storage has nothing but the cookie to move the deadline in.
      expect(lines).toBe(kind === 'cookie' ? 2 : 0)
      if ('calls' in storage) {
        expect(storage.calls.filter((call) => call === 'touch')).toHaveLength(2)
        expect(storage.calls).not.toContain('write')
      }
    })

    it('touch() moves the idle deadline at once', async () => {
      fake()
      const { sessions } = recordedSessions({ storage: createStorage(), idleTimeout: 60 })
      const cookie = await cookieWith(sessions)
      at(5)
      const touched = await visit(sessions, cookie, (session) => session.touch())
      at(64)
      const session = await sessions.read(touched[0] ? cookieOf(touched) : cookie)
      expect(session.get('x')).toBe(1)
    })

    it('Max-Age is what is left of the lifetime', async () => {
      fake()
      const { sessions } = recordedSessions({ storage: createStorage(), lifetime: 100 })
      const first = await visit(sessions, null, (session) => session.set('x', 1))
      expect(first[0]).toContain('; Max-Age=100;')
      at(30)
      const next = await visit(sessions, cookieOf(first), (session) => session.regenerateId())
      expect(next[0]).toContain('; Max-Age=70;')
    })
  })
})

describe('development', () => {
  it('a value that was changed in place and not set is told of, and not saved', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const { sessions } = recordedSessions()
    const cookie = await cookieWith(sessions, { cart: [1], other: [1] })
    const session = await sessions.read(cookie)
    session.get('other')
    session.get('cart').push(2)
    expect(await sessions.commit(session)).toEqual([])
    expect(warn.mock.calls).toHaveLength(1)
    expect(warn.mock.calls[0]?.[0]).toContain('"cart" was changed in place')
    warn.mockRestore()
  })
})

describe('listeners', () => {
  it('that throw break nothing: an error event says so', async () => {
    const { sessions, events } = recordedSessions()
    const off = sessions.on('create', () => {
      throw new Error('listener')
    })
    await cookieWith(sessions)
    expect(types(events)).toEqual(['error', 'create'])
    off()
    await cookieWith(sessions)
    expect(types(events)).toEqual(['error', 'create', 'create'])
  })
})
