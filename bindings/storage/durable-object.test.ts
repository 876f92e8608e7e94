import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createSessions } from '../sessions.ts'
import { durableObjectStorage, type DurableObjectNamespace } from './durable-object.ts'
import {
  askWorker,
  describeRuntime,
  describeSuites,
  insideWorkers,
  startWorkers,
  type Miniflare,
} from './inside.fixture.ts'
import { INSPECT } from './inspected.fixture.ts'
import { HOSTILE_KEYS } from './hostile-keys.fixture.ts'
import { objectSuites, SECRET, type Work } from './workers.fixture.ts'

describe('durableObjectStorage', () => {
  it.each([undefined, null, {}, 'SESSIONS', { get() {} }])('refuses %s', (namespace) => {
    expect(() => durableObjectStorage(namespace as never)).toThrow(/is SessionObject bound/)
  })
})

describeRuntime('miniflare', 'durableObjectStorage in workerd', () => {
  describeSuites(objectSuites, () => insideWorkers('workers.fixture.ts'))

  describe('of many isolates', () => {
    const CLIENTS = 16
    /** Requests of each client. With 1000, which is a figure, it takes minutes. */
    const TIMES = Number(process.env.DURABLE_OBJECT_REQUESTS ?? 10)
    let miniflare: Miniflare
    let namespace: DurableObjectNamespace

    beforeAll(async () => {
      miniflare = await startWorkers('workers.fixture.ts', CLIENTS)
      namespace = await miniflare.getDurableObjectNamespace('SESSIONS')
    }, 120_000)
    afterAll(() => miniflare?.dispose())

    const start = async () => {
      const storage = durableObjectStorage(namespace)
      const sessions = createSessions<Record<string, number>>({ storage, secrets: SECRET })
      const session = await sessions.read(null)
      session.set('n', 0)
      const [line] = await sessions.commit(session)
      const cookie = line!.split(';')[0]!
      return { cookie, end: async () => (await sessions.read(cookie)).all() }
    }
    const askAll = (count: number, name: string, work: (index: number) => Work) =>
      Promise.all(
        Array.from({ length: count }, (_, index) =>
          askWorker(miniflare, { suite: 'client', name, data: work(index) }, index % CLIENTS)
        )
      )

    it(`E7 ${CLIENTS} clients count to ${CLIENTS * TIMES} exactly`, async () => {
      const { cookie, end } = await start()
      await askAll(CLIENTS, 'counts up', () => ({ cookie, key: '', times: TIMES }))
      expect(await end()).toEqual({ n: CLIENTS * TIMES })
    }, 600_000)

    it('E7 50 parallel requests that each set a key of their own lose none', async () => {
      const { cookie, end } = await start()
      await askAll(50, 'sets its own key', (index) => ({ cookie, key: `k${index}`, times: 1 }))
      expect(Object.keys(await end())).toHaveLength(51)
    })

    it(`E7 ${CLIENTS} clients take turns by the lock`, async () => {
      const key = 'lock'.padEnd(43, '_')
      await askAll(CLIENTS, 'counts up by the lock', () => ({ cookie: key, key, times: 5 }))
      expect(await durableObjectStorage(namespace).read(key)).toMatchObject({
        value: `${CLIENTS * 5}`,
        version: CLIENTS * 5,
      })
    }, 60_000)

    it('E1 hostile keys are objects of their own', async () => {
      const storage = durableObjectStorage(namespace)
      const options = { expiresAt: Date.now() + 60_000, ifVersion: null }
      for (const key of HOSTILE_KEYS) expect(await storage.read(key)).toBeNull()
      for (const key of HOSTILE_KEYS) expect(await storage.write(key, key, options)).toBe(true)
      for (const key of HOSTILE_KEYS) expect((await storage.read(key))?.value).toBe(key)
    })

    it('keeps nothing of what has ended: the alarm removes it', async () => {
      const storage = durableObjectStorage(namespace)
      const key = 'alarm'.padEnd(43, '_')
      const inspect = async (name: string) => {
        const object = namespace.get(namespace.idFromName(name) as never)
        return (await object.fetch(INSPECT, { method: 'POST', body: '' })).json()
      }
      const now = Date.now()
      await storage.write(key, 'x', { expiresAt: now + 4000, ifVersion: null })
      await storage.lock!(key, { ttl: 3000, signal: new AbortController().signal })
      await storage.owners!.add(key, 'one', now + 3000)
      await storage.owners!.add(key, 'two', now + 4000)
      expect(await inspect(key)).toMatchObject({ names: ['lock', 'record'] })
      expect(await inspect(`owner:${key}`)).toEqual({
        names: ['key:one', 'key:two'],
        alarm: now + 3000,
      })
      for (const name of [key, `owner:${key}`]) {
        await vi.waitFor(
          async () => expect(await inspect(name)).toEqual({ names: [], alarm: null }),
          { timeout: 20_000, interval: 200 }
        )
      }
    }, 60_000)

    it('takes no space and has no alarm when what it held is removed', async () => {
      const storage = durableObjectStorage(namespace)
      const key = 'removed'.padEnd(43, '_')
      await storage.write(key, 'x', { expiresAt: Date.now() + 60_000, ifVersion: null })
      expect(await storage.destroy(key)).toBe(true)
      expect(await storage.destroy(key)).toBe(false)
      const object = namespace.get(namespace.idFromName(key) as never)
      const response = await object.fetch(INSPECT, { method: 'POST', body: '' })
      expect(await response.json()).toEqual({ names: [], alarm: null })
    })
  })
})
