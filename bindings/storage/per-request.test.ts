import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStorage } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs'
import memoryDriver from 'unstorage/drivers/memory'
import { afterAll, describe, expect, it } from 'vitest'
import { createSessions } from '../sessions.ts'
import type { SessionStorage } from './contract.ts'
import { fromDriver, type SessionDriver } from './driver.ts'
import { fsStorage } from './fs.ts'
import { kvStorage } from './kv.ts'
import type { WorkersKv } from './kv/workers.ts'
import { unstorage } from './unstorage.ts'

const REQUESTS = 20
const secrets = 'per request: a secret of more than 32 bytes'
const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

const folder = mkdtempSync(join(tmpdir(), 'tuile-per-request-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A driver whose calls take a while, and are counted. */
function slowDriver(): SessionDriver & { calls: number } {
  const table = new Map<string, string>()
  const later = async <Result>(work: () => Result): Promise<Result> => {
    driver.calls++
    await pause(2)
    return work()
  }
  const driver = {
    calls: 0,
    load: (key: string) => later(() => JSON.parse(table.get(key) ?? 'null')),
    save: (key: string, record: object) => later(() => table.set(key, JSON.stringify(record))),
    destroy: (key: string) => later(() => table.delete(key)),
  }
  return driver
}

/** As much of Workers KV as sessions without owners need. */
function namespace(): WorkersKv {
  const entries = new Map<string, { value: string; metadata: unknown }>()
  return {
    async getWithMetadata(name) {
      await pause(1)
      return entries.get(name) ?? { value: null, metadata: null }
    },
    async put(name, value, { metadata }) {
      await pause(3)
      entries.set(name, { value, metadata })
    },
    delete: async (name) => entries.delete(name),
    list: async () => ({ keys: [], list_complete: true }),
  }
}

const link = join(folder, 'link')
symlinkSync(folder, link)
let links = 0

/** What an app keeps, and the storage that each of its requests makes of it. */
const APPS: Record<string, () => () => SessionStorage> = {
  fromDriver() {
    const driver = slowDriver()
    return () => fromDriver(driver)
  },
  'unstorage, memory'() {
    const storage = createStorage({ driver: memoryDriver() })
    return () => unstorage(storage)
  },
  'unstorage, files'() {
    const storage = createStorage({ driver: fsDriver({ base: join(folder, 'unstorage') }) })
    return () => unstorage(storage)
  },
  'fsStorage by two paths'() {
    return () => fsStorage(join(links++ % 2 === 0 ? link : folder, 'fs'))
  },
  'kvStorage of a Workers KV'() {
    const kv = namespace()
    return () => kvStorage(kv)
  },
}

interface Data {
  n: number
}

async function visit(make: () => SessionStorage, options: object = {}) {
  const sessionsOfRequest = () =>
    createSessions<Data>({ secrets, storage: make(), lockTimeout: 30, ...options })
  const session = await sessionsOfRequest().read(null)
  session.set('n', 0)
  const cookie = (await sessionsOfRequest().commit(session))[0]!.split(';')[0]!
  const count = async () => (await sessionsOfRequest().read(cookie)).get('n')
  return { sessionsOfRequest, cookie, count }
}

describe.each(Object.entries(APPS))('N11 %s, made anew by each request', (name, open) => {
  it('N11 parallel requests under the lock of their session count exactly', async () => {
    const { sessionsOfRequest, cookie, count } = await visit(open(), { lock: true })
    const requests = Array.from({ length: REQUESTS }, () =>
      sessionsOfRequest().with(cookie, async (session) => {
        const n = session.get('n')!
        await pause(2)
        session.set('n', n + 1)
      })
    )
    await Promise.all(requests)
    expect(await count()).toBe(REQUESTS)
  })

  // Workers KV has no compare-and-set, within a process either.
  if (name.startsWith('kv')) return
  it('N11 parallel requests without a lock count exactly', async () => {
    const { sessionsOfRequest, cookie, count } = await visit(open())
    const requests = Array.from({ length: REQUESTS }, async () => {
      const sessions = sessionsOfRequest()
      const session = await sessions.read(cookie)
      session.update('n', (n) => n! + 1)
      await sessions.commit(session)
    })
    await Promise.all(requests)
    expect(await count()).toBe(REQUESTS)
  })
})

describe('N11 storages of two prefixes', () => {
  it('N11 do not wait for each other', async () => {
    const storage = createStorage({ driver: memoryDriver() })
    let release: () => void = () => undefined
    const blocked = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow = Object.assign(Object.create(storage), {
      getItem: async (name: string) => {
        if (name.startsWith('a:')) await blocked
        return storage.getItem(name)
      },
    })
    const reading = unstorage(slow, { prefix: 'a' }).read('key')
    expect(await unstorage(slow, { prefix: 'b' }).read('key')).toBeNull()
    release()
    expect(await reading).toBeNull()
  })
})

describe('many writers of one key of a driver', () => {
  it('ask the driver as often as they win, not as often as they try', async () => {
    const WRITERS = 200
    const driver = slowDriver()
    const countUp = async () => {
      for (;;) {
        const storage = fromDriver(driver)
        const record = await storage.read('key')
        const options = { expiresAt: Date.now() + 60_000, ifVersion: record?.version ?? null }
        if (await storage.write('key', `${Number(record?.value ?? 0) + 1}`, options)) return
      }
    }
    await Promise.all(Array.from({ length: WRITERS }, countUp))
    expect((await fromDriver(driver).read('key'))?.value).toBe(`${WRITERS}`)
    // One read for all who wait, one before the write, and the write.
    expect(driver.calls).toBeLessThanOrEqual(WRITERS * 3 + 1)
  })

  it('see what another process has changed between two of their calls', async () => {
    const driver = slowDriver()
    const options = (ifVersion: number | null) => ({ expiresAt: Date.now() + 60_000, ifVersion })
    const storage = fromDriver(driver)
    await storage.write('key', 'mine', options(null))
    const written = storage.write('key', 'mine', options(1))
    // Another process has its own turns, and knows the driver by another object.
    const other = fromDriver({ ...driver })
    const theirs = Promise.resolve(written).then(() => other.write('key', 'theirs', options(2)))
    const reads = Array.from({ length: 5 }, async (_, i) => {
      await pause(i * 3)
      return storage.read('key')
    })
    await Promise.all([...reads, theirs])
    expect(await storage.write('key', 'stale', options(2))).toBe(false)
    expect(await storage.read('key')).toMatchObject({ value: 'theirs', version: 3 })
    expect(await storage.write('key', 'next', options(3))).toBe(true)
  })
})
