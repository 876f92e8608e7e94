import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { bunProgram, findInstalled } from '../../scripts/runtimes.js'
import { encryptedStorage } from './encrypted.ts'
import { memoryStorage } from './memory.ts'
import { CLIENTS, type OpenClient } from './redis.fixture.ts'
import { redisStorage } from './redis.ts'
import { missingServer, RedisServer } from './redis-server.fixture.ts'
import { describeService } from './services.fixture.ts'
import { tieredStorage } from './tiered.ts'
import { KEYS } from './workers.fixture.ts'

const HOUR = 3_600_000
const until = () => ({ expiresAt: Date.now() + HOUR, ifVersion: null })
const kept = () => ({ ...until(), keep: true })
const newKey = (): string => crypto.randomUUID().padEnd(43, '_')

const REFUSAL =
  /maxmemory is 4194304 and maxmemory-policy is allkeys-lru.*CONFIG SET maxmemory-policy noeviction/
const PROBLEM = /^maxmemory-policy is allkeys-lru: Redis may drop .*Set it to noeviction/

/** Installed with `CI`, found otherwise. */
const bun = process.env.CI ? bunProgram() : bunProgram(findInstalled)
const program = fileURLToPath(new URL('redis-eviction.runtime.fixture.ts', import.meta.url))

describe.skipIf(missingServer !== '')(`N08 a Redis that drops keys${missingServer}`, () => {
  let server: RedisServer
  let admin: Redis
  beforeAll(async () => {
    server = await RedisServer.create('--maxmemory 4mb --maxmemory-policy allkeys-lru')
    admin = new Redis(server.url)
  })
  beforeEach(async () => {
    await admin.config('SET', 'maxmemory', '4mb')
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru')
  })
  afterEach(() => void vi.restoreAllMocks())
  afterAll(async () => {
    admin?.disconnect()
    await server?.remove()
  })

  describe.each(Object.entries(CLIENTS.REDIS_URL!))('with %s', (_, open) => {
    let opened: OpenClient
    beforeAll(async () => {
      opened = await open(server.url)
    })
    afterAll(() => opened?.close())

    it('N08 refuses what must be kept, names the setting, and takes all else', async () => {
      const storage = redisStorage(opened.client)
      const key = newKey()
      await expect(storage.write(key, 'x', kept())).rejects.toThrow(REFUSAL)
      expect(await storage.read(key)).toBeNull()
      expect(await storage.write(key, 'x', until())).toBe(true)
    })

    it('N08 takes what must be kept once the setting is right', async () => {
      const storage = redisStorage(opened.client)
      await expect(storage.write(newKey(), 'x', kept())).rejects.toThrow(REFUSAL)
      await admin.config('SET', 'maxmemory-policy', 'noeviction')
      expect(await storage.write(newKey(), 'x', kept())).toBe(true)
      expect(await storage.diagnose()).toEqual([])
    })

    it('N08 diagnose() tells of the policy, whether or not the memory has a limit', async () => {
      const storage = redisStorage(opened.client)
      expect(await storage.diagnose()).toEqual([expect.stringMatching(PROBLEM)])
      await admin.config('SET', 'maxmemory', '0')
      expect(await storage.diagnose()).toEqual([expect.stringMatching(PROBLEM)])
      expect(await storage.write(newKey(), 'x', kept())).toBe(true)
      await admin.config('SET', 'maxmemory-policy', 'volatile-ttl')
      expect(await storage.diagnose()).toEqual([expect.stringContaining('volatile-ttl')])
    })
  })

  it('N08 asks once in a minute, for as long as all is well', async () => {
    const client = new Redis(server.url)
    const storage = redisStorage(client)
    const evaluate = vi.spyOn(client, 'eval')
    await admin.config('SET', 'maxmemory-policy', 'noeviction')
    for (let i = 0; i < 3; i++) await storage.write(newKey(), 'x', kept())
    expect(evaluate).toHaveBeenCalledTimes(4)
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const now = performance.now()
    vi.spyOn(performance, 'now').mockImplementation(() => now + 61_000)
    await expect(storage.write(newKey(), 'x', kept())).rejects.toThrow(REFUSAL)
    client.disconnect()
  })

  it('N08 a user who may not ask is believed, and told of nothing', async () => {
    const rights = ['on', '>secret', '~session:*', '+@all', '-info', '-config']
    await admin.call('ACL', 'SETUSER', 'blind', ...rights)
    const url = server.url.replace('//', '//blind:secret@')
    const client = new Redis(url, { enableReadyCheck: false })
    const storage = redisStorage(client)
    expect(await storage.write(newKey(), 'x', kept())).toBe(true)
    expect(await storage.diagnose()).toEqual([])
    client.disconnect()
  })

  it('N08 encryptedStorage and tieredStorage in front of it pass all that on', async () => {
    const client = new Redis(server.url)
    for (const storage of [
      encryptedStorage(redisStorage(client), KEYS['AES-256']),
      tieredStorage(memoryStorage(), redisStorage(client)),
    ]) {
      await expect(storage.write(newKey(), 'x', kept())).rejects.toThrow(REFUSAL)
      expect(await storage.diagnose!()).toEqual([expect.stringMatching(PROBLEM)])
    }
    client.disconnect()
  })

  const bunTitle = 'N08 the client of Bun'
  if (bun === undefined) it.skip(`${bunTitle} (skipped: no Bun)`, () => undefined)
  else {
    it(bunTitle, async () => {
      const { stdout } = await promisify(execFile)(bun, ['run', program, server.url])
      expect(JSON.parse(stdout)).toEqual({
        problems: [expect.stringMatching(PROBLEM)],
        written: expect.stringMatching(REFUSAL),
      })
    }, 60_000)
  }
})

for (const [variable, clients] of Object.entries(CLIENTS)) {
  for (const [name, open] of Object.entries(clients)) {
    describeService(variable, `N08 redisStorage with ${name}`, (url) => {
      it('N08 takes what must be kept, by a server that drops nothing', async () => {
        const { client, close } = await open(url)
        const storage = redisStorage(client)
        const key = newKey()
        expect(await storage.write(key, 'x', kept())).toBe(true)
        expect(await storage.diagnose()).toEqual([])
        await storage.destroy(key)
        await close()
      })
    })
  }
}
