import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSessions } from '../sessions.ts'
import { kvSuites as denoSuites, type Work } from './deno.fixture.ts'
import { HOSTILE_KEYS } from './hostile-keys.fixture.ts'
import {
  describeRuntime,
  describeSuites,
  insideDeno,
  insideWorkers,
  startWorkers,
  type Inside,
  type Miniflare,
} from './inside.fixture.ts'
import type { WorkersKv } from './kv/workers.ts'
import { kvStorage } from './kv.ts'
import { kvSuites, SECRET } from './workers.fixture.ts'

const HOUR = 3_600_000
const until = (milliseconds: number, ifVersion: number | null = null) => ({
  expiresAt: Date.now() + milliseconds,
  ifVersion,
})
/** Longer than a name may be, which both stores refuse. */
const isLong = (key: string): boolean => key.length > 400

describe('kvStorage', () => {
  it.each([undefined, null, {}, 'SESSIONS', { get() {} }])('refuses %s', (namespace) => {
    expect(() => kvStorage(namespace as never)).toThrow(/neither a namespace .* nor a Deno.Kv/)
  })

  it.each(['', 5])('refuses the prefix %j', (prefix) => {
    expect(() => kvStorage({} as never, { prefix: prefix as never })).toThrow(/prefix must be/)
  })
})

describeRuntime('miniflare', 'kvStorage on Workers KV, in workerd', () => {
  describeSuites(kvSuites, () => insideWorkers('workers.fixture.ts'))

  describe('seen from outside', () => {
    let miniflare: Miniflare
    let namespace: WorkersKv
    beforeAll(async () => {
      miniflare = await startWorkers('workers.fixture.ts')
      namespace = await miniflare.getKVNamespace('KV')
    }, 120_000)
    afterAll(() => miniflare?.dispose())

    const names = async (prefix = '') => {
      const { keys } = await namespace.list({ prefix })
      return keys as { name: string; expiration?: number }[]
    }

    it('N11 storages made by each request lock within the process', async () => {
      const ofRequest = () =>
        createSessions<{ n: number }>({
          storage: kvStorage(namespace),
          secrets: SECRET,
          lock: true,
          lockTimeout: 30,
          timeout: 30,
        })
      const first = await ofRequest().read(null)
      first.set('n', 0)
      const cookie = (await ofRequest().commit(first))[0]!.split(';')[0]!
      const requests = Array.from({ length: 10 }, () =>
        ofRequest().with(cookie, async (session) => {
          const n = session.get('n')!
          await new Promise((resolve) => setTimeout(resolve, 2))
          session.set('n', n + 1)
        })
      )
      await Promise.all(requests)
      expect((await ofRequest().read(cookie)).get('n')).toBe(10)
    })

    it('says that the last write wins', () => {
      expect(kvStorage(namespace)).toMatchObject({ atomic: false, consistency: 'eventual' })
      expect(kvStorage(namespace).lock).toBeUndefined()
    })

    it('ends records in the store too, a minute from now at the earliest', async () => {
      const storage = kvStorage(namespace, { prefix: 'ttl' })
      await storage.write('short', 'x', until(2000))
      await storage.write('long', 'x', until(HOUR))
      const now = Date.now() / 1000
      const [long, short] = await names('ttl:')
      expect(short!.expiration! - now).toBeGreaterThan(55)
      expect(short!.expiration! - now).toBeLessThan(65)
      expect(Math.abs(long!.expiration! - now - 3600)).toBeLessThan(10)
    })

    it('E1 hostile keys are names of its prefix, each another record', async () => {
      await namespace.put('outside', 'x', { expirationTtl: 60, metadata: null })
      const before = (await names()).map(({ name }) => name)
      const storage = kvStorage(namespace, { prefix: 'E1' })
      const keys = HOSTILE_KEYS.filter((key) => !isLong(key))
      for (const key of keys) expect(await storage.read(key)).toBeNull()
      for (const key of keys) expect(await storage.write(key, key, until(HOUR))).toBe(true)
      for (const key of keys) expect((await storage.read(key))?.value).toBe(key)
      const added = (await names()).map(({ name }) => name).filter((name) => !before.includes(name))
      expect(added.filter((name) => !name.startsWith('E1:'))).toEqual([])
      expect(added).toHaveLength(keys.length)
    }, 120_000)

    it('reads what is not its own as no session', async () => {
      const storage = kvStorage(namespace, { prefix: 'foreign' })
      for (const metadata of [null, {}, 'x', { v: 1 }, { v: 1, e: '9999999999999' }]) {
        await namespace.put('foreign:key', 'x', { expirationTtl: 60, metadata })
        expect(await storage.read('key')).toBeNull()
      }
    })

    it('E7, §2.47 with reads that are 60 s behind: late, never lost, wrong or past its end', async () => {
      let clock = 0
      const cache = new Map<
        string,
        { until: number; result: { value: string | null; metadata: unknown } }
      >()
      const stale: WorkersKv = {
        async getWithMetadata(name, type) {
          const cached = cache.get(name)
          if (cached !== undefined && cached.until > clock) return cached.result
          const result = await namespace.getWithMetadata(name, type)
          cache.set(name, { until: clock + 60_000, result })
          return result
        },
        put: (...call) => namespace.put(...call),
        delete: (name) => namespace.delete(name),
        list: (options) => namespace.list(options),
      }
      const options = { storage: kvStorage(stale), secrets: SECRET }
      const here = createSessions<{ n: number }>(options)
      const there = createSessions<{ n: number }>({ ...options, storage: kvStorage(namespace) })
      const first = await there.read(null)
      first.set('n', 1)
      const cookie = (await there.commit(first))[0]!.split(';')[0]!
      expect((await here.read(cookie)).get('n')).toBe(1)

      const second = await there.read(cookie)
      second.set('n', 2)
      await there.commit(second)
      expect((await here.read(cookie)).get('n')).toBe(1) // late
      clock += 60_000
      expect((await here.read(cookie)).get('n')).toBe(2) // not lost

      const third = await there.read(cookie)
      third.destroy()
      await there.commit(third)
      expect((await here.read(cookie)).get('n')).toBe(2) // late, as the documentation says
      clock += 60_000
      expect((await here.read(cookie)).isNew).toBe(true)

      await kvStorage(stale).write('end', 'x', until(3000))
      expect(await kvStorage(stale).read('end')).toBeNull() // the reads are behind
      clock += 60_000
      expect((await kvStorage(stale).read('end'))?.value).toBe('x')
      await new Promise((resolve) => setTimeout(resolve, 3050))
      expect(await kvStorage(stale).read('end')).toBeNull() // although the store still gives it
    })
  })
})

describeRuntime('deno', 'kvStorage on Deno KV, in Deno', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tuile-deno-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  describeSuites(denoSuites, () => insideDeno('deno.fixture.ts', ':memory:'))

  describe('of several processes', () => {
    let processes: Inside[] = []
    beforeAll(async () => {
      const path = join(folder, 'shared.sqlite')
      processes = [
        await insideDeno('deno.fixture.ts', path),
        await insideDeno('deno.fixture.ts', path),
      ]
    }, 120_000)
    afterAll(() => Promise.all(processes.map((inside) => inside.stop())))

    const all = (name: string, data: Work) =>
      Promise.all(processes.map((inside) => inside.ask({ suite: 'process', name, data })))

    it('write() is atomic across them', async () => {
      await all('counts up', { key: 'cas', times: 100 })
      await all('has counted', { key: 'cas', times: 200 })
    }, 60_000)

    it('lock() is exact across them', async () => {
      await all('counts up by the lock', { key: 'lock', times: 5 })
      await all('has counted', { key: 'lock', times: 10 })
    }, 60_000)

    it('E1 hostile keys are keys of its prefix, each another record', async () => {
      const key = JSON.stringify(HOSTILE_KEYS.filter((key) => !isLong(key)))
      const data: Work = { key, times: 1 }
      await processes[0]!.ask({ suite: 'process', name: 'touches keys of its prefix alone', data })
    }, 60_000)
  })
})
