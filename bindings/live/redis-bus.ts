/**
 * A bus over Redis's Pub/Sub.
 *
 * @module
 */
import { ConfigurationError } from '../errors.ts'
import { connectionOf, type RedisClient } from '../storage/redis/client.ts'
import { createBus, type BusOptions } from './bus.ts'
import type { SessionBus } from './contract.ts'

export type { BusOptions, RedisClient, SessionBus }

/** The options of `redisBus`. */
export interface RedisBusOptions extends BusOptions {
  /**
   * The channel. It begins like the keys of `redisStorage`, so that a user of Redis may be confined to
   * that prefix.
   *
   * @default 'session:bus'
   */
  readonly channel?: string
}

const PUBLISH = `return redis.call('PUBLISH', KEYS[1], ARGV[1])`

/**
 * A bus between all processes that use one Redis or Valkey. The client is yours, as with `redisStorage`;
 * a process that watches sessions listens on a second connection, which `close()` ends.
 *
 * When that connection is there again after it was lost, all watched sessions are looked up at once.
 *
 * @param client A client of `redis` or `ioredis` (single, cluster or sentinel), or Bun's.
 * @throws ConfigurationError if the client is none of these, or an option is wrong.
 *
 * @example
 * ```ts
 * import { createSessions } from 'tuile'
 * import { redisBus } from 'tuile/bus/redis'
 * import { redisStorage } from 'tuile/storage/redis'
 * import { createClient } from 'redis'
 *
 * const client = createClient({ url: process.env.REDIS_URL ?? 'redis://localhost:6379' })
 * client.on('error', console.error) // await client.connect()
 * const sessions = createSessions({
 *   storage: redisStorage(client),
 *   bus: redisBus(client),
 *   secrets,
 * })
 * assert.equal(sessions.async, true)
 * ```
 */
export function redisBus(
  client: RedisClient,
  { channel = 'session:bus', ...options }: RedisBusOptions = {}
): SessionBus {
  if (typeof channel !== 'string' || channel === '') {
    throw new ConfigurationError('redisBus: channel must be a text that is not empty')
  }
  const connection = connectionOf(client)
  return createBus(
    {
      publish: (message) => connection.run(PUBLISH, [channel], [message]),
      async subscribe(listener, onGap) {
        const subscription = connection.listen(channel, listener, onGap)
        try {
          await subscription.ready
        } catch (error) {
          subscription.close()
          throw error
        }
        return () => subscription.close()
      },
    },
    options
  )
}
