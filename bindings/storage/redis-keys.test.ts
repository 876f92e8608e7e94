import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { itNeeds } from '../codec/corpus.fixture.ts'
import { ConfigurationError } from '../errors.ts'
import { type RedisStorage, redisStorage } from './redis.ts'
import { describeService, serviceOf } from './services.fixture.ts'

const HOUR = 3_600_000
const KEY = 'a-key-of-43-characters-of-base64url________'

const newKey = (): string => crypto.randomUUID().padEnd(43, '_')
const until = (milliseconds: number, ifVersion: number | null = null) => ({
  expiresAt: Date.now() + milliseconds,
  ifVersion,
})

describeService('REDIS_URL', 'redisStorage keeps to its keys', (url) => {
  // The user of REDIS_URL may do nothing outside of `session:`; this one sees all.
  const admin = new Redis(serviceOf('REDIS_ADMIN_URL') ?? url)
  const client = new Redis(url)
  let storage: RedisStorage
  beforeAll(() => {
    storage = redisStorage(client)
  })
  afterAll(async () => {
    await storage.close()
    client.disconnect()
    admin.disconnect()
  })

  const everyUse = async (key: string): Promise<void> => {
    const lock = await storage.lock(key, { ttl: 1000, signal: AbortSignal.timeout(2000) })
    await storage.write(key, `of ${key}`, until(HOUR))
    await storage.touch!(key, Date.now() + HOUR)
    await storage.owners.add(key, key, Date.now() + HOUR)
    expect(await storage.owners.keys(key)).toEqual([key])
    expect((await storage.read(key))?.value).toBe(`of ${key}`)
    await lock.release()
  }

  itNeeds<[{ ids: string[] }]>(
    ['attacks/store_id_attacks'],
    'E1, §2.42 hostile keys: no key outside of the prefix, and no two are one',
    async ({ ids }) => {
      await admin.set('foreign', 'kept')
      const keys = [...new Set(ids), 'Case', 'case']
      try {
        for (const key of keys) await everyUse(key)
        for (const key of keys) expect((await storage.read(key))?.value).toBe(`of ${key}`)
      } finally {
        for (const key of keys) {
          await storage.destroy(key)
          await storage.owners.remove(key, key)
        }
      }
      const outside = (await admin.keys('*')).filter((key) => !key.startsWith('session:'))
      expect(outside).toEqual(['foreign'])
      expect(await admin.getdel('foreign')).toBe('kept')
    }
  )

  it('nothing is left of a session that is destroyed, or of a lock that is given up', async () => {
    const key = newKey()
    await everyUse(key)
    const lock = await storage.lock(key, { ttl: 1000, signal: AbortSignal.timeout(2000) })
    await expect(
      storage.lock(key, { ttl: 1000, signal: AbortSignal.timeout(50) })
    ).rejects.toMatchObject({ name: 'TimeoutError' })
    await lock.release()
    await storage.destroy(key)
    await storage.owners.remove(key, key)
    expect(await admin.keys(`*${key}*`)).toEqual([])
  })

  it('destroy() says whether there was a record', async () => {
    const key = newKey()
    expect(await storage.destroy(key)).toBe(false)
    await storage.write(key, 'x', until(HOUR))
    expect(await storage.destroy(key)).toBe(true)
    expect(await storage.destroy(key)).toBe(false)
  })

  it('every key ends by itself', async () => {
    const key = newKey()
    await everyUse(key)
    await storage.lock(key, { ttl: 1000, signal: AbortSignal.timeout(2000) })
    const waiting = storage.lock(key, { ttl: 1000, signal: AbortSignal.timeout(500) })
    await vi.waitFor(async () => expect(await admin.keys(`*{${key}}`)).toHaveLength(3))
    const keys = await admin.keys(`*${key}*`)
    expect(keys).toHaveLength(5)
    for (const name of keys) {
      const left = await admin.pttl(name)
      expect(left, name).toBeGreaterThan(0)
      expect(left, name).toBeLessThanOrEqual(HOUR)
    }
    await waiting.catch(() => undefined)
  })

  it('reading, writing, touching and destroying take one command each', async () => {
    const calls = vi.spyOn(client, 'sendCommand')
    const key = newKey()
    await storage.write(key, 'x', until(HOUR))
    await storage.read(key)
    await storage.touch!(key, Date.now() + HOUR)
    await storage.destroy(key)
    expect(calls).toHaveBeenCalledTimes(4)
    calls.mockRestore()
  })

  it('write() that comes twice, as after a lost answer, is one write', async () => {
    const key = newKey()
    const evaluate = client.eval.bind(client)
    const twice = {
      eval: async (...args: Parameters<typeof evaluate>) => {
        await evaluate(...args)
        return evaluate(...args)
      },
      call: client.call.bind(client),
      duplicate: () => client.duplicate(),
    }
    const doubled = redisStorage(twice as never)
    expect(await doubled.write(key, 'one', until(HOUR))).toBe(true)
    expect(await doubled.write(key, 'two', until(HOUR, 1))).toBe(true)
    expect(await doubled.write(key, 'three', until(HOUR, 1))).toBe(false)
    expect(await storage.read(key)).toMatchObject({ value: 'two', version: 2 })
  })

  it('read() gives nothing that has ended by our clock, whatever the server holds', async () => {
    const key = newKey()
    await storage.write(key, 'x', until(HOUR))
    vi.useFakeTimers({ now: Date.now() + HOUR, toFake: ['Date'] })
    try {
      expect(await storage.read(key)).toBeNull()
      expect(await storage.write(key, 'y', until(HOUR, 1))).toBe(false)
      await storage.touch!(key, Date.now() + HOUR)
      expect(await storage.read(key)).toBeNull()
      expect(await storage.write(key, 'z', until(HOUR))).toBe(true)
    } finally {
      vi.useRealTimers()
    }
  })

  it('a clock that is an hour behind that of the server ends nothing early', async () => {
    const key = newKey()
    vi.useFakeTimers({ now: Date.now() - 2 * HOUR, toFake: ['Date'] })
    try {
      await storage.write(key, 'x', until(HOUR))
      expect((await storage.read(key))?.value).toBe('x')
      expect(await admin.pttl(`session:${key}`)).toBeGreaterThan(HOUR - 60_000)
    } finally {
      vi.useRealTimers()
    }
  })

  it('what others left under a key is no record', async () => {
    const key = newKey()
    const name = `session:${key}`
    for (const fields of [{ x: '1' }, { d: 'x' }, { d: 'x', v: 'a', e: 'b' }, { d: 'x', v: '1' }]) {
      await admin.hset(name, fields)
      expect(await storage.read(key)).toBeNull()
      expect(await storage.write(key, 'y', until(HOUR, 1))).toBe(false)
      await admin.del(name)
    }
    await admin.set(name, '{"cookie":{}}')
    expect(await storage.read(key)).toBeNull()
  })

  it('an error of the server rejects', async () => {
    const other = redisStorage(client, { prefix: 'forbidden:' })
    await expect(other.read(KEY)).rejects.toThrow(/can't access|NOPERM/)
    await expect(other.write(KEY, 'x', until(HOUR))).rejects.toThrow(/can't access|NOPERM/)
    await expect(other.lock(KEY, { ttl: 1000, signal: AbortSignal.timeout(1000) })).rejects.toThrow(
      /can't access|NOPERM/
    )
  })
})

describe('redisStorage', () => {
  const client = createClient()

  it.each([undefined, null, {}, 'redis://localhost', new Map(), { eval() {} }])(
    'refuses what is no client: %s',
    (value) => {
      expect(() => redisStorage(value as never)).toThrow(ConfigurationError)
      expect(() => redisStorage(value as never)).toThrow(/createClient\(\)/)
    }
  )

  it.each(['', 'a{', 'a}', '{a}{b}', '{}a', 1])('refuses the prefix %j', (prefix) => {
    expect(() => redisStorage(client, { prefix: prefix as string })).toThrow(ConfigurationError)
  })

  it.each(['s', 'app:session:', '{app}session:'])('accepts the prefix %j', (prefix) => {
    expect(() => redisStorage(client, { prefix })).not.toThrow()
  })
})
