/**
 * Whether Redis drops keys when it is full, which its setting `maxmemory-policy` says.
 *
 * All keys of the storage have an end, so each policy but `noeviction` may take them, `volatile-ttl` those
 * first that end soonest. With `noeviction` a write that finds no room is an error, which nobody overlooks.
 *
 * @module
 */
import type { RedisConnection } from './client.ts'

/** Milliseconds for which nobody asks again whether Redis keeps what it has. */
const KNOWN = 60_000

/**
 * INFO and not CONFIG GET: that is not allowed in scripts, and scripts are what all clients send alike.
 * Who may not ask, or asks a server that does not know INFO, gets nothing.
 */
const ASK = `
local info = redis.pcall('INFO', 'memory')
if type(info) ~= 'string' then return '' end
return info`

interface Memory {
  /** Bytes that Redis may use; 0 for as many as there are. */
  readonly max: number
  /** What it does when they are used up; `null` if it does not say. */
  readonly policy: string | null
}

/** What the server of a storage does when its memory is full. */
export class Eviction {
  readonly #connection: RedisConnection
  #safeUntil = Number.NEGATIVE_INFINITY

  constructor(connection: RedisConnection) {
    this.#connection = connection
  }

  /**
   * Passes if a key is kept until its end, or the server does not say.
   *
   * @throws Error that says what to type if the server may drop it.
   */
  async check(key: string): Promise<void> {
    const reason = await this.reason(key)
    if (reason === null) return
    throw new Error(`redisStorage: this record must be kept until it ends, but ${reason}`)
  }

  /** Why keys may be missing, and what to type; `null` if none is dropped, or the server does not say. */
  async reason(key: string): Promise<string | null> {
    if (performance.now() < this.#safeUntil) return null
    const { max, policy } = await this.#ask(key)
    if (max > 0 && policy !== null && policy !== 'noeviction') {
      return (
        `Redis drops keys when it is full: maxmemory is ${max} and maxmemory-policy is ${policy}. Type ` +
        '`redis-cli CONFIG SET maxmemory-policy noeviction`, and set it in the configuration file'
      )
    }
    this.#safeUntil = performance.now() + KNOWN
    return null
  }

  /** What is wrong with the setting, whether or not there is a limit to the memory now. */
  async diagnose(key: string): Promise<string[]> {
    const { policy } = await this.#ask(key)
    if (policy === null || policy === 'noeviction') return []
    return [
      `maxmemory-policy is ${policy}: Redis may drop sessions, owner indexes and revocations when it ` +
        'is full. Set it to noeviction: `redis-cli CONFIG SET maxmemory-policy noeviction`',
    ]
  }

  /** @param key What a cluster finds the server by. */
  async #ask(key: string): Promise<Memory> {
    const info = String(await this.#connection.run(ASK, [key], []))
    const settingOf = (name: string): string | null =>
      new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] ?? null
    return { max: Number(settingOf('maxmemory') ?? 0), policy: settingOf('maxmemory_policy') }
  }
}
