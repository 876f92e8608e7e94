/**
 * Sessions in Redis or Valkey: one server, a cluster, or sentinels.
 *
 * A session is a hash, `session:<key>`, with its text `d`, its version `v`, its end `e` and the name of
 * its last write `w`; it ends by itself. Every write is one script, so nothing comes between its check
 * and its effect.
 *
 * @module
 */
import { ConfigurationError } from '../errors.ts'
import type { LockOptions, OwnerIndex, SessionStorage, StorageLock } from './contract.ts'
import { connectionOf, type RedisClient } from './redis/client.ts'
import { Eviction } from './redis/eviction.ts'
import { RedisLocks } from './redis/locks.ts'

export type {
  BunRedisClient,
  IORedisClient,
  NodeRedisClient,
  RedisClient,
} from './redis/client.ts'

/** The options of `redisStorage`. */
export interface RedisStorageOptions {
  /**
   * What every key and channel begins with; no others are ever touched, so that a user of Redis may be
   * confined to it. In a cluster it may hold a hash tag, `{app}session:`, to keep all in one slot.
   *
   * @default 'session:'
   */
  readonly prefix?: string
}

/** A `SessionStorage` in Redis. */
export interface RedisStorage extends SessionStorage {
  lock(key: string, options: LockOptions): Promise<StorageLock>
  readonly owners: OwnerIndex
  diagnose(): Promise<string[]>
  close(): void
}

// Ends are compared with the clock of who asks, and set as what is left until then: what the clock of
// the server shows does not matter. ARGV[1] is now, in ms since the epoch, wherever it is used.

const READ = `
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then return {} end
return redis.call('HMGET', KEYS[1], 'd', 'v', 'e')`

/**
 * ARGV: now, the end, the version that must be there ('' for none), the next one, the text, and the
 * name of this write: a client sends a command again if its connection broke before the answer came,
 * and what was written by us already is no conflict.
 */
const WRITE = `
local found = redis.call('HMGET', KEYS[1], 'v', 'e', 'w')
if found[3] == ARGV[6] then return 1 end
local lives = (tonumber(found[2] or 0) or 0) > tonumber(ARGV[1])
local version = lives and found[1] or ''
if version ~= ARGV[3] then return 0 end
local left = ARGV[2] - ARGV[1]
if left <= 0 then
  redis.call('DEL', KEYS[1])
else
  redis.call('HSET', KEYS[1], 'd', ARGV[5], 'v', ARGV[4], 'e', ARGV[2], 'w', ARGV[6])
  redis.call('PEXPIRE', KEYS[1], math.ceil(left))
end
return 1`

/** ARGV: now, the end, the version that must be there ('' for any). */
const TOUCH = `
local found = redis.call('HMGET', KEYS[1], 'v', 'e')
if (tonumber(found[2] or 0) or 0) <= tonumber(ARGV[1]) then return 0 end
if ARGV[3] ~= '' and found[1] ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], 'e', ARGV[2])
return redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[2] - ARGV[1]))`

const DESTROY = `return redis.call('DEL', KEYS[1])`

/** ARGV: now, the deadline, the key. The index ends with the last of its entries; gives their number. */
const ADD = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[3])
local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
redis.call('PEXPIRE', KEYS[1], math.ceil(last - ARGV[1]))
return redis.call('ZCARD', KEYS[1])`

const REMOVE = `return redis.call('ZREM', KEYS[1], ARGV[1])`

const LIST = `return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf')`

/** A prefix, with at most one hash tag in it: a second brace would take the tag from our own keys. */
const PREFIX = /^(?=.)[^{}]*(\{[^{}]+\}[^{}]*)?$/s

/**
 * Keeps sessions in Redis or Valkey. The client is yours: connect it before, listen to its errors,
 * close it after. Reading, writing and touching take one round trip each; sessions end by
 * Redis's own expiry, so there is nothing to sweep.
 *
 * Locks hold across processes. Who has to wait for one opens a second connection to Redis, one for
 * each storage; `close()` closes it.
 *
 * What Redis answers with an error, and what a lost connection leaves unanswered, rejects; the sessions
 * make a `SessionStorageError` of it. A failover forgets what the replica has not received yet.
 *
 * Redis drops keys when it is full, unless its setting `maxmemory-policy` is `noeviction`. A record that
 * must be kept is refused by a server that has a `maxmemory` and another policy, as far as the user of
 * Redis may ask for these (`+info`); `diagnose()` tells of every other policy.
 *
 * @param client A connected client of `redis` (single, cluster or sentinel), of `ioredis` (likewise), or
 *   Bun's.
 * @throws ConfigurationError if the client is none of these, or the prefix is empty or has braces that
 *   are not one hash tag.
 *
 * @example
 * ```ts
 * import { createSessions } from 'tuile'
 * import { redisStorage } from 'tuile/storage/redis'
 * import { createClient } from 'redis'
 *
 * const client = createClient({ url: process.env.REDIS_URL ?? 'redis://localhost:6379' })
 * client.on('error', console.error) // await client.connect()
 * const sessions = createSessions({ storage: redisStorage(client), secrets })
 * assert.equal(sessions.async, true)
 * ```
 */
export function redisStorage(
  client: RedisClient,
  { prefix = 'session:' }: RedisStorageOptions = {}
): RedisStorage {
  if (typeof prefix !== 'string' || !PREFIX.test(prefix)) {
    throw new ConfigurationError(
      `redisStorage: prefix must be text with at most one hash tag, not ${JSON.stringify(prefix)}`
    )
  }
  const connection = connectionOf(client)
  const locks = new RedisLocks(connection, prefix)
  const eviction = new Eviction(connection)
  const run = (script: string, key: string, ...args: (string | number)[]): Promise<unknown> =>
    connection.run(script, [prefix + key], args)
  const instance = crypto.randomUUID().slice(0, 13)
  let writes = 0
  const ownerKey = (owner: string): string => `owner:${owner}`

  return {
    atomic: true,
    consistency: 'strong',
    identity: [client, prefix],
    async read(key) {
      const [value, ...numbers] = (await run(READ, key)) as (string | null | undefined)[]
      const [version, expiresAt] = numbers.map(Number) as [number, number]
      const lives = typeof value === 'string' && version > 0 && expiresAt > Date.now()
      return lives ? { value, version, expiresAt } : null
    },
    async write(key, value, { expiresAt, ifVersion, keep = false }) {
      if (keep) await eviction.check(prefix + key)
      const versions = [ifVersion ?? '', (ifVersion ?? 0) + 1]
      const name = `${instance}${++writes}`
      return (await run(WRITE, key, Date.now(), expiresAt, ...versions, value, name)) === 1
    },
    destroy: async (key) => (await run(DESTROY, key)) === 1,
    touch: async (key, expiresAt, ifVersion) =>
      (await run(TOUCH, key, Date.now(), expiresAt, ifVersion ?? '')) === 1,
    lock: (key, options) => locks.lock(key, options),
    owners: {
      add: (owner, key, expiresAt) => run(ADD, ownerKey(owner), Date.now(), expiresAt, key),
      remove: (owner, key) => run(REMOVE, ownerKey(owner), key),
      keys: async (owner) => (await run(LIST, ownerKey(owner), Date.now())) as string[],
      gaps: () => eviction.reason(prefix),
    },
    diagnose: () => eviction.diagnose(prefix),
    close: () => locks.close(),
  }
}
