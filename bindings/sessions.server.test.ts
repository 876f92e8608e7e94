import { describe, expect, it, vi } from 'vitest'
import { SessionGoneError } from './errors.ts'
import type { Session } from './session.ts'
import { cookieOf, cookieWith, recordedSessions, remoteStorage, visit } from './sessions.fixture.ts'
import { memoryStorage } from './storage/memory.ts'

describe('sessions on a server', () => {
  it('an id that is taken is never overwritten: another one is tried', async () => {
    const storage = memoryStorage()
    const { sessions } = recordedSessions({ storage })
    const taken = (await sessions.read(null)) as Session
    taken.set('x', 'mine')
    const cookie = cookieOf(await sessions.commit(taken))

    const random = vi.spyOn(crypto, 'getRandomValues')
    random.mockImplementationOnce((bytes) => {
      new Uint8Array((bytes as Uint8Array).buffer).set(Buffer.from(taken.id, 'base64url'))
      return bytes
    })
    const other = await cookieWith(sessions, { x: 'other' })
    random.mockRestore()
    expect(other).not.toBe(cookie)
    expect((await sessions.read(cookie)).get('x')).toBe('mine')
    expect((await sessions.read(other)).get('x')).toBe('other')
  })

  it('of two requests that both regenerate, one wins and the other is told', async () => {
    const { sessions } = recordedSessions({ storage: remoteStorage() })
    const cookie = await cookieWith(sessions)
    const commits = await Promise.allSettled(
      Array.from({ length: 8 }, () => visit(sessions, cookie, (session) => session.regenerateId()))
    )
    const won = commits.filter(({ status }) => status === 'fulfilled')
    const lost = commits.flatMap((commit) => (commit.status === 'rejected' ? [commit.reason] : []))
    expect(won).toHaveLength(1)
    expect(lost.every((reason) => reason instanceof SessionGoneError)).toBe(true)
  })

  it('what another request wrote while this one regenerates is kept', async () => {
    const { sessions } = recordedSessions({ storage: remoteStorage() })
    const cookie = await cookieWith(sessions)
    const slow = await sessions.read(cookie)
    slow.set('slow', 1)
    slow.regenerateId()
    await visit(sessions, cookie, (session) => session.set('fast', 1))
    const next = await sessions.read(cookieOf(await sessions.commit(slow)))
    expect(next.all()).toEqual({ x: 1, fast: 1, slow: 1 })
  })

  it('what is changed while the storage writes is written by the next commit, once', async () => {
    const { sessions } = recordedSessions({ storage: remoteStorage() })
    const cookie = await cookieWith(sessions, { n: 0 })
    const session = await sessions.read(cookie)
    const add = () => session.update('n', (n: number) => n + 1)
    add()
    const first = sessions.commit(session)
    add()
    await first
    await visit(sessions, cookie, (other) => other.update('n', (n: number) => n + 10))
    await sessions.commit(session)
    expect((await sessions.read(cookie)).get('n')).toBe(12)
  })

  it('a message that another request leaves survives any number of conflicts', async () => {
    const { sessions } = recordedSessions({ storage: remoteStorage() })
    const cookie = cookieOf(await visit(sessions, null, (session) => session.flash('old', 1)))
    const slow = await sessions.read(cookie)
    slow.set('slow', 1)
    expect(slow.get('old')).toBe(1)
    // Each write of the slow request comes too late, twice.
    const { storage } = sessions as unknown as { storage: ReturnType<typeof remoteStorage> }
    const { write } = storage
    let conflicts = 0
    vi.spyOn(storage, 'write').mockImplementation(async (key, value, options) => {
      if (value.includes('slow') && conflicts < 2) {
        conflicts++
        const other = await sessions.read(cookie)
        if (conflicts === 1) other.flash('new', 2)
        other.update('others', (n = 0) => n + 1)
        other.reflash()
        await sessions.commit(other)
      }
      return write(key, value, options)
    })
    await sessions.commit(slow)
    const next = await sessions.read(cookie)
    expect(conflicts).toBe(2)
    expect(next.all()).toEqual({ slow: 1, others: 2 })
    expect(next.get('new')).toBe(2)
  })

  it('a message that this request left survives a conflict of its next commit', async () => {
    const { sessions } = recordedSessions({ storage: remoteStorage() })
    const cookie = await cookieWith(sessions)
    const session = await sessions.read(cookie)
    session.flash('mine', 1)
    await sessions.commit(session)
    await sessions.update(session.id, (other) => {
      other.set('y', 2)
      other.reflash()
    })
    session.set('x', 3)
    await sessions.commit(session)
    const next = await sessions.read(cookie)
    expect([next.all(), next.allFlash()]).toEqual([{ x: 3, y: 2 }, { mine: 1 }])
  })

  it('a storage may answer at once without saying that it always does', async () => {
    const { read, write, destroy } = memoryStorage()
    const { sessions } = recordedSessions({ storage: { read, write, destroy } })
    const cookie = await cookieWith(sessions)
    const { result } = await sessions.with(cookie, (session) => session.get('x'))
    expect(result).toBe(1)
    await visit(sessions, cookie, (session) => session.destroy())
    expect((await sessions.read(cookie)).isNew).toBe(true)
  })

  it('a storage without touch() gets the same text again', async () => {
    vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ['Date'] })
    const { touch: _, ...storage } = memoryStorage()
    const { sessions } = recordedSessions({ storage, idleTimeout: 60 })
    const cookie = await cookieWith(sessions)
    vi.setSystemTime(1_700_000_040_000)
    await visit(sessions, cookie, (session) => session.get('x'))
    vi.setSystemTime(1_700_000_090_000)
    expect((await sessions.read(cookie)).get('x')).toBe(1)
    vi.useRealTimers()
  })

  it('get(), update() and destroy() work by id, and find nothing that is not there', async () => {
    const { sessions } = recordedSessions({ storage: remoteStorage() })
    const session = await sessions.read(null)
    session.set('x', 1)
    await sessions.commit(session)
    const { id } = session
    expect(await sessions.update(id, (session) => session.set('x', 2))).toBe(true)
    expect((await sessions.get(id))?.get('x')).toBe(2)
    expect(await sessions.destroy(id)).toBe(true)
    expect(await sessions.get(id)).toBeNull()
    expect(await sessions.update(id, (session) => session.set('x', 3))).toBe(false)
    expect(await sessions.destroy(id)).toBe(false)
    expect(await sessions.get('../../etc/passwd')).toBeNull()
  })

  it('sweep() tells how many records it removed', async () => {
    vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ['Date'] })
    const { sessions, events } = recordedSessions({ storage: memoryStorage(), lifetime: 10 })
    for (let i = 0; i < 5; i++) await cookieWith(sessions)
    vi.setSystemTime(1_700_000_010_000)
    events.length = 0
    expect([await sessions.sweep({ limit: 3 }), await sessions.sweep()]).toEqual([3, 2])
    expect(events).toEqual([
      { type: 'cleanup', count: 3 },
      { type: 'cleanup', count: 2 },
    ])
    vi.useRealTimers()
  })

  it.each([
    ['read', async (storage: ReturnType<typeof remoteStorage>) => vi.spyOn(storage, 'read')],
    ['write', async (storage: ReturnType<typeof remoteStorage>) => vi.spyOn(storage, 'write')],
    ['destroy', async (storage: ReturnType<typeof remoteStorage>) => vi.spyOn(storage, 'destroy')],
  ])('a storage that fails to %s gives a typed error with its cause', async (operation, spy) => {
    const storage = remoteStorage()
    const { sessions, events } = recordedSessions({ storage })
    const cookie = await cookieWith(sessions)
    ;(await spy(storage)).mockRejectedValue(new Error('down'))
    const run = async () =>
      visit(sessions, cookie, (session) =>
        operation === 'destroy' ? session.destroy() : session.set('x', 2)
      )
    const error = await run().catch((error: unknown) => error)
    expect(error).toMatchObject({
      name: 'SessionStorageError',
      operation,
      cause: { message: 'down' },
    })
    expect(events.at(-1)).toEqual({ type: 'error', error })
  })

  it('a record that is no record gives a new session and an event', async () => {
    const storage = memoryStorage()
    const { sessions, events } = recordedSessions({ storage })
    for (const text of ['', 'nul', '[]', '{}', '{"c":"now"}', '{"c":1,"d":[]}', '{"c":1}garbage']) {
      const cookie = await cookieWith(sessions)
      const key = (events.at(-1) as { key: string }).key
      storage.destroy(key)
      storage.write(key, text, { expiresAt: Date.now() + 1000, ifVersion: null })
      expect((await sessions.read(cookie)).get('x')).toBeUndefined()
      expect(events.at(-1)).toEqual({ type: 'reject', reason: 'corrupt' })
    }
  })
})

describe('a new session that holds nothing when it is committed', () => {
  it('is not stored and sets no cookie, whatever was tried with it', async () => {
    const storage = remoteStorage()
    const { sessions, events } = recordedSessions({ storage })
    const attempts: ((session: Session) => void)[] = [
      (session) => session.clear(),
      (session) => session.flash('m', undefined),
      (session) => session.update('x', () => undefined),
      (session) => session.regenerateId(),
      (session) => {
        session.set('x', 1)
        session.unset('x')
      },
      (session) => session.destroy(),
    ]
    for (const attempt of attempts) expect(await visit(sessions, null, attempt)).toEqual([])
    expect([storage.calls, events]).toEqual([[], []])
  })
})

describe('requests of one session in memory', () => {
  it.each([
    ['an object', { cart: { items: 1 } }],
    ['primitives', { count: 1 }],
  ])('do not see what another one does before it commits: %s', async (_, data) => {
    const { sessions } = recordedSessions({ storage: memoryStorage() })
    const cookie = await cookieWith(sessions, data)
    const first = await sessions.read(cookie)
    const second = await sessions.read(cookie)
    const [key] = Object.keys(data) as [string]
    const value = first.get(key)
    if (typeof value === 'object') value.items = 2
    first.set('more', true)
    first.flash('notice', 'saved')
    expect(second.all()).toEqual(data)
    expect((await sessions.read(cookie)).all()).toEqual(data)
  })

  it('see the newest text, and the moved deadline', async () => {
    const { sessions } = recordedSessions({ storage: memoryStorage(), idleTimeout: 60 })
    const cookie = await cookieWith(sessions, { count: 1 })
    for (let count = 2; count < 5; count++) {
      await visit(sessions, cookie, (session) => {
        expect(session.get('count')).toBe(count - 1)
        session.touch()
      })
      await visit(sessions, cookie, (session) => session.set('count', count))
    }
    expect((await sessions.read(cookie)).get('count')).toBe(4)
  })
})

describe('commit() on an asynchronous storage', () => {
  it('rejects, and does not throw, what fails at once', async () => {
    const { sessions } = recordedSessions({ storage: remoteStorage() })
    const session = await sessions.read(null)
    session.set('big', 1n)
    await expect(sessions.commit(session)).rejects.toThrow('"big"')
  })
})

describe('regenerateId({ grace }) after a value was changed in place', () => {
  it('freezes the session as it was stored', async () => {
    const { sessions } = recordedSessions({ storage: remoteStorage() })
    const cookie = await cookieWith(sessions, { rights: ['read'] })
    await visit(sessions, cookie, (session) => {
      const rights = session.get('rights')
      rights.push('write')
      session.set('rights', rights)
      session.regenerateId({ grace: 60 })
    })
    expect((await sessions.read(cookie)).get('rights')).toEqual(['read'])
  })
})
