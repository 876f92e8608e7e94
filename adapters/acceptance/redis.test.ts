/**
 * The promises about Redis of arika, rudder and remix, on a Redis.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ConfigurationError, SessionStorageError } from '../../bindings/index.ts'
import { missingServer, RedisServer } from '../../bindings/storage/redis-server.fixture.ts'
import { type RedisClient, redisStorage } from '../../bindings/storage/redis.ts'
import { serviceOf } from '../../bindings/storage/services.fixture.ts'
import { SECRET, Site, visitorOf } from './jar.fixture.ts'

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

const url = serviceOf('REDIS_URL')
const missing = url === undefined ? ' (skipped: no REDIS_URL, scripts/services up)' : ''
const itOnRedis = it.skipIf(url === undefined)

let client: Redis
/** Sees what the client may not. */
let admin: Redis
beforeAll(() => {
  if (url === undefined) return
  client = new Redis(url)
  admin = new Redis(serviceOf('REDIS_ADMIN_URL') ?? url)
})
afterAll(() => {
  client?.disconnect()
  admin?.disconnect()
})

/** A visitor whose session is in Redis under a prefix of its own, and the keys there. */
function visitorInRedis(opened: RedisClient = client) {
  const prefix = `session:${crypto.randomUUID()}:`
  const visitor = visitorOf({ storage: redisStorage(opened, { prefix }), lifetime: 3600 })
  const keys = async () => (await admin.scan(0, 'MATCH', `${prefix}*`, 'COUNT', 1_000_000))[1]
  return { visitor, keys }
}

/** Lets processes that run what was built count up one session in Redis; rejects if it is not exact. */
async function race(mode: string): Promise<string> {
  const args = [at('scripts/races.js'), 'redis', '--mode', mode, '--processes', '2']
  const { stdout } = await promisify(execFile)(process.execPath, [...args, '--increments', '25'])
  return stdout
}

itOnRedis(`A27 what one process sets, another process gets${missing}`, async () => {
  expect(await race('update')).toContain('2 processes × 25: 50 of 50')
})

itOnRedis(`A34 two processes count to 50 under the lock of Redis${missing}`, async () => {
  expect(await race('lock')).toContain('2 processes × 25: 50 of 50')
})

itOnRedis(`A42 the record ends by the TTL of Redis, within the lifetime${missing}`, async () => {
  const { visitor, keys } = visitorInRedis()
  await visitor.send((session) => session.set('x', 1))
  const [key] = await keys()
  const ttl = await admin.ttl(key!)
  expect(ttl).toBeGreaterThan(0)
  expect(ttl).toBeLessThanOrEqual(3600)
})

describe('R02 the clients of Redis are optional', () => {
  it('R02 no entry imports one, not even that of Redis', async () => {
    const { metafile } = await build({
      entryPoints: ['bindings/index.ts', 'adapters/hono.ts', 'bindings/storage/redis.ts'].map(at),
      alias: { '#core-module': at('bindings/codec/module.inline.ts') },
      packages: 'external',
      bundle: true,
      format: 'esm',
      outdir: 'none',
      write: false,
      metafile: true,
    })
    const externals = Object.values(metafile.outputs)
      .flatMap(({ imports }) => imports)
      .map(({ path }) => path)
    expect(externals.filter((path) => !/^(?:hono|node:)/.test(path))).toEqual([])
  })

  it('R02 without a client the error says which there are', () => {
    expect(() => redisStorage(undefined as never)).toThrow(ConfigurationError)
    expect(() => redisStorage({} as never)).toThrow(/"redis".*"ioredis".*Bun\.RedisClient/)
  })
})

describe('R34 a session in Redis', () => {
  itOnRedis(`R34 is under its prefix and a key made from its id${missing}`, async () => {
    const { visitor, keys } = visitorInRedis()
    const id = await visitor.send((session) => {
      session.set('user', 'ada')
      return session.id
    })
    const [key, ...others] = await keys()
    expect(others).toEqual([])
    expect(key).toMatch(/^session:[\w-]{36}:[\w-]{43}$/)
    expect(key).not.toContain(id)
    expect(await admin.hget(key!, 'd')).toContain('ada')
  })

  itOnRedis(`R34 is never asked for by an id that we did not sign${missing}`, async () => {
    const calls = vi.spyOn(client, 'sendCommand')
    const visitor = visitorOf({ storage: redisStorage(client) })
    for (const id of ['A'.repeat(24), '*', '../x', 'session:x']) {
      await visitor.visit('/0', { headers: { Cookie: `__Host-session=${id}` } })
    }
    expect(calls).not.toHaveBeenCalled()
    calls.mockRestore()
  })
})

itOnRedis(`R37 destroy deletes the key${missing}`, async () => {
  const { visitor, keys } = visitorInRedis()
  await visitor.send((session) => session.set('x', 1))
  expect(await keys()).toHaveLength(1)
  await visitor.send((session) => session.destroy())
  expect(await keys()).toHaveLength(0)
})

it.skipIf(missingServer !== '')(
  `R38 Redis stops: the request fails with a type, or goes on as told${missingServer}`,
  async () => {
    const server = await RedisServer.create()
    const own = new Redis(server.url, { retryStrategy: () => 50 })
    own.on('error', () => undefined)
    const site = new Site({ secrets: SECRET, storage: redisStorage(own), timeout: 0.3 })
    const visitor = site.visitor()
    await visitor.send((session) => session.set('user', 'ada'))

    await server.kill()
    await visitor.send((session) => session.get('user'))
    expect(visitor.response.status).toBe(500)
    expect(site.errors[0]).toBeInstanceOf(SessionStorageError)
    const lenient = visitorOf({
      storage: redisStorage(own),
      timeout: 0.3,
      onStorageError: 'empty',
    })
    expect(await lenient.send((session) => session.get('user', 'nobody'))).toBe('nobody')

    await server.start()
    await vi.waitFor(async () => {
      expect(await visitor.send((session) => session.get('user'))).toBe('ada')
    }, 10_000)
    own.disconnect()
    await server.remove()
  }
)

describe('X30 clients', () => {
  itOnRedis.each<[string, () => Promise<[RedisClient, () => void]>]>([
    [
      'node-redis',
      async () => {
        const opened = await createClient({ url: url! }).connect()
        return [opened, () => opened.destroy()]
      },
    ],
    ['ioredis', async () => [client, () => undefined]],
  ])(
    `X30 %s keeps, changes and removes a session under another prefix${missing}`,
    async (_, open) => {
      const [opened, close] = await open()
      const { visitor, keys } = visitorInRedis(opened)
      await visitor.send((session) => session.set('n', 1))
      await visitor.send((session) => session.update('n', (n) => n + 1))
      expect(await visitor.send((session) => session.get('n'))).toBe(2)
      expect(await keys()).toHaveLength(1)
      await visitor.send((session) => session.destroy())
      expect(await keys()).toHaveLength(0)
      close()
    }
  )
})
