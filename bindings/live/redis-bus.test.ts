import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ConfigurationError } from '../errors.ts'
import { createSessions, type Sessions } from '../sessions.ts'
import { SECRET } from '../sessions.fixture.ts'
import { memoryStorage } from '../storage/memory.ts'
import { RedisServer, missingServer, TcpProxy } from '../storage/redis-server.fixture.ts'
import { CLIENTS } from '../storage/redis.fixture.ts'
import { describeService } from '../storage/services.fixture.ts'
import type { SessionBus } from './contract.ts'
import { record, startSession, untilHeard } from './nodes.fixture.ts'
import { redisBus } from './redis-bus.ts'

const sessionsOn = (bus: SessionBus, storage = memoryStorage()): Sessions =>
  createSessions({ secrets: SECRET, storage, bus }) as Sessions

for (const [variable, clients] of Object.entries(CLIENTS)) {
  describeService(variable, `redisBus on ${variable}`, (url) => {
    it.each(Object.entries(clients))(
      'tells one process of the other, with %s',
      async (name, open) => {
        const [here, there] = [await open(url), await open(url)]
        const channel = `session:test:${name}:${process.pid}`
        const buses = [here, there].map(({ client }) => redisBus(client, { channel }))
        try {
          const storage = memoryStorage()
          const [near, far] = buses.map((bus) => sessionsOn(bus, storage)) as [Sessions, Sessions]
          const { id } = await startSession(far)
          const { news } = record(near, id)
          await untilHeard(far, id, news)
          await far.destroy(id)
          await vi.waitFor(() => expect(news.at(-1)).toEqual({ type: 'end', reason: 'destroyed' }))
        } finally {
          await Promise.all(buses.map((bus) => bus.close()))
          await Promise.all([here, there].map((opened) => opened.close()))
        }
      }
    )
  })
}

describe.skipIf(missingServer !== '')(
  `redisBus when the connection is lost${missingServer}`,
  () => {
    let server: RedisServer
    let proxy: TcpProxy
    beforeEach(async () => {
      server = await RedisServer.create()
      proxy = await TcpProxy.create(server.port)
    })
    afterEach(async () => {
      proxy.close()
      await server.remove()
    })

    it.each([
      ['node-redis', (url: string) => createClient({ url })],
      [
        'ioredis',
        (url: string) => new Redis(url, { retryStrategy: () => 50, connectTimeout: 1000 }),
      ],
    ])('looks at all sessions when it is there again: %s', async (_, create) => {
      const client = create(proxy.url)
      client.on('error', () => undefined)
      if ('isOpen' in client) await client.connect()
      const bus = redisBus(client as never, { recheckEvery: 86_400 })
      const storage = memoryStorage()
      const sessions = sessionsOn(bus, storage)
      const { id } = await startSession(sessions)
      const { news } = record(sessions, id)
      await vi.waitFor(async () => {
        const other = client.duplicate()
        other.on('error', () => undefined)
        if ('isOpen' in other) await other.connect()
        const [, subscribers] = (await ('isOpen' in other
          ? other.sendCommand(['PUBSUB', 'NUMSUB', 'session:bus'])
          : other.call('PUBSUB', 'NUMSUB', 'session:bus'))) as [string, number]
        if ('isOpen' in other) other.destroy()
        else other.disconnect()
        expect(subscribers).toBe(1)
      }, 5000)
      proxy.way = 'hole'
      proxy.reset()
      // Another process ends it, of which no message comes through.
      await storage.destroy(sessions.keyOf({ id } as never))
      await new Promise((resolve) => setTimeout(resolve, 200))
      expect(news).toEqual([])
      proxy.way = 'open'
      proxy.reset()
      await vi.waitFor(() => expect(news).toEqual([{ type: 'end', reason: 'gone' }]), 20_000)
      await bus.close()
      if ('isOpen' in client) client.destroy()
      else client.disconnect()
    })
  }
)

it('redisBus refuses what is no client, and a channel without a name', () => {
  expect(() => redisBus({} as never)).toThrow(ConfigurationError)
  const client = { send: async () => 0, duplicate: async () => ({}) }
  expect(() => redisBus(client, { channel: '' })).toThrow(/channel/)
})
