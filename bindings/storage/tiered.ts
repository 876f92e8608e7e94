/**
 * A fast storage in front of a durable one.
 *
 * @module
 */
import { ConfigurationError } from '../errors.ts'
import type { CookieStorage, SessionStorage } from './contract.ts'
import { createCopies } from './tiered/copies.ts'

/** The options of `tieredStorage`. */
export interface TieredStorageOptions {
  /**
   * Seconds for which a copy in the fast storage may be read.
   *
   * @default 5
   */
  readonly maxAge?: number
  /**
   * Milliseconds that the fast storage has for an answer before the durable one is asked instead.
   *
   * @default 250
   */
  readonly timeout?: number
  /** Told when the fast storage failed or was late; no request ever fails with it. */
  readonly onFastError?: (error: unknown) => void
}

const isStorage = (storage: SessionStorage | CookieStorage | undefined): boolean =>
  typeof (storage as SessionStorage | undefined)?.read === 'function'

/**
 * Reads sessions from a fast storage, such as `memoryStorage`, and keeps them in a durable one, such as
 * SQL. What is read is copied, what is written goes to the durable storage first.
 *
 * Writes are as exact as the durable storage makes them: each is checked against its version, so a copy
 * that is behind costs another try, never a lost change, and a session that has ended stays so. Reads
 * may be behind for at most `maxAge` seconds: when another process, whose memory is another, has changed
 * or ended the session. A session that is signed out there can be read here for that long. Processes
 * that share the fast storage see each other's writes at once, while it answers.
 *
 * If the fast storage fails or is late, the durable one is asked, and the fast one left alone for a
 * second. Locks, owners and sweeping are those of the durable storage.
 *
 * @throws ConfigurationError if either is no server storage, both are the same, or a time is not
 * positive.
 *
 * @example
 * ```ts
 * import { createSessions, memoryStorage } from 'tuile'
 * import { tieredStorage } from 'tuile/storage/tiered'
 *
 * const durable = memoryStorage() // sqlStorage(database)
 * const storage = tieredStorage(memoryStorage({ max: 10_000 }), durable, { maxAge: 2 })
 * const sessions = createSessions({ storage, secrets })
 * assert.equal(sessions.async, true)
 * ```
 */
export function tieredStorage(
  fast: SessionStorage | CookieStorage,
  durable: SessionStorage | CookieStorage,
  options: TieredStorageOptions = {}
): SessionStorage {
  const { maxAge = 5, timeout = 250, onFastError } = options
  if (!isStorage(fast) || !isStorage(durable)) {
    throw new ConfigurationError('tieredStorage: both must be storages of a server')
  }
  if (fast === durable) throw new ConfigurationError('tieredStorage: both are the same storage')
  for (const [name, value] of Object.entries({ maxAge, timeout })) {
    if (!Number.isFinite(value) || value <= 0) {
      throw new ConfigurationError(`tieredStorage: ${name} must be a positive number, not ${value}`)
    }
  }
  return tiered(fast as SessionStorage, durable as SessionStorage, maxAge, timeout, onFastError)
}

function tiered(
  fast: SessionStorage,
  durable: SessionStorage,
  maxAge: number,
  timeout: number,
  onFastError: TieredStorageOptions['onFastError']
): SessionStorage {
  const copies = createCopies(fast, maxAge * 1000, timeout, onFastError)
  const { touch, sweep, lock, owners, diagnose, volatile } = durable

  return {
    atomic: durable.atomic === true,
    consistency: 'eventual',
    identity: durable.identity ?? [durable, ''],
    ...(volatile && { volatile }),

    async read(key, options) {
      const copy = options?.fresh ? null : await copies.get(key)
      if (copy !== null) return copy
      const record = await durable.read(key, options)
      if (record !== null) await copies.put(key, record)
      return record
    },

    async write(key, value, options) {
      const { expiresAt, ifVersion } = options
      const written = await durable.write(key, value, options)
      if (!written) await copies.drop(key)
      else if (expiresAt <= Date.now()) await copies.end(key)
      else await copies.put(key, { value, version: (ifVersion ?? 0) + 1, expiresAt })
      return written
    },

    async destroy(key) {
      const destroyed = await durable.destroy(key)
      await copies.end(key)
      return destroyed
    },

    ...(touch && {
      async touch(key: string, expiresAt: number, ifVersion?: number) {
        const touched = await touch.call(durable, key, expiresAt, ifVersion)
        await copies.drop(key)
        return touched
      },
    }),
    ...(sweep && { sweep: sweep.bind(durable) }),
    ...(lock && { lock: lock.bind(durable) }),
    ...(owners && { owners }),
    ...(diagnose && { diagnose: () => diagnose.call(durable) }),

    async close() {
      await Promise.all([fast.close?.(), durable.close?.()])
    },
  }
}
