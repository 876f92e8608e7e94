import { afterEach, describe, expect, it, vi } from 'vitest'
import { ConfigurationError, SessionStorageError } from './errors.ts'
import { sessionConformance } from './session-conformance.ts'
import { cookieOf, cookieWith, recordedSessions, SECRET, visit } from './sessions.fixture.ts'
import { createSessions, type Sessions } from './sessions.ts'
import type { SessionStorage } from './storage/contract.ts'
import { memoryStorage } from './storage/memory.ts'

/** A storage with owners whose answers come in any order. */
function distantStorage(): SessionStorage {
  const { read, write, destroy, owners } = memoryStorage()
  const later = async <Result>(call: () => Result): Promise<Result> => {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 3))
    return call()
  }
  return {
    atomic: true,
    read: (key) => later(() => read(key)),
    write: (key, value, options) => later(() => write(key, value, options)),
    destroy: (key) => later(() => destroy(key)),
    owners: {
      add: (owner, key, expiresAt) => later(() => owners.add(owner, key, expiresAt)),
      remove: (owner, key) => later(() => owners.remove(owner, key)),
      keys: (owner) => later(() => owners.keys(owner)),
    },
  }
}

describe('owners in a storage whose answers come in any order', () => {
  const cases = sessionConformance(distantStorage, { interleavings: 10 })
  const owners = cases.filter(({ name }) => name.startsWith('owners: '))
  it('there are tests', () => expect(owners.length).toBeGreaterThan(9))
  for (const { name, run } of owners)
    it(`${name}, 5 times`, async () => {
      for (let i = 0; i < 5; i++) await run()
    })
})

describe('owners', () => {
  it.each([42, '', undefined, {}])('session.owner refuses %j', (owner) => {
    const session = createSessions({ secrets: SECRET, storage: memoryStorage() }).defer(null)
    expect(() => {
      session.owner = owner as never
    }).toThrow(TypeError)
    expect(session.owner).toBeNull()
  })

  it('session.labels need an owner, are texts, and are cut to 256 characters', async () => {
    const session = createSessions({ secrets: SECRET, storage: memoryStorage() }).defer(null)
    const label = (labels: object) => () => {
      session.labels = labels as never
    }
    expect(label({ device: 'x' })).toThrow(/owner/)
    session.owner = 'ada'
    expect(label({ device: 7 })).toThrow(TypeError)
    label({ device: 'x'.repeat(9000) })()
    expect(session.labels).toEqual({ device: 'x'.repeat(256) })
  })

  it('a storage without owners refuses them when they are set, listed or counted', async () => {
    const { read, write, destroy } = memoryStorage()
    const storage: SessionStorage = { read, write, destroy, sync: true }
    const sessions = createSessions({ secrets: SECRET, storage })
    const session = await sessions.read(null)
    expect(() => sessions.owner(session, 'ada')).toThrow(ConfigurationError)
    await expect(sessions.listByOwner('ada')).rejects.toThrow(ConfigurationError)
    await expect(sessions.revokeByOwner('ada')).rejects.toThrow(/keeps no owners/)
    expect(() => createSessions({ secrets: SECRET, storage, maxPerOwner: 3 })).toThrow(
      ConfigurationError
    )
  })

  it.each([0, -1, 1.5, Number.NaN, '3' as never])('maxPerOwner refuses %s', (maxPerOwner) => {
    const options = { secrets: SECRET, storage: memoryStorage(), maxPerOwner }
    expect(() => createSessions(options)).toThrow(/maxPerOwner must be a positive integer/)
  })

  it('sessions.owner() says both at once, and with a synchronous storage nothing waits', async () => {
    const { sessions, events } = recordedSessions({ storage: memoryStorage(), maxPerOwner: 1 })
    const cookies = ['laptop', 'phone'].map((device) => {
      const session = sessions.defer(null)
      sessions.owner(session, 'ada', { device })
      const cookie = cookieOf(sessions.commit(session) as string[])
      // Of two sign-ins in one millisecond either may count as the newer.
      for (const now = Date.now(); Date.now() === now; );
      return cookie
    })
    const list = await sessions.listByOwner('ada')
    expect(list.map(({ labels }) => labels)).toEqual([{ device: 'phone' }])
    expect(list[0]).not.toHaveProperty('id')
    const [removal] = await visit(sessions, cookies[0]!, (session) => session.get('x'))
    expect(removal).toContain('; Max-Age=0;')
    expect(events.at(-1)).toEqual({ type: 'reject', reason: 'unknown-id' })
    expect(events.filter(({ type }) => type === 'destroy')).toHaveLength(1)
  })

  it('an index that is full of what is not so harms nobody', async () => {
    const storage = memoryStorage()
    const sessions = createSessions({ secrets: SECRET, storage, maxPerOwner: 2 })
    const bystander = await cookieWith(sessions, { x: 1 })
    const session = await sessions.read(null)
    session.owner = 'ada'
    const [index, key] = [vi.spyOn(storage.owners, 'add'), sessions.keyOf(session)]
    const cookie = cookieOf(await sessions.commit(session))
    const [owner] = index.mock.calls[0]!
    expect(owner).toMatch(/^[\w-]{43}$/)
    const other = sessions.keyOf(await sessions.read(bystander))
    for (const stale of [other, 'gone'.padEnd(43, '_')]) {
      storage.owners.add(owner, stale, Date.now() + 60_000)
    }
    expect((await sessions.listByOwner('ada')).map((owned) => owned.key)).toEqual([key])
    expect(await sessions.revokeByOwner('ada')).toBe(1)
    expect((await sessions.read(cookie)).isNew).toBe(true)
    expect((await sessions.read(bystander)).get('x')).toBe(1)
  })

  it('revokeByOwner() ends a session that got a new id after the index was read', async () => {
    const storage = memoryStorage()
    const sessions = createSessions({ secrets: SECRET, storage })
    const session = await sessions.read(null)
    session.owner = 'ada'
    const cookies = [cookieOf(await sessions.commit(session))]
    session.regenerateId()
    const { keys } = storage.owners
    vi.spyOn(storage.owners, 'keys').mockImplementationOnce((owner) => {
      const before = keys(owner)
      cookies.push(cookieOf(sessions.commit(session) as string[]))
      return before
    })
    expect(await sessions.revokeByOwner('ada')).toBe(1)
    for (const cookie of cookies) expect((await sessions.read(cookie)).isNew).toBe(true)
  })

  it('a failure of the index after the write fails no request', async () => {
    const storage = memoryStorage()
    const { sessions, events } = recordedSessions({ storage })
    const session = await sessions.read(null)
    session.owner = 'ada'
    const cookie = cookieOf(await sessions.commit(session))
    vi.spyOn(storage.owners, 'remove').mockImplementation(() => {
      throw new Error('down')
    })
    await visit(sessions, cookie, (session) => session.destroy())
    expect(events.map(({ type }) => type)).toContain('error')
    expect((await sessions.read(cookie)).isNew).toBe(true)
  })

  it('a failure of the index before the write writes nothing', async () => {
    const storage = memoryStorage()
    const sessions = createSessions({ secrets: SECRET, storage })
    vi.spyOn(storage.owners, 'add').mockImplementation(() => {
      throw new Error('down')
    })
    const session = await sessions.read(null)
    session.owner = 'ada'
    expect(() => sessions.commit(session)).toThrow(/failed to add to an owner/)
    expect(storage.size).toBe(0)
  })
})

describe('owners and time', () => {
  afterEach(() => void vi.useRealTimers())

  it('lastSeenAt is the last use to within touchEvery, and null without an idleTimeout', async () => {
    vi.useFakeTimers({ now: 1_800_000_000_000 })
    const storage = memoryStorage()
    const times = { lifetime: 3600, idleTimeout: 600, touchEvery: 60 }
    const sessions = createSessions({ secrets: SECRET, storage, ...times })
    const cookie = cookieOf(
      await visit(sessions, null, (session) => {
        session.owner = 'ada'
      })
    )
    const lastSeen = async () => (await sessions.listByOwner('ada'))[0]!.lastSeenAt! - 1.8e12
    expect(await lastSeen()).toBe(0)
    vi.advanceTimersByTime(30_000)
    await visit(sessions, cookie, (session) => session.owner)
    expect(await lastSeen()).toBe(0)
    vi.advanceTimersByTime(300_000)
    await visit(sessions, cookie, (session) => session.owner)
    expect(await lastSeen()).toBe(330_000)
    const idle = createSessions({ secrets: SECRET, storage })
    expect((await idle.listByOwner('ada'))[0]!.lastSeenAt).toBeNull()
  })

  it('a session is in the index for as long as it lives, also if the lifetime was raised', async () => {
    vi.useFakeTimers({ now: 1_800_000_000_000 })
    const storage = memoryStorage()
    const before = createSessions({ secrets: SECRET, storage, lifetime: 3600 })
    const cookie = cookieOf(
      await visit(before, null, (session) => {
        session.owner = 'ada'
      })
    )
    vi.advanceTimersByTime(1_800_000)
    const after = createSessions({ secrets: SECRET, storage, lifetime: 36_000 })
    await visit(after, cookie, (session) => session.set('x', 1))
    vi.advanceTimersByTime(1_799_999)
    expect((await after.listByOwner('ada')).length).toBe(1)
    expect((await after.read(cookie)).owner).toBe('ada')
    vi.advanceTimersByTime(1)
    expect((await after.read(cookie)).isNew).toBe(true)
  })
})

describe('N09 revokeByOwner', () => {
  /** Signs a user in so many times; the cookies. */
  async function signIns(sessions: Sessions, count: number): Promise<string[]> {
    const cookies: string[] = []
    for (let i = 0; i < count; i++) {
      const lines = await visit(sessions, null, (session) => {
        session.owner = 'ada'
      })
      cookies.push(cookieOf(lines))
    }
    return cookies
  }

  const livesOf = async (sessions: Sessions, cookies: string[]): Promise<number> => {
    const all = await Promise.all(
      cookies.map(async (cookie) => (await sessions.read(cookie)).owner)
    )
    return all.filter((owner) => owner === 'ada').length
  }

  it('has a bounded number of calls under way, and ends 2,000 sessions', async () => {
    const memory = memoryStorage()
    const cookies = await signIns(
      createSessions({ secrets: SECRET, storage: memory, maxPerOwner: 9999 }),
      2000
    )
    let [underWay, most] = [0, 0]
    const counted = async <Result>(call: () => Result): Promise<Result> => {
      most = Math.max(most, ++underWay)
      await new Promise((resolve) => setImmediate(resolve))
      underWay--
      return call()
    }
    const storage: SessionStorage = {
      atomic: true,
      read: (key) => counted(() => memory.read(key)),
      write: (key, value, options) => counted(() => memory.write(key, value, options)),
      destroy: (key) => counted(() => memory.destroy(key)),
      owners: memory.owners,
    }
    const sessions = createSessions({ secrets: SECRET, storage })
    expect(await sessions.revokeByOwner('ada')).toBe(2000)
    expect(most).toBeLessThanOrEqual(16)
    expect(await livesOf(sessions, cookies)).toBe(0)
  })

  it('makes progress with every call, whatever fails, and says that it failed', async () => {
    const memory = memoryStorage()
    let calls = 0
    const flaky = <Result>(call: () => Result): Result => {
      if (++calls % 5 === 0) throw new Error('down')
      return call()
    }
    const storage: SessionStorage = {
      ...memory,
      atomic: true,
      sync: true,
      read: (key) => flaky(() => memory.read(key)),
      write: memory.write,
      destroy: (key) => flaky(() => memory.destroy(key)),
    }
    const direct = createSessions({ secrets: SECRET, storage: memory })
    const cookies = await signIns(direct, 90)
    const sessions = createSessions({ secrets: SECRET, storage })
    let left = 90
    for (let tries = 0; left > 0; tries++) {
      expect(tries).toBeLessThan(20)
      const error = await sessions.revokeByOwner('ada').then(
        () => null,
        (error: Error) => error
      )
      const now = await livesOf(direct, cookies)
      // Of many there are always some that can be ended.
      expect(now).toBeLessThan(Math.max(left, 2))
      if (now > 0) expect(error).toBeInstanceOf(SessionStorageError)
      left = now
    }
  })

  it('goes on past a record that always fails', async () => {
    const memory = memoryStorage()
    const direct = createSessions({ secrets: SECRET, storage: memory })
    const cookies = await signIns(direct, 20)
    const broken = direct.keyOf(await direct.read(cookies[0]!))
    const storage: SessionStorage = {
      ...memory,
      read(key) {
        if (key === broken) throw new Error('a broken record')
        return memory.read(key)
      },
    }
    const sessions = createSessions({ secrets: SECRET, storage })
    await expect(sessions.revokeByOwner('ada')).rejects.toBeInstanceOf(SessionStorageError)
    expect(await livesOf(direct, cookies)).toBe(1)
  })

  it('stops asking a storage that is down', async () => {
    const memory = memoryStorage()
    await signIns(createSessions({ secrets: SECRET, storage: memory }), 500)
    let asked = 0
    const storage: SessionStorage = {
      ...memory,
      read() {
        asked++
        throw new Error('down')
      },
    }
    const sessions = createSessions({ secrets: SECRET, storage })
    await expect(sessions.revokeByOwner('ada')).rejects.toBeInstanceOf(SessionStorageError)
    expect(asked).toBeLessThan(60)
  })

  it('takes an index that may have lost entries for none: it ends what it finds, and throws', async () => {
    const memory = memoryStorage()
    const storage: SessionStorage = {
      ...memory,
      owners: { ...memory.owners, gaps: () => 'the server drops entries' },
    }
    const sessions = createSessions({ secrets: SECRET, storage })
    const cookies = await signIns(sessions, 3)
    const error = await sessions.revokeByOwner('ada').catch((error: Error) => error)
    expect(error).toBeInstanceOf(SessionStorageError)
    expect((error as Error).cause).toMatchObject({ message: 'the server drops entries' })
    expect(await livesOf(sessions, cookies)).toBe(0)
  })

  it('an owner has at most 1000 sessions by default: beyond that the oldest hundred end', async () => {
    const sessions = createSessions({ secrets: SECRET, storage: memoryStorage() })
    const cookies = await signIns(sessions, 1000)
    expect(await livesOf(sessions, cookies)).toBe(1000)
    await signIns(sessions, 1)
    expect((await sessions.listByOwner('ada')).length).toBe(900)
  })
})
