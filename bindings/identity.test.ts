/**
 * One session, one record: what holds where a rotation, an end or a failure meets another one.
 *
 * @module
 */
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  SessionGoneError,
  SessionLockLostError,
  SessionStorageError,
  SessionTooLargeError,
} from './errors.ts'
import { memoryBus } from './live/bus.ts'
import type { Session } from './session.ts'
import {
  cookieOf,
  cookieWith,
  OTHER_SECRET,
  recordedSessions,
  SECRET,
  visit,
} from './sessions.fixture.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { memoryStorage } from './storage/memory.ts'
import { tieredStorage } from './storage/tiered.ts'

afterEach(() => void vi.useRealTimers())

const rotate =
  (grace = 0) =>
  (session: Session) =>
    session.regenerateId({ grace })

/** One request; the cookie that the browser has after it. */
const next = async (
  sessions: Sessions,
  cookie: string,
  use: (session: Session) => unknown
): Promise<string> => cookieOf(await visit(sessions, cookie, use))

const userOf = async (sessions: Sessions, cookie: string): Promise<unknown> =>
  (await sessions.read(cookie)).get('user')

describe('rotations with graces of several lengths', () => {
  it('N05 who rotates second leaves the snapshot of who was first', async () => {
    const { sessions } = recordedSessions({ storage: memoryStorage() })
    const first = await cookieWith(sessions, { user: 'ada' })
    const cookie = await next(sessions, first, rotate(60))
    const loser = await sessions.read(cookie)
    loser.regenerateId({ grace: 10 })
    await visit(sessions, cookie, rotate(10))
    await expect((async () => sessions.commit(loser))()).rejects.toThrow(SessionGoneError)
    expect(await userOf(sessions, cookie)).toBe('ada')
  })

  it('N05 a grace is not prolonged by a longer one before it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { sessions } = recordedSessions({ storage: memoryStorage() })
    const first = await cookieWith(sessions, { user: 'ada' })
    const second = await next(sessions, first, rotate(60))
    await visit(sessions, second, rotate(10))
    vi.advanceTimersByTime(11_000)
    expect(await userOf(sessions, first)).toBe('ada')
    expect((await sessions.read(second)).isNew).toBe(true)
  })

  it('N05 a rotation that failed leaves no grace to the one after it', async () => {
    const { sessions } = recordedSessions({ storage: memoryStorage(), maxSize: 2000 })
    const first = await cookieWith(sessions, { user: 'ada' })
    const cookie = await next(sessions, first, rotate(60))
    const failing = visit(sessions, cookie, (session) => {
      session.regenerateId({ grace: 60 })
      session.set('large', 'x'.repeat(3000))
    })
    await expect(failing).rejects.toThrow(SessionTooLargeError)
    await visit(sessions, cookie, rotate())
    expect((await sessions.read(cookie)).isNew).toBe(true)
  })
})

describe('an id that was rotated while a request ran', () => {
  it('N05 is not prolonged by a request that only reads', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const storage = memoryStorage()
    const { sessions } = recordedSessions({ storage, idleTimeout: 60, touchEvery: 0 })
    const cookie = await cookieWith(sessions, { user: 'ada' })
    const reader = await sessions.read(cookie)
    expect(reader.get('user')).toBe('ada')
    await visit(sessions, cookie, rotate())
    const end = storage.read(sessions.keyOf(reader))!.expiresAt
    vi.advanceTimersByTime(10_000)
    expect(await sessions.commit(reader)).toEqual([])
    expect(storage.read(sessions.keyOf(reader))!.expiresAt).toBe(end)
  })

  it('N03 is not sent again by another secret, whatever a copy says', async () => {
    const durable = memoryStorage()
    const [older, here, there] = [OTHER_SECRET, SECRET, SECRET].map((secret) =>
      createSessions({
        secrets: secret === SECRET ? [SECRET, OTHER_SECRET] : secret,
        storage: tieredStorage(memoryStorage(), durable),
      })
    ) as [Sessions, Sessions, Sessions]
    const cookie = await cookieWith(older, { user: 'ada' })
    const reader = await here.read(cookie)
    expect(reader.get('user')).toBe('ada')
    await visit(there, cookie, (session) => session.authenticate())
    expect(await here.commit(reader)).toEqual([])
  })

  it('N06 is told to a watch that begins with it, also beside another watch', async () => {
    const { sessions } = recordedSessions({ storage: memoryStorage(), bus: memoryBus() })
    const cookie = await cookieWith(sessions, { user: 'ada' })
    const session = await sessions.read(cookie)
    sessions.watch(session, () => undefined)
    const { id } = session
    await visit(sessions, cookie, rotate())
    await new Promise((resolve) => setTimeout(resolve, 20))
    const news: string[] = []
    sessions.watch(id, ({ type }) => void news.push(type))
    await vi.waitFor(() => expect(news).toEqual(['rotate']))
  })
})

describe('a lock that two hold', () => {
  const WORK: Record<string, (session: Session, name: string) => void> = {
    'a value': (session, name) => session.set('key', name),
    labels: (session, name) => {
      session.labels = { ...session.labels, [name]: '1' }
    },
    'a flash message': (session, name) => session.flash('note', name),
    'the owner': (session, name) => {
      session.owner = name
    },
  }

  it.each(Object.entries(WORK))('N10 loses no acknowledged change of %s', async (_, work) => {
    const inner = memoryStorage()
    const lock = async () => ({ extend: () => true, release: () => undefined })
    const managers = [1, 2].map(() => {
      const storage = { ...inner, sync: false, lock, identity: undefined as never }
      return createSessions({ secrets: SECRET, storage })
    }) as [Sessions, Sessions]
    const cookie = await cookieWith(managers[0], { key: 'none' })
    await visit(managers[0], cookie, (session) => {
      session.owner = 'ada'
    })
    const [first, second] = await Promise.all(managers.map((sessions) => sessions.read(cookie)))
    await first!.lock()
    await second!.lock()
    work(first!, 'first')
    work(second!, 'second')
    await managers[0].commit(first!)
    const late = (async () => managers[1].commit(second!))()
    await expect(late).rejects.toThrow(SessionLockLostError)
  })
})

describe('the end of a session', () => {
  it('N02 destroy() removes the cookie of a header that is too long to be read', async () => {
    const { sessions } = recordedSessions({ storage: memoryStorage() })
    const cookie = await cookieWith(sessions, { user: 'ada' })
    const header = `${cookie}; other=${'x'.repeat(17_000)}`
    const lines = await visit(sessions, header, (session) => session.destroy())
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('; Max-Age=0;')
  })

  it.each([
    [7200, 3600, 36],
    [3000, 500, 15],
  ])('is its lifetime of %d s while it is used: idleTimeout %d', async (lifetime, idle, every) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { sessions } = recordedSessions({
      storage: memoryStorage(),
      lifetime,
      idleTimeout: idle,
    })
    const cookie = await cookieWith(sessions, { user: 'ada' })
    for (let age = every; age < lifetime; age += every) {
      vi.advanceTimersByTime(every * 1000)
      const session = await sessions.read(cookie)
      expect([age, session.get('user')]).toEqual([age, 'ada'])
      await sessions.commit(session)
    }
  })

  it('N09 revokeByOwner reaches all that it can, if others fail each time', async () => {
    const inner = memoryStorage()
    const failing = new Set<string>()
    const storage = {
      ...inner,
      sync: false,
      destroy: async (key: string) => {
        if (failing.has(key)) throw new Error('this one fails')
        return inner.destroy(key)
      },
    }
    const { sessions } = recordedSessions({ storage })
    const cookies: string[] = []
    for (let i = 0; i < 100; i++) {
      const session = await sessions.read(null)
      session.owner = 'ada'
      cookies.push(cookieOf(await sessions.commit(session)))
      if (i < 40) failing.add(sessions.keyOf(session))
    }
    for (let i = 0; i < 4; i++) {
      await expect(sessions.revokeByOwner('ada')).rejects.toThrow(SessionStorageError)
    }
    const left = await Promise.all(
      cookies.map(async (cookie) => !(await sessions.read(cookie)).isNew)
    )
    expect(left.filter((isLeft) => isLeft)).toHaveLength(40)
  })
})
