/**
 * Locks that fail: two holders at once, because one stood still for longer than its lease, or because the
 * table of locks was lost. What both are told must be so.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SessionLockLostError } from './errors.ts'
import { cookieWith, recordedSessions } from './sessions.fixture.ts'
import type { Sessions } from './sessions.ts'
import type { SessionStorage, StorageLock } from './storage/contract.ts'
import { encryptedStorage } from './storage/encrypted.ts'
import { fsStorage } from './storage/fs.ts'
import { memoryStorage } from './storage/memory.ts'
import { CLIENTS, type OpenClient } from './storage/redis.fixture.ts'
import { redisStorage } from './storage/redis.ts'
import { describeService } from './storage/services.fixture.ts'
import { describeEngines, usePlace } from './storage/sql.fixture.ts'
import { tieredStorage } from './storage/tiered.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 60)

const folder = mkdtempSync(join(tmpdir(), 'tuile-fencing-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const KEY = 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY='

const STORAGES: Record<string, () => SessionStorage> = {
  memory: () => memoryStorage(),
  files: () => fsStorage(folder),
  'an encrypted memory': () => encryptedStorage(memoryStorage(), KEY),
  'two tiers': () => tieredStorage(memoryStorage(), memoryStorage()),
}

/** Two processes of one storage that both get the lock; `extend` says what each is told of its lease. */
function rivals(storage: SessionStorage, extend: (process: number) => boolean): Sessions[] {
  return [0, 1].map((process) => {
    const lock = async (): Promise<StorageLock> => ({
      extend: () => extend(process),
      release: () => undefined,
    })
    const { read, write, destroy } = storage
    const seen: SessionStorage = {
      atomic: true,
      read: async (key) => read.call(storage, key),
      write: async (key, value, options) => write.call(storage, key, value, options),
      destroy: async (key) => destroy.call(storage, key),
      lock,
    }
    return recordedSessions({ storage: seen }).sessions
  })
}

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Counts one more by a plain read and write, with some time between; whether that was acknowledged. */
async function addOne(sessions: Sessions, cookie: string, wait: number): Promise<boolean> {
  try {
    await sessions.with(cookie, async (session) => {
      const n = session.get('n')
      await turns(wait)
      session.set('n', n + 1)
    })
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(SessionLockLostError)
    return false
  }
}

/** Both ways in which there come to be two holders. */
function fencingTests(create: () => SessionStorage): void {
  it.each([
    ['whose table was lost, so that each lease is its own', () => true],
    ['of which one stood still for longer than its lease', (process: number) => process === 1],
  ])(
    `N10, §2.36 %s: in ${ROUNDS} rounds each acknowledged commit counts`,
    async (_, extend) => {
      const storage = create()
      let acknowledged = 0
      for (let round = 0; round < ROUNDS; round++) {
        const sessions = rivals(storage, extend)
        const cookie = await cookieWith(sessions[0]!, { n: 0 })
        const waits = [round % 7, (round * 3) % 5]
        const told = await Promise.all(sessions.map((each, i) => addOne(each, cookie, waits[i]!)))
        const count = told.filter(Boolean).length
        expect((await sessions[0]!.read(cookie)).get('n'), `round ${round}`).toBe(count)
        acknowledged += count
      }
      expect(acknowledged).toBeGreaterThanOrEqual(ROUNDS)
    },
    600_000
  )
}

describe.each(Object.entries(STORAGES))('two holders of one lock, on %s', (_, create) => {
  fencingTests(create)
})

describeEngines('two holders of one lock', (open) => {
  const place = usePlace(open)
  fencingTests(() => place.storage)
})

describeService('REDIS_URL', 'two holders of one lock, on Redis', (url) => {
  let opened: OpenClient
  beforeAll(async () => {
    opened = await CLIENTS.REDIS_URL!['node-redis']!(url)
  })
  afterAll(() => opened?.close())
  fencingTests(() => redisStorage(opened.client))
})

describe('a holder whose lease is valid while another one writes', () => {
  const both = () => rivals(memoryStorage(), () => true) as [Sessions, Sessions]

  it('N10 does its work again if nothing that it looked at has changed', async () => {
    const [holder, other] = both()
    const cookie = await cookieWith(holder, { n: 0, m: 0 })
    await holder.with(cookie, async (session) => {
      const n = session.get('n')
      await other.with(cookie, (session) => session.set('m', 1))
      session.set('n', n + 1)
    })
    expect((await holder.read(cookie)).all()).toEqual({ n: 1, m: 1 })
  })

  it.each([
    ['read', (session: { get(key: string): unknown }) => void session.get('m')],
    ['asked for', (session: { has(key: string): unknown }) => void session.has('m')],
    ['listed', (session: { all(): unknown }) => void session.all()],
    ['set', (session: { set(key: string, value: unknown): void }) => session.set('m', 7)],
    ['removed', (session: { unset(key: string): void }) => session.unset('m')],
  ])('N10 refuses its changes if a value that it %s has changed', async (_, look) => {
    const [holder, other] = both()
    const cookie = await cookieWith(holder, { n: 0, m: 0 })
    const work = holder.with(cookie, async (session) => {
      look(session as never)
      await other.with(cookie, (session) => session.set('m', 1))
      session.set('n', 1)
    })
    await expect(work).rejects.toBeInstanceOf(SessionLockLostError)
    expect((await holder.read(cookie)).all()).toEqual({ n: 0, m: 1 })
  })

  it('N10 counts by update() with anybody: that is done on the newest value', async () => {
    const [holder, other] = both()
    const cookie = await cookieWith(holder, { n: 0 })
    const add = (n = 0): number => n + 1
    await holder.with(cookie, async (session) => {
      session.update('n', add)
      await other.with(cookie, (session) => session.update('n', add))
    })
    expect((await holder.read(cookie)).get('n')).toBe(2)
  })
})
