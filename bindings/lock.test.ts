import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  ConfigurationError,
  SessionCommittedError,
  SessionGoneError,
  SessionLockLostError,
  SessionLockTimeoutError,
} from './errors.ts'
import { GONE, LockQueue } from './lock-queue.ts'
import type { Session } from './session.ts'
import { cookieWith, recordedSessions, remoteStorage, visit } from './sessions.fixture.ts'
import type { Sessions } from './sessions.ts'
import { storageConformance } from './storage/conformance.ts'
import type { SessionStorage } from './storage/contract.ts'
import { leaseServer, type LeaseServer } from './storage/lease.fixture.ts'
import { memoryStorage } from './storage/memory.ts'

afterEach(() => void vi.useRealTimers())

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error
  )

/** A server of sessions and locks, and the sessions of some processes that share it. */
function processes(
  count = 1,
  options = {}
): { sessions: Sessions[]; server: LeaseServer } & {
  storage: ReturnType<typeof remoteStorage>
} {
  const server = leaseServer()
  const storage = remoteStorage(0)
  const sessions = Array.from({ length: count }, () => {
    const connection = { ...storage, lock: server.lock }
    return recordedSessions({ storage: connection, ...options }).sessions
  })
  return { sessions, server, storage }
}

/** A plain read and write with time between, which loses counts unless it is alone. */
async function addOne(session: Session): Promise<void> {
  const n = session.get('n')
  await pause(1)
  session.set('n', n + 1)
}

describe('the lease server of these tests keeps the contract', () => {
  const create = (): SessionStorage => ({ ...remoteStorage(0), lock: leaseServer().lock })
  for (const { name, run } of storageConformance(create)) {
    if (/lock|extend|release|abort/.test(name)) it(name, run)
  }
})

describe.each<[string, () => Sessions[]]>([
  ['in one process', () => [recordedSessions({ storage: memoryStorage() }).sessions]],
  ['in one process, across a network', () => processes(1).sessions],
  ['in three processes', () => processes(3).sessions],
])('with() %s', (_, create) => {
  it('loses no count of fifty plain reads and writes', async () => {
    const sessions = create()
    const cookie = await cookieWith(sessions[0]!, { n: 0 })
    const work = Array.from({ length: 50 }, (_, i) =>
      sessions[i % sessions.length]!.with(cookie, addOne)
    )
    await Promise.all(work)
    expect((await sessions[0]!.read(cookie)).get('n')).toBe(50)
  })

  it('does not wait for another session', async () => {
    const [sessions] = create() as [Sessions]
    const [one, other] = [await cookieWith(sessions), await cookieWith(sessions)]
    await sessions.with(one, () => sessions.with(other, (session) => session.set('x', 2)))
    expect((await sessions.read(other)).get('x')).toBe(2)
  })

  it('F6, §2.37 locks in opposite order end in a typed error, and both are free afterwards', async () => {
    const [sessions] = create() as [Sessions]
    const { storage } = sessions
    const impatient = recordedSessions({ storage, lockTimeout: 0.1 }).sessions
    const [one, other] = [await cookieWith(sessions), await cookieWith(sessions)]
    const both = (first: string, second: string) =>
      impatient.with(first, async () => {
        await pause(20)
        await impatient.with(second, () => undefined)
      })
    const ends = await Promise.allSettled([both(one, other), both(other, one)])
    const errors = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
    expect(errors.length).toBeGreaterThan(0)
    for (const error of errors) expect(error).toBeInstanceOf(SessionLockTimeoutError)
    await both(one, other)
    await both(other, one)
  })
})

it('F7, §2.37 a thousand requests that wait for one session ask the storage four times each', async () => {
  const { sessions, server, storage } = processes(1, { lockTimeout: 60 })
  const cookie = await cookieWith(sessions[0]!, { n: 0 })
  storage.calls.length = 0
  const timers = vi.spyOn(globalThis, 'setTimeout')
  const work = Array.from({ length: 1000 }, () =>
    sessions[0]!.with(cookie, (session) => session.set('n', session.get('n') + 1))
  )
  await Promise.all(work)
  const asked = [...storage.calls, ...server.calls]
  const count = (call: string): number => asked.filter((other) => other === call).length
  // One timer for each wait, one for each call, and one that asks whether the storage answers at all.
  expect(timers.mock.calls.length).toBeLessThanOrEqual(1000 + asked.length + 10)
  timers.mockRestore()
  expect(['lock', 'read', 'write', 'release', 'extend'].map(count)).toEqual([
    1000, 1000, 1000, 1000, 0,
  ])
  expect((await sessions[0]!.read(cookie)).get('n')).toBe(1000)
})

describe('a lock', () => {
  it('§2.37 is given in the order of asking', async () => {
    const { sessions } = recordedSessions({ storage: memoryStorage() })
    const cookie = await cookieWith(sessions, { order: [] })
    const work = Array.from({ length: 10 }, (_, i) =>
      sessions.with(cookie, (session) => session.update('order', (order) => [...order, i]))
    )
    await Promise.all(work)
    expect((await sessions.read(cookie)).get('order')).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('is not asked for without a session that lives', async () => {
    const { sessions, server, storage } = processes()
    const cookie = await cookieWith(sessions[0]!)
    for (const header of [null, '', 'a=b', `${cookie}x`, `${cookie.slice(0, -1)}`]) {
      await sessions[0]!.with(header, () => undefined)
    }
    expect(server.calls).toEqual([])
    await sessions[0]!.with(cookie, (session) => session.destroy())
    server.calls.length = 0
    storage.calls.length = 0
    await sessions[0]!.with(cookie, (session) => {
      expect(session.isNew).toBe(true)
      expect(server.calls).toEqual(['lock', 'release'])
    })
    expect(storage.calls).toEqual(['read'])
  })

  it('of a session that was read before shows what another request has written since', async () => {
    const { sessions } = processes()
    const cookie = await cookieWith(sessions[0]!, { n: 1 })
    const session = await sessions[0]!.read(cookie)
    expect(session.get('n')).toBe(1)
    await visit(sessions[0]!, cookie, (other) => {
      other.set('n', 2)
      other.flash('notice', 'hello')
    })
    await session.lock()
    expect([session.get('n'), session.get('notice')]).toEqual([2, 'hello'])
    await sessions[0]!.commit(session)
    expect((await sessions[0]!.read(cookie)).get('notice')).toBeUndefined()
  })

  it('keeps what this request did before it', async () => {
    const { sessions } = processes()
    const cookie = await cookieWith(sessions[0]!, { n: 1 })
    const session = await sessions[0]!.read(cookie)
    session.set('mine', 1)
    await visit(sessions[0]!, cookie, (other) => other.set('n', 2))
    await session.lock()
    expect(session.all()).toEqual({ n: 2, mine: 1 })
    await sessions[0]!.commit(session)
    expect((await sessions[0]!.read(cookie)).all()).toEqual({ n: 2, mine: 1 })
  })

  it('of a session that has ended meanwhile gives a new one, or says so if it was changed', async () => {
    const { sessions, server } = processes()
    const cookie = await cookieWith(sessions[0]!)
    const [looked, changed] = [await sessions[0]!.read(cookie), await sessions[0]!.read(cookie)]
    expect(looked.get('x')).toBe(1)
    changed.set('x', 2)
    await visit(sessions[0]!, cookie, (session) => session.destroy())
    await looked.lock()
    expect([looked.isNew, looked.all()]).toEqual([true, {}])
    await expect(changed.lock()).rejects.toBeInstanceOf(SessionGoneError)
    expect(server.calls).toEqual(['lock', 'release', 'lock', 'release'])
  })

  it('is taken once in a request, however often it is asked for', async () => {
    const { sessions, server } = processes()
    const session = await sessions[0]!.read(await cookieWith(sessions[0]!))
    await Promise.all(Array.from({ length: 10 }, () => session.lock()))
    await session.lock()
    await sessions[0]!.commit(session)
    expect(server.calls).toEqual(['lock', 'release'])
  })

  it('that comes after the response has started is given back', async () => {
    const { sessions, server } = processes()
    const session = await sessions[0]!.read(await cookieWith(sessions[0]!))
    const locking = errorOf(session.lock())
    await sessions[0]!.commit(session, { final: true })
    expect(await locking).toBeInstanceOf(SessionCommittedError)
    expect(server.calls).toEqual(['lock', 'release'])
    await expect(session.lock()).rejects.toBeInstanceOf(SessionCommittedError)
  })

  it('is given back whatever happens', async () => {
    const { sessions, server, storage } = processes()
    const cookie = await cookieWith(sessions[0]!)
    const failures: ((session: Session) => unknown)[] = [
      () => Promise.reject(new Error('handler')),
      () => {
        throw new Error('handler')
      },
      (session) => session.set('x', 1n),
      (session) => {
        vi.spyOn(storage, 'write').mockRejectedValueOnce(new Error('down'))
        session.set('x', 2)
      },
    ]
    const connection = {
      ...storage,
      write: (...a: Parameters<typeof storage.write>) => storage.write(...a),
    }
    const over = recordedSessions({ storage: { ...connection, lock: server.lock } }).sessions
    for (const failure of failures) {
      expect(await errorOf(over.with(cookie, failure))).toBeInstanceOf(Error)
    }
    vi.restoreAllMocks()
    expect(await over.with(cookie, (session) => session.get('x'))).toMatchObject({
      result: 1,
      setCookie: [],
    })
    expect(server.calls.filter((call) => call === 'lock')).toHaveLength(5)
    expect(server.calls.filter((call) => call === 'release')).toHaveLength(5)
  })

  it('is given back if the session cannot be read', async () => {
    const server = leaseServer()
    const storage = { ...remoteStorage(0), lock: server.lock }
    const { sessions } = recordedSessions({ storage })
    const cookie = await cookieWith(sessions)
    const read = vi.spyOn(storage, 'read').mockRejectedValueOnce(new Error('down'))
    await expect(sessions.with(cookie, () => undefined)).rejects.toMatchObject({
      operation: 'read',
    })
    read.mockRestore()
    expect((await sessions.with(cookie, (session) => session.get('x'))).result).toBe(1)
  })

  it('can be waited for until a signal says no, which leaves no place in the queue', async () => {
    for (const sessions of [
      recordedSessions({ storage: memoryStorage() }).sessions,
      processes().sessions[0]!,
    ]) {
      const cookie = await cookieWith(sessions)
      const reason = new Error('the visitor has gone')
      const controller = new AbortController()
      await sessions.with(cookie, async () => {
        const waiting = errorOf(
          sessions.with(cookie, () => undefined, { signal: controller.signal })
        )
        await pause(5)
        controller.abort(reason)
        expect(await waiting).toBe(reason)
        const late = sessions.with(cookie, () => undefined, { signal: controller.signal })
        expect(await errorOf(late)).toBe(reason)
      })
      await sessions.with(cookie, () => undefined)
    }
  })

  it('that a storage gives too late, deaf to the signal, is given back', async () => {
    const release = vi.fn()
    let give: (() => void) | undefined
    const lock = () =>
      new Promise<{ extend: () => boolean; release: () => void }>((resolve) => {
        give = () => resolve({ extend: () => true, release })
      })
    const { sessions } = recordedSessions({
      storage: { ...remoteStorage(0), lock },
      lockTimeout: 0.02,
    })
    const cookie = await cookieWith(sessions)
    const error = await errorOf(sessions.with(cookie, () => undefined))
    expect(error).toBeInstanceOf(SessionLockTimeoutError)
    give!()
    await pause(5)
    expect(release).toHaveBeenCalledTimes(1)
  })

  it('is renewed for as long as a handler works, by a timer that keeps no process alive', async () => {
    vi.useFakeTimers()
    const intervals = vi.spyOn(globalThis, 'setInterval')
    const { sessions, server } = processes(2)
    const settled = async <Result>(work: Promise<Result>): Promise<Result> => {
      await vi.advanceTimersByTimeAsync(100)
      return work
    }
    const cookie = await settled(cookieWith(sessions[0]!, { n: 0 }))
    let finish: (() => void) | undefined
    const slow = sessions[0]!.with(cookie, async (session) => {
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      session.set('n', session.get('n') + 1)
    })
    await vi.advanceTimersByTimeAsync(100)
    const next = sessions[1]!.with(cookie, addOne)
    await vi.advanceTimersByTimeAsync(9_000)
    expect(server.calls).toEqual(['lock', 'lock', ...Array(5).fill('extend')])
    const [timer] = intervals.mock.results.map(({ value }) => value as NodeJS.Timeout)
    expect(timer!.hasRef()).toBe(false)
    finish!()
    await settled(Promise.all([slow, next]))
    expect((await settled(Promise.resolve(sessions[0]!.read(cookie)))).get('n')).toBe(2)
    intervals.mockRestore()
  })
})

describe('a lock that was lost', () => {
  it('§2.36 refuses what was done under it, if another request has changed the session since', async () => {
    const { sessions, server, storage } = processes(2)
    const cookie = await cookieWith(sessions[0]!, { n: 0 })
    for (const regenerate of [false, true]) {
      storage.calls.length = 0
      const stale = sessions[0]!.with(cookie, async (session) => {
        session.update('n', (n) => n + 1)
        if (regenerate) session.regenerateId()
        server.expire() // this process stands still for longer than its lease
        await sessions[1]!.with(cookie, (other) => other.set('other', regenerate))
      })
      await expect(stale).rejects.toBeInstanceOf(SessionLockLostError)
      const { result } = await sessions[1]!.with(cookie, (session) => session.all())
      expect(result).toEqual({ n: 0, other: regenerate })
    }
  })

  it('does no harm if nobody has changed the session', async () => {
    const { sessions, server } = processes()
    const cookie = await cookieWith(sessions[0]!, { n: 0 })
    await sessions[0]!.with(cookie, (session) => {
      session.set('n', 1)
      server.expire()
    })
    expect((await sessions[0]!.read(cookie)).get('n')).toBe(1)
  })

  it('is another thing than a writer that does not lock: that one loses nothing, nor do we', async () => {
    const { sessions } = processes()
    const cookie = await cookieWith(sessions[0]!, { n: 0 })
    await sessions[0]!.with(cookie, async (session) => {
      session.set('n', 1)
      await visit(sessions[0]!, cookie, (other) => other.set('other', 1))
    })
    expect((await sessions[0]!.read(cookie)).all()).toEqual({ n: 1, other: 1 })
  })

  it('of a session that another request has ended says that it is gone', async () => {
    const { sessions, server } = processes(2)
    const cookie = await cookieWith(sessions[0]!)
    const stale = sessions[0]!.with(cookie, async (session) => {
      session.set('x', 2)
      server.expire()
      await sessions[1]!.with(cookie, (other) => other.destroy())
    })
    await expect(stale).rejects.toBeInstanceOf(SessionGoneError)
  })
})

describe('with the option lock', () => {
  it('read() takes the lock and commit() gives it back', async () => {
    const { sessions, server } = processes(1, { lock: true })
    const cookie = await cookieWith(sessions[0]!, { n: 0 })
    const work = Array.from({ length: 20 }, () => visit(sessions[0]!, cookie, addOne))
    await Promise.all(work)
    const { result } = await sessions[0]!.with(cookie, (session) => session.get('n'))
    expect(result).toBe(20)
    expect(server.calls.filter((call) => call === 'release')).toHaveLength(21)
  })

  it('update() by id waits its turn, and finds no session that ended meanwhile', async () => {
    const { sessions } = processes(1, { lock: true })
    const cookie = await cookieWith(sessions[0]!, { n: 0 })
    const { result: id } = await sessions[0]!.with(cookie, ({ id }) => id)
    await Promise.all(Array.from({ length: 20 }, () => sessions[0]!.update(id, addOne)))
    const ending = sessions[0]!.with(cookie, (session) => {
      expect(session.get('n')).toBe(20)
      session.destroy()
    })
    await pause(2)
    expect(await sessions[0]!.update(id, addOne)).toBe(false)
    await ending
  })

  it('is refused with the cookie storage, and so is lock()', async () => {
    expect(() => recordedSessions({ lock: true })).toThrow(ConfigurationError)
    const { sessions } = recordedSessions()
    const cookie = await cookieWith(sessions)
    await expect((await sessions.read(cookie)).lock()).rejects.toBeInstanceOf(ConfigurationError)
    expect((await sessions.with(cookie, (session) => session.get('x'))).result).toBe(1)
  })

  it.each([0, -1, Number.NaN, Infinity, 2_147_484, '10'])(
    'refuses a lockTimeout of %s',
    (value) => {
      const options = { storage: memoryStorage(), lockTimeout: value as number }
      expect(() => recordedSessions(options)).toThrow(/lockTimeout must be a number of seconds/)
    }
  )
})

describe('with()', () => {
  it('writes nothing if its function fails, and closes the session when it is done', async () => {
    const { sessions } = processes()
    const cookie = await cookieWith(sessions[0]!)
    const failing = sessions[0]!.with(cookie, (session) => {
      session.set('x', 2)
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    let kept: Session | undefined
    await sessions[0]!.with(cookie, (session) => {
      kept = session
      expect(session.get('x')).toBe(1)
    })
    expect(() => kept!.set('x', 3)).toThrow(SessionCommittedError)
  })
})

describe('a request that its host has dropped under a lock', () => {
  it('N10 keeps the others waiting for seconds, not for ever, and frees nothing when it wakes', async () => {
    const queue = new LockQueue()
    const { signal } = new AbortController()
    const first = await queue.enter('a', signal)
    const waiting = queue.enter('a', signal)
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + GONE + 1)
    void queue.enter('a', signal)
    const second = await waiting
    expect(second).not.toBe(first)
    queue.leave('a', first)
    let isGiven = false
    void queue.enter('a', signal).then(() => {
      isGiven = true
    })
    await pause(5)
    expect(isGiven).toBe(false)
    vi.restoreAllMocks()
  })
})
