import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SessionCommittedError, SessionDestroyedError } from './errors.ts'
import type { Session } from './session.ts'
import { cookieOf, cookieWith, recordedSessions, remoteStorage, visit } from './sessions.fixture.ts'
import { cookieStorage } from './storage/cookie.ts'
import { memoryStorage } from './storage/memory.ts'

const NOW = 1_800_000_000_000

const STORAGES = [
  ['memory', () => memoryStorage()],
  ['a remote storage', () => remoteStorage(0)],
  ['cookies with revocations', () => cookieStorage({ revocations: memoryStorage() })],
] as const

describe.each(STORAGES)('authenticate() in %s', (kind, create) => {
  beforeEach(() => void vi.useFakeTimers({ now: NOW, toFake: ['Date'] }))
  afterEach(() => void vi.useRealTimers())

  const make = () => recordedSessions({ storage: create() })
  const timeOf = (session: Session): number | null => session.authenticatedAt?.getTime() ?? null

  it('§2.28 gives a new id, and the old cookie opens nothing', async () => {
    const { sessions, events } = make()
    const before = await cookieWith(sessions)
    const after = cookieOf(await visit(sessions, before, (session) => session.authenticate()))
    expect((await sessions.read(before)).isNew).toBe(true)
    const session = await sessions.read(after)
    expect([session.get('x'), timeOf(session)]).toEqual([1, NOW])
    expect(events.map(({ type }) => type)).toContain('regenerate')
  })

  it('stores a session that holds nothing else', async () => {
    const { sessions } = make()
    const cookie = cookieOf(await visit(sessions, null, (session) => session.authenticate()))
    expect(timeOf(await sessions.read(cookie))).toBe(NOW)
  })

  it('keeps the time over other requests, and takes that of the next proof', async () => {
    const { sessions } = make()
    let cookie = cookieOf(await visit(sessions, null, (session) => session.authenticate()))
    vi.setSystemTime(NOW + 5000)
    const lines = await visit(sessions, cookie, (session) => session.set('x', 1))
    if (lines.length > 0) cookie = cookieOf(lines)
    expect(timeOf(await sessions.read(cookie))).toBe(NOW)
    cookie = cookieOf(await visit(sessions, cookie, (session) => session.authenticate()))
    expect(timeOf(await sessions.read(cookie))).toBe(NOW + 5000)
  })

  // The remote storage of these tests keeps no owners.
  if (kind !== 'a remote storage') {
    it('is of one user: with another owner the proof of the first is gone', async () => {
      const { sessions } = make()
      const session = await sessions.read(null)
      session.authenticate()
      session.owner = 'ada'
      const cookie = cookieOf(await sessions.commit(session))
      const times: Record<string, number | null> = {}
      const next = async (name: string, use: (session: Session) => void) => {
        const session = await sessions.read(cookie)
        use(session)
        times[name] = timeOf(session)
      }
      vi.setSystemTime(NOW + 1000)
      await next('the same', (session) => {
        session.owner = 'ada'
      })
      await next('another', (session) => {
        session.owner = 'bob'
      })
      await next('nobody', (session) => {
        session.owner = null
      })
      await next('another, who proved it before', (session) => {
        session.authenticate()
        session.owner = 'bob'
      })
      await next('another, who proves it after', (session) => {
        session.owner = 'bob'
        session.authenticate()
      })
      expect(times).toEqual({
        'the same': NOW,
        another: null,
        nobody: null,
        'another, who proved it before': NOW + 1000,
        'another, who proves it after': NOW + 1000,
      })
    })
  }

  it('is no value, and ends with destroy()', async () => {
    const { sessions } = make()
    const session = await sessions.read(null)
    session.authenticate()
    expect(session.all()).toEqual({})
    session.clear()
    expect(timeOf(session)).toBe(NOW)
    session.destroy()
    expect(session.authenticatedAt).toBeNull()
    expect(() => session.authenticate()).toThrow(SessionDestroyedError)
  })

  it('throws after the response has started, and where regenerateId() does', async () => {
    const { sessions } = make()
    const session = await sessions.read(null)
    expect(() => session.authenticate({ grace: -1 })).toThrow(RangeError)
    expect(session.authenticatedAt).toBeNull()
    await sessions.commit(session, { final: true })
    expect(() => session.authenticate()).toThrow(SessionCommittedError)
  })

  // A cookie has no record that two requests could write.
  if (!kind.startsWith('cookies')) {
    it('is not lost to a request that writes first', async () => {
      const { sessions } = make()
      const cookie = await cookieWith(sessions)
      const session = await sessions.read(cookie)
      await session.load()
      session.authenticate()
      await visit(sessions, cookie, (other) => other.set('y', 2))
      const after = await sessions.read(cookieOf(await sessions.commit(session)))
      expect([after.get('y'), timeOf(after)]).toEqual([2, NOW])
    })
  }

  it('under a grace the old session knows nothing of it', async () => {
    const { sessions } = make()
    const cookie = await cookieWith(sessions)
    await visit(sessions, cookie, (session) => session.authenticate({ grace: 60 }))
    const old = await sessions.read(cookie)
    expect([old.get('x'), old.authenticatedAt]).toEqual([1, null])
  })
})
