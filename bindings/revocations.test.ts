import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ConfigurationError, SessionGoneError, SessionStorageError } from './errors.ts'
import { sessionConformance } from './session-conformance.ts'
import {
  cookieOf,
  cookieWith,
  recordedSessions,
  remoteStorage,
  SECRET,
} from './sessions.fixture.ts'
import { visit } from './sessions.fixture.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { cookieStorage } from './storage/cookie.ts'
import { memoryStorage } from './storage/memory.ts'

const LIFETIME = 3600

const PLACES = [
  ['a synchronous storage', () => memoryStorage()],
  ['an asynchronous one', () => remoteStorage(0)],
] as const

describe.each(PLACES)('cookieStorage with revocations in %s keeps sessions', (_, place) => {
  const create = () => cookieStorage({ revocations: place() })
  for (const { name, run } of sessionConformance(create, { server: false, revocable: true }))
    it(name, run)
})

/** What a visitor with a cookie sees. */
const seen = async (sessions: Sessions, cookie: string): Promise<object> =>
  (await sessions.read(cookie)).all()

async function signIn(sessions: Sessions, user: string): Promise<string> {
  return cookieOf(
    await visit(sessions, null, (session) => {
      session.owner = user
      session.set('user', user)
    })
  )
}

describe.each(PLACES)('revocations in %s', (_, place) => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_800_000_000_000, toFake: ['Date'] }))
  afterEach(() => void vi.useRealTimers())

  const make = (options: object = {}) => {
    const revocations = place()
    const storage = cookieStorage({ revocations })
    return { revocations, ...recordedSessions({ storage, lifetime: LIFETIME, ...options }) }
  }

  it('C6 a cookie is worth nothing after destroy(), nor is any older one of the session', async () => {
    const { sessions, events } = make()
    const first = await cookieWith(sessions, { x: 1 })
    const second = cookieOf(await visit(sessions, first, (session) => session.set('x', 2)))
    await visit(sessions, second, (session) => session.destroy())
    expect(await seen(sessions, first)).toEqual({})
    expect(await seen(sessions, second)).toEqual({})
    expect(events.at(-1)).toEqual({ type: 'reject', reason: 'revoked' })
  })

  it('C6 nor after regenerateId(); the new one is', async () => {
    const { sessions } = make()
    const old = await cookieWith(sessions, { x: 1 })
    const fresh = cookieOf(await visit(sessions, old, (session) => session.regenerateId()))
    expect(await seen(sessions, old)).toEqual({})
    expect(await seen(sessions, fresh)).toEqual({ x: 1 })
  })

  it('C6 until the end of its lifetime, however slow another request is', async () => {
    const { sessions } = make({ idleTimeout: 60, touchEvery: 0 })
    const cookie = await cookieWith(sessions, { x: 1 })
    const slow = await sessions.read(cookie)
    slow.get('x')
    await visit(sessions, cookie, (session) => session.destroy())
    vi.advanceTimersByTime(59_000)
    // It only read, and would move its idle deadline: of a session that has ended there is none.
    expect(await sessions.commit(slow)).toEqual([])
    expect(await seen(sessions, cookie)).toEqual({})
  })

  it('a request under way writes nothing after destroy() or regenerateId()', async () => {
    for (const end of ['destroy', 'regenerateId'] as const) {
      const { sessions, events } = make()
      const cookie = await cookieWith(sessions, { x: 1 })
      const slow = await sessions.read(cookie)
      slow.set('x', 2)
      await visit(sessions, cookie, (session) => session[end]())
      await expect((async () => sessions.commit(slow))()).rejects.toThrow(SessionGoneError)
      expect(events.at(-1)).toMatchObject({ type: 'conflict', gone: true })
    }
  })

  it('of two requests that both regenerate, one wins', async () => {
    const { sessions } = make()
    const cookie = await cookieWith(sessions, { x: 1 })
    const pair = await Promise.all([sessions.read(cookie), sessions.read(cookie)])
    for (const session of pair) session.regenerateId()
    const results = await Promise.allSettled(pair.map(async (one) => sessions.commit(one)))
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('regenerateId({ grace }) lets the old cookie be read, not written', async () => {
    const { sessions } = make()
    const old = await cookieWith(sessions, { role: 'guest' })
    await visit(sessions, old, (session) => {
      session.set('role', 'admin')
      session.regenerateId({ grace: 10 })
    })
    const reader = await sessions.read(old)
    expect(reader.get('role')).toBe('guest')
    expect(await sessions.commit(reader)).toEqual([])
    reader.set('role', 'evil')
    await expect((async () => sessions.commit(reader))()).rejects.toThrow(SessionGoneError)
    vi.advanceTimersByTime(10_000)
    expect(await seen(sessions, old)).toEqual({})
  })

  it('destroy() ends an old cookie within its grace too', async () => {
    const { sessions } = make()
    const old = await cookieWith(sessions, { x: 1 })
    await visit(sessions, old, (session) => session.regenerateId({ grace: 10 }))
    await visit(sessions, old, (session) => session.destroy())
    expect(await seen(sessions, old)).toEqual({})
  })

  it('C6 revokeByOwner() ends all sessions of an owner, and of nobody else', async () => {
    const { sessions } = make()
    const cookies = [await signIn(sessions, 'ada'), await signIn(sessions, 'ada')]
    const other = await signIn(sessions, 'bob')
    const anonymous = await cookieWith(sessions, { x: 1 })
    const slow = await sessions.read(cookies[0]!)
    slow.set('x', 2)
    expect(await sessions.revokeByOwner('ada')).toBeNull()
    for (const cookie of cookies) expect(await seen(sessions, cookie)).toEqual({})
    await expect((async () => sessions.commit(slow))()).rejects.toThrow(SessionGoneError)
    expect(await seen(sessions, other)).toEqual({ user: 'bob' })
    expect(await seen(sessions, anonymous)).toEqual({ x: 1 })
  })

  it('a sign-in after revokeByOwner() counts, and ends with the next one', async () => {
    const { sessions } = make()
    for (let i = 0; i < 3; i++) {
      await sessions.revokeByOwner('ada')
      const cookie = await signIn(sessions, 'ada')
      expect(await seen(sessions, cookie)).toEqual({ user: 'ada' })
      const next = cookieOf(await visit(sessions, cookie, (session) => session.set('x', i)))
      await sessions.revokeByOwner('ada')
      expect(await seen(sessions, next)).toEqual({})
    }
  })

  it('revokeByOwner({ except }) spares one, which gets a new cookie', async () => {
    const { sessions } = make()
    const [kept, ended] = [await signIn(sessions, 'ada'), await signIn(sessions, 'ada')]
    const fresh = cookieOf(
      await visit(sessions, kept, (session) => sessions.revokeByOwner('ada', { except: session }))
    )
    expect(await seen(sessions, fresh)).toEqual({ user: 'ada' })
    expect(await seen(sessions, ended)).toEqual({})
    expect(await seen(sessions, kept)).toEqual({})
  })

  it('a session that was revoked does not get away by giving up its owner', async () => {
    const { sessions } = make()
    const cookie = await signIn(sessions, 'ada')
    const slow = await sessions.read(cookie)
    slow.owner = null
    await sessions.revokeByOwner('ada')
    await expect((async () => sessions.commit(slow))()).rejects.toThrow(SessionGoneError)
  })

  it('the epoch of an owner ends when the last cookie from before has ended', async () => {
    const { sessions } = make()
    const old = await signIn(sessions, 'ada')
    await sessions.revokeByOwner('ada')
    vi.advanceTimersByTime(LIFETIME * 1000 - 1)
    expect(await seen(sessions, old)).toEqual({})
    const late = await signIn(sessions, 'ada')
    vi.advanceTimersByTime(1)
    expect(await seen(sessions, old)).toEqual({})
    expect(await seen(sessions, late)).toEqual({ user: 'ada' })
  })

  it('parallel revokeByOwner() calls all have their effect', async () => {
    const { sessions } = make()
    const cookie = await signIn(sessions, 'ada')
    await Promise.all(Array.from({ length: 10 }, () => sessions.revokeByOwner('ada')))
    expect(await seen(sessions, cookie)).toEqual({})
    expect(await seen(sessions, await signIn(sessions, 'ada'))).toEqual({ user: 'ada' })
  })

  it('asks nothing for a session that is not used', async () => {
    const { sessions, revocations } = make()
    const cookie = await signIn(sessions, 'ada')
    const read = vi.spyOn(revocations, 'read')
    const session = sessions.defer(cookie)
    expect(await sessions.commit(session)).toEqual([])
    expect(read).not.toHaveBeenCalled()
    await visit(sessions, cookie, (used) => used.get('user'))
    expect(read).toHaveBeenCalledTimes(2)
  })
})

describe('revocations', () => {
  it('stay synchronous with a synchronous storage', () => {
    const storage = cookieStorage({ revocations: memoryStorage() })
    const sessions = createSessions({ secrets: SECRET, storage })
    expect(sessions.async).toBe(false)
    const session = sessions.defer(null)
    session.owner = 'ada'
    const cookie = cookieOf(sessions.commit(session) as string[])
    expect(sessions.defer(cookie).owner).toBe('ada')
  })

  it('that cannot be read let nobody in', async () => {
    const revocations = remoteStorage(0)
    const storage = cookieStorage({ revocations })
    const sessions = createSessions({ secrets: SECRET, storage })
    const cookie = await cookieWith(sessions)
    vi.spyOn(revocations, 'read').mockRejectedValue(new Error('down'))
    await expect((async () => sessions.read(cookie))()).rejects.toThrow(SessionStorageError)
  })

  it('that cannot be written are told at destroy()', async () => {
    const revocations = remoteStorage(0)
    const storage = cookieStorage({ revocations })
    const sessions = createSessions({ secrets: SECRET, storage })
    const cookie = await cookieWith(sessions)
    vi.spyOn(revocations, 'write').mockRejectedValue(new Error('down'))
    const work = visit(sessions, cookie, (session) => session.destroy())
    await expect(work).rejects.toThrow(SessionStorageError)
  })

  it('cannot be listed, counted, or done without', async () => {
    const storage = cookieStorage({ revocations: memoryStorage() })
    const sessions = createSessions({ secrets: SECRET, storage })
    await expect(sessions.listByOwner('ada')).rejects.toThrow(ConfigurationError)
    await expect(sessions.revokeByOwner('ada', { only: 'key' })).rejects.toThrow(ConfigurationError)
    expect(() => createSessions({ secrets: SECRET, storage, maxPerOwner: 2 })).toThrow(
      ConfigurationError
    )
    const without = createSessions({ secrets: SECRET })
    expect(() => {
      without.defer(null).owner = 'ada'
    }).toThrow(/cookieStorage\(\{ revocations/)
  })

  it.each([[cookieStorage()], [{}], ['redis']])(
    'refuse a place that is none: %j',
    (revocations) => {
      const storage = cookieStorage({ revocations: revocations as never })
      expect(() => createSessions({ secrets: SECRET, storage })).toThrow(ConfigurationError)
    }
  )
})
