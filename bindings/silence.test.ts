/** What a wait for a lock tells: that others hold it, that the storage is silent, or that the client has gone. */
import { describe, expect, it } from 'vitest'
import { SessionLockTimeoutError, SessionStorageError } from './errors.ts'
import { cookieWith, recordedSessions, remoteStorage, visit } from './sessions.fixture.ts'
import type { SessionStorage } from './storage/contract.ts'
import { leaseServer } from './storage/lease.fixture.ts'
import { memoryStorage } from './storage/memory.ts'

const never = (): Promise<never> => new Promise(() => undefined)

const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error
  )

describe('a lock that is waited for', () => {
  /** A storage that can fall silent, and its locks. */
  const create = (options = {}) => {
    const inner = remoteStorage(0)
    const server = leaseServer()
    const state = { silent: false }
    const answer = <Result>(call: () => Promise<Result>): Promise<Result> =>
      state.silent ? never() : call()
    const storage: SessionStorage = {
      ...inner,
      read: (key) => answer(async () => inner.read(key)),
      lock: (key, options) => answer(async () => server.lock(key, options)),
    }
    const limits = { timeout: 0.1, lockTimeout: 5, ...options }
    return { ...recordedSessions({ storage, ...limits }), state }
  }

  it('H1, §2.45 of a silent storage is a storage that is down, for each who waits', async () => {
    const { sessions, state } = create()
    const cookie = await cookieWith(sessions, { n: 0 })
    state.silent = true
    const waits = Array.from({ length: 5 }, () => errorOf(sessions.with(cookie, () => undefined)))
    for (const error of await Promise.all(waits)) expect(error).toBeInstanceOf(SessionStorageError)
    state.silent = false
    expect(await errorOf(sessions.with(cookie, () => undefined))).toBeNull()
  })

  it('§2.45 of a silent storage is gone on without, where the app wants that', async () => {
    const { sessions, state } = create({ onStorageError: 'empty' })
    const cookie = await cookieWith(sessions, { n: 0 })
    state.silent = true
    const { result } = await sessions.with(cookie, (session) => session.get('n', 'none'))
    expect(result).toBe('none')
  })

  it('§2.37 that others hold is busy, however long that takes', async () => {
    const { sessions } = create({ lockTimeout: 0.5 })
    const cookie = await cookieWith(sessions, { n: 0 })
    let free: () => void = () => undefined
    const holder = sessions.with(cookie, () => new Promise<void>((resolve) => (free = resolve)))
    await new Promise((resolve) => setTimeout(resolve, 10))
    const error = await errorOf(sessions.with(cookie, () => undefined))
    expect(error).toBeInstanceOf(SessionLockTimeoutError)
    free()
    await holder
  })
})

describe('a client that goes away', () => {
  it('frees the lock of a handler that never ends, and what that does later loses nothing', async () => {
    const { sessions } = recordedSessions({ storage: memoryStorage(), lockTimeout: 5 })
    const cookie = await cookieWith(sessions, { n: 0 })
    const client = new AbortController()
    const endless = await sessions.read(cookie)
    await endless.lock({ signal: client.signal })
    endless.set('late', 1)
    client.abort()
    await sessions.with(cookie, (session) => session.set('n', 1))
    await sessions.commit(endless)
    expect(await visitAll()).toEqual({ n: 1, late: 1 })

    async function visitAll(): Promise<unknown> {
      let all: unknown
      await visit(sessions, cookie, (session) => (all = session.all()))
      return all
    }
  })
})
