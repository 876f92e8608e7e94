/**
 * Storages that fail, hang, and come back.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SessionStorageError } from './errors.ts'
import type { SessionEvent } from './events.ts'
import type { Session } from './session.ts'
import { cookieWith, recordedSessions, visit } from './sessions.fixture.ts'
import type { SessionStorage } from './storage/contract.ts'
import { leaseServer } from './storage/lease.fixture.ts'
import { memoryStorage } from './storage/memory.ts'

/** What is wrong with a storage: it fails at once, or later, or never answers, or answers too late. */
type Fault = 'throws' | 'rejects' | 'hangs' | 'late' | 'late rejection'
const FAULTS: Fault[] = ['throws', 'rejects', 'hangs', 'late', 'late rejection']

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** A storage some of whose methods can be broken. */
function breakable() {
  const memory = memoryStorage()
  const broken = new Map<string, Fault>()
  const calls: string[] = []
  const call = <Result>(name: string, run: () => Result): Promise<Result> => {
    calls.push(name)
    const fault = broken.get(name) ?? broken.get('all')
    if (fault === 'throws') throw new Error('down')
    const answer = async (): Promise<Result> => {
      if (fault === 'rejects') throw new Error('down')
      if (fault === 'hangs') await new Promise(() => undefined)
      if (fault === 'late' || fault === 'late rejection') await pause(60)
      if (fault === 'late rejection') throw new Error('connection reset')
      return run()
    }
    return answer()
  }
  const storage: SessionStorage = {
    atomic: true,
    read: (key) => call('read', () => memory.read(key)),
    write: (key, value, options) => call('write', () => memory.write(key, value, options)),
    destroy: (key) => call('destroy', () => memory.destroy(key)),
    touch: (key, expiresAt) => call('touch', () => memory.touch(key, expiresAt)),
    sweep: (limit) => call('sweep', () => memory.sweep(limit)),
  }
  return { storage, broken, calls, memory }
}

const errorOf = (work: () => unknown): Promise<unknown> =>
  new Promise((resolve) => resolve(work())).then(
    () => null,
    (error: unknown) => error
  )

const rejections: unknown[] = []
const remember = (reason: unknown): void => void rejections.push(reason)
beforeEach(() => void process.on('unhandledRejection', remember))
afterEach(async () => {
  await pause(80) // what comes late has come
  process.off('unhandledRejection', remember)
  expect(rejections).toEqual([])
})

const set = (session: Session): void => session.set('x', 2)
const destroy = (session: Session): void => session.destroy()
const regenerate = (session: Session): void => session.regenerateId()
const touch = (session: Session): void => session.touch()
const read = (session: Session): unknown => session.get('x')

describe.each(FAULTS)('a storage that %s', (fault) => {
  const create = (options = {}) => {
    const parts = breakable()
    const all = recordedSessions({ storage: parts.storage, timeout: 0.02, ...options })
    return { ...parts, ...all }
  }
  const failures = (events: readonly SessionEvent[]) =>
    events.flatMap((event) => (event.type === 'error' ? [event.error] : []))

  it.each([
    ['read', read],
    ['write', set],
    ['write', regenerate],
    ['destroy', destroy],
    ['touch', touch],
  ])('H1 to %s gives a typed error, and works again by itself', async (operation, use) => {
    const { sessions, events, broken } = create({ idleTimeout: 3600 })
    const cookie = await cookieWith(sessions)
    broken.set(operation, fault)
    // The end of an idle deadline can be moved a millisecond later at the earliest.
    await pause(2)
    const error = (await errorOf(() => visit(sessions, cookie, use))) as SessionStorageError
    expect(error).toBeInstanceOf(SessionStorageError)
    expect([error.operation, error.code]).toEqual([operation, 'SESSION_STORAGE'])
    const { cause } = error as { cause: Error }
    if (fault === 'throws' || fault === 'rejects') expect(cause.message).toBe('down')
    else expect([cause.name, cause.message]).toEqual(['TimeoutError', 'No answer within 0.02 s'])
    expect(failures(events)).toEqual([error])
    await pause(80)
    expect(failures(events)).toEqual([error]) // what comes late is no second failure
    broken.clear()
    await visit(sessions, cookie, set).catch((error: Error) => {
      // A write that came late was done all the same: the session may have ended with it.
      expect([fault, error.name]).toEqual(['late', 'SessionGoneError'])
    })
  })

  it('H1 to create a session sets no cookie', async () => {
    const { sessions, broken } = create()
    broken.set('write', fault)
    const error = await errorOf(() => visit(sessions, null, set))
    expect(error).toBeInstanceOf(SessionStorageError)
  })

  it('H1 is asked once by a request, and not again by its commit', async () => {
    const { sessions, broken, calls } = create()
    const cookie = await cookieWith(sessions)
    broken.set('all', fault)
    calls.length = 0
    const session = sessions.defer(cookie)
    expect(await errorOf(() => session.load())).toBeInstanceOf(SessionStorageError)
    expect(await sessions.commit(session, { final: true })).toEqual([])
    expect(calls).toEqual(['read'])
  })

  it('H1 can be loaded again in the same request, once it is there again', async () => {
    const { sessions, broken } = create()
    const cookie = await cookieWith(sessions)
    broken.set('all', fault)
    const session = sessions.defer(cookie)
    expect(await errorOf(() => session.load())).toBeInstanceOf(SessionStorageError)
    broken.clear()
    await session.load()
    set(session)
    await sessions.commit(session)
    expect((await sessions.read(cookie)).get('x')).toBe(2)
  })

  describe("with onStorageError: 'empty'", () => {
    it('serves an empty session, writes nothing of it, and leaves the cookie alone', async () => {
      const { sessions, events, broken, calls, memory } = create({ onStorageError: 'empty' })
      const cookie = await cookieWith(sessions)
      broken.set('read', fault)
      calls.length = 0
      const session = await sessions.read(cookie)
      expect([session.isNew, session.all()]).toEqual([true, {}])
      set(session)
      regenerate(session)
      session.flash('notice', 'hello')
      expect(await sessions.commit(session)).toEqual([])
      expect([calls, memory.size, failures(events).length]).toEqual([['read'], 1, 1])
      broken.clear()
      expect((await sessions.read(cookie)).all()).toEqual({ x: 1 })
    })

    it('tells nobody that they are signed out who are not', async () => {
      const { sessions, broken } = create({ onStorageError: 'empty' })
      const cookie = await cookieWith(sessions)
      broken.set('all', fault)
      const error = await errorOf(() => visit(sessions, cookie, destroy))
      expect(error).toBeInstanceOf(SessionStorageError)
    })
  })

  describe.each(['readonly', 'empty'] as const)('with onStorageError: %j', (onStorageError) => {
    it.each([
      ['write', set],
      ['write', regenerate],
      ['touch', touch],
    ])('serves what can be read, and drops what it cannot %s', async (operation, use) => {
      const { sessions, events, broken } = create({ onStorageError, idleTimeout: 3600 })
      const cookie = await cookieWith(sessions)
      broken.set(operation, fault)
      await pause(2)
      const lines = await visit(sessions, cookie, (session) => {
        expect(session.get('x')).toBe(1)
        use(session)
      })
      expect([lines, failures(events).length]).toEqual([[], 1])
    })

    it('drops a new session, and sets no cookie for it', async () => {
      const { sessions, events, broken } = create({ onStorageError })
      broken.set('write', fault)
      expect(await visit(sessions, null, set)).toEqual([])
      expect(failures(events)).toHaveLength(1)
    })

    it('lets no destroy() be dropped, and nothing that is done by id', async () => {
      const { sessions, broken } = create({ onStorageError })
      const cookie = await cookieWith(sessions)
      const { id } = await sessions.read(cookie)
      broken.set('write', fault)
      broken.set('destroy', fault)
      for (const work of [
        () => visit(sessions, cookie, destroy),
        () => sessions.update(id, set),
        () => sessions.destroy(id),
      ]) {
        expect(await errorOf(work)).toBeInstanceOf(SessionStorageError)
      }
      broken.set('read', fault)
      expect(await errorOf(() => sessions.get(id))).toBeInstanceOf(SessionStorageError)
    })

    it('goes on without the lock that the storage cannot give', async () => {
      const { storage } = breakable()
      const lock = async () => {
        if (fault === 'throws' || fault === 'rejects') throw new Error('READONLY')
        return { extend: () => true, release: () => Promise.reject(new Error('READONLY')) }
      }
      const all = recordedSessions({ storage: { ...storage, lock }, onStorageError, lock: true })
      const cookie = await cookieWith(all.sessions)
      expect(await visit(all.sessions, cookie, set)).toEqual([])
      expect(failures(all.events)).toHaveLength(1)
      const { result } = await all.sessions.with(cookie, read)
      expect(result).toBe(2)
    })
  })

  it("with onStorageError: 'readonly' a read that fails is an error", async () => {
    const { sessions, broken } = create({ onStorageError: 'readonly' })
    const cookie = await cookieWith(sessions)
    broken.set('read', fault)
    const error = await errorOf(() => visit(sessions, cookie, read))
    expect(error).toMatchObject({ name: 'SessionStorageError', operation: 'read' })
  })

  it('H2 gives no answer to another request that was meant for one that has given up', async () => {
    const { sessions, broken } = create()
    const cookies = await Promise.all(
      Array.from({ length: 50 }, (_, n) => cookieWith(sessions, { n }))
    )
    let wrong = 0
    let served = 0
    for (let round = 0; round < 4; round++) {
      if (round % 2 === 0) broken.set('read', fault)
      else broken.clear()
      const requests = cookies.map(async (cookie, n) => {
        const session = await sessions.read(cookie)
        served++
        if (session.get('n') !== n) wrong++
      })
      const ends = await Promise.allSettled(requests)
      for (const end of ends) {
        if (end.status === 'rejected') expect(end.reason).toBeInstanceOf(SessionStorageError)
      }
    }
    expect([wrong, served]).toEqual([0, 100])
  })

  it('to lock gives a typed error, and the lock is free when it works again', async () => {
    const parts = breakable()
    const server = leaseServer()
    let down = true
    const lock: SessionStorage['lock'] = (key, options) => {
      if (!down) return server.lock(key, options)
      if (fault === 'throws') throw new Error('down')
      if (fault === 'rejects') return Promise.reject(new Error('down'))
      if (fault === 'late rejection')
        return pause(60).then(() => Promise.reject(new Error('reset')))
      if (fault === 'late')
        return pause(60).then(() =>
          server.lock(key, { ...options, signal: new AbortController().signal })
        )
      return new Promise(() => undefined)
    }
    const options = { storage: { ...parts.storage, lock }, lockTimeout: 0.02 }
    const { sessions } = recordedSessions(options)
    const cookie = await cookieWith(sessions)
    const error = (await errorOf(() => sessions.with(cookie, read))) as SessionStorageError
    const failed = fault === 'throws' || fault === 'rejects'
    expect(error.name).toBe(failed ? 'SessionStorageError' : 'SessionLockTimeoutError')
    if (failed) expect(error.operation).toBe('lock')
    down = false
    await pause(80)
    expect((await sessions.with(cookie, read)).result).toBe(1)
  })
})

describe('a synchronous storage that fails', () => {
  const create = (options = {}) => {
    const storage = memoryStorage()
    const down = (): never => {
      throw new Error('disk full')
    }
    return { storage, down, ...recordedSessions({ storage, ...options }) }
  }

  it('throws at the access, and the commit does not ask again', async () => {
    const { sessions, storage, down } = create()
    const cookie = await cookieWith(sessions)
    const spy = vi.spyOn(storage, 'read').mockImplementation(down)
    const session = sessions.defer(cookie)
    expect(() => session.get('x')).toThrow(SessionStorageError)
    expect(sessions.commit(session)).toEqual([])
    expect(spy).toHaveBeenCalledTimes(1)
    spy.mockRestore()
  })

  it("with onStorageError: 'empty' and 'readonly' is dealt with as others are", async () => {
    const { sessions, storage, down } = create({ onStorageError: 'empty' })
    const cookie = await cookieWith(sessions)
    const write = vi.spyOn(storage, 'write').mockImplementation(down)
    expect(await visit(sessions, cookie, set)).toEqual([])
    const spy = vi.spyOn(storage, 'read').mockImplementation(down)
    const session = sessions.defer(cookie)
    expect(session.get('x')).toBeUndefined()
    expect(sessions.commit(session)).toEqual([])
    write.mockRestore()
    spy.mockRestore()
    expect((await sessions.read(cookie)).get('x')).toBe(1)
  })
})

it.each([
  ['timeout', 0],
  ['timeout', Infinity],
  ['onStorageError', 'ignore'],
])('refuses %s: %s', (name, value) => {
  const options = { storage: memoryStorage(), [name]: value }
  expect(() => recordedSessions(options)).toThrow(name)
})
