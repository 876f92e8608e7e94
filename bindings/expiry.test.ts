/**
 * The end of a session, to the millisecond, whether anything was swept or not.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SessionGoneError } from './errors.ts'
import { cookieWith, recordedSessions, visit } from './sessions.fixture.ts'
import type { CookieStorage, SessionStorage, StoredRecord } from './storage/contract.ts'
import { cookieStorage } from './storage/cookie.ts'
import { memoryStorage } from './storage/memory.ts'

const START = 1_700_000_000_000

beforeEach(() => void vi.useFakeTimers({ now: START, toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

/** A storage that drops nothing, as one whose own clock is late. */
function carelessStorage(): SessionStorage {
  const records = new Map<string, StoredRecord>()
  return {
    read: (key) => records.get(key) ?? null,
    write(key, value, { expiresAt, ifVersion }) {
      if ((records.get(key)?.version ?? null) !== ifVersion) return false
      records.set(key, { value, expiresAt, version: (ifVersion ?? 0) + 1 })
      return true
    },
    destroy: (key) => records.delete(key),
    sync: true,
  }
}

const STORAGES: Record<string, () => SessionStorage | CookieStorage> = {
  'the cookie': cookieStorage,
  memory: memoryStorage,
  'a storage that drops nothing': carelessStorage,
}

describe.each(Object.entries(STORAGES))('in %s', (_, create) => {
  it('E2 of 10,000 sessions with any lifetime none is served at its end or later, and each before', async () => {
    let seed = 1
    const random = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % below
    }
    const storage = create()
    const wrong: number[] = []
    const managers = Array.from({ length: 100 }, () => {
      const lifetime = 1 + random(100_000) / 1000
      const idleTimeout = random(2) === 0 ? undefined : 1 + random(50_000) / 1000
      const { sessions } = recordedSessions({ storage, lifetime, idleTimeout })
      return { sessions, end: Math.round(Math.min(lifetime, idleTimeout ?? Infinity) * 1000) }
    })
    for (let i = 0; i < 10_000; i++) {
      const { sessions, end } = managers[i % managers.length]!
      vi.setSystemTime(START + i)
      const cookie = await cookieWith(sessions)
      // Half of them are read within two milliseconds of their end.
      const at = Math.round(random(2) === 0 ? end - 2 + random(5) : random(2 * end))
      vi.setSystemTime(START + i + at)
      const served = (await sessions.read(cookie)).get('x') === 1
      if (served !== at < end) wrong.push(at - end)
    }
    expect(wrong).toEqual([])
  })

  it('a session that ends while a request works on it stays ended', async () => {
    const storage = create()
    const { sessions } = recordedSessions({ storage, lifetime: 10 })
    const cookie = await cookieWith(sessions)
    vi.setSystemTime(START + 9_999)
    const session = await sessions.read(cookie)
    session.set('x', 2)
    vi.setSystemTime(START + 10_000)
    const commit = async () => sessions.commit(session)
    if (!('stateless' in storage)) await expect(commit()).rejects.toBeInstanceOf(SessionGoneError)
    else await commit()
    expect((await sessions.read(cookie)).isNew).toBe(true)
  })

  it('reading moves an idle deadline, never the lifetime', async () => {
    const storage = create()
    const { sessions } = recordedSessions({ storage, lifetime: 10, idleTimeout: 4, touchEvery: 0 })
    let cookie = await cookieWith(sessions)
    for (const second of [3, 6, 9]) {
      vi.setSystemTime(START + second * 1000)
      const [line] = await visit(sessions, cookie, (session) => expect(session.get('x')).toBe(1))
      cookie = line?.split(';')[0] ?? cookie
    }
    vi.setSystemTime(START + 9_999)
    expect((await sessions.read(cookie)).get('x')).toBe(1)
    vi.setSystemTime(START + 10_000)
    expect((await sessions.read(cookie)).isNew).toBe(true)
  })
})
