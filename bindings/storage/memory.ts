/**
 * Sessions in the memory of one process.
 *
 * @module
 */
import { ConfigurationError } from '../errors.ts'
import type { SessionStorage, StoredRecord, WriteOptions } from './contract.ts'
import { createOwners, type MemoryOwners } from './memory/owners.ts'

/** The options of `memoryStorage`. */
export interface MemoryStorageOptions {
  /**
   * How many sessions are kept. When there are more, the one that was written longest ago goes.
   *
   * @default 100000
   */
  readonly max?: number
}

/** Records that each write looks at to drop what has ended, so that no timer is needed. */
const SWEEP_PER_WRITE = 2

/** A `SessionStorage` whose methods all return at once, and that says how much it holds. */
export interface MemoryStorage extends SessionStorage {
  /** Records held, some of which may have ended and not been dropped yet. */
  readonly size: number
  readonly owners: MemoryOwners
  read(key: string): StoredRecord | null
  write(key: string, value: string, options: WriteOptions): boolean
  destroy(key: string): boolean
  touch(key: string, expiresAt: number): boolean
  sweep(limit: number): number
}

/**
 * Keeps sessions in memory: for development, tests, and servers of one process that may forget them.
 * They are lost on restart. It is bounded, and drops what has ended as others are written.
 *
 * @throws ConfigurationError if `max` is not a positive integer.
 *
 * @example
 * ```ts
 * import { createSessions, memoryStorage } from 'tuile'
 *
 * const sessions = createSessions({ storage: memoryStorage({ max: 10_000 }), secrets })
 * const session = await sessions.read(null)
 * session.set('userId', 42)
 * const [cookie] = await sessions.commit(session)
 * assert.match(cookie, /^__Host-session=T/)
 * ```
 */
export function memoryStorage(options: MemoryStorageOptions = {}): MemoryStorage {
  const { max = 100_000 } = options
  if (!Number.isInteger(max) || max < 1) {
    throw new ConfigurationError(`memoryStorage: max must be a positive integer, not ${max}`)
  }
  // In the order of writing: `set` after `delete` moves a key to the end.
  const records = new Map<string, StoredRecord>()
  let cursor = records.entries()

  const live = (key: string): StoredRecord | null => {
    const record = records.get(key)
    return record !== undefined && record.expiresAt > Date.now() ? record : null
  }

  /** Looks at the next `count` records, round and round, and drops those that have ended. */
  const dropEnded = (count: number, limit: number): number => {
    const now = Date.now()
    let dropped = 0
    for (let i = 0; i < count && dropped < limit; i++) {
      const next = cursor.next()
      if (next.done) {
        cursor = records.entries()
        break
      }
      const [key, { expiresAt }] = next.value
      if (expiresAt <= now && records.delete(key)) dropped++
    }
    return dropped
  }

  return {
    atomic: true,
    consistency: 'strong',
    sync: true,
    volatile: true,
    get size() {
      return records.size
    },
    owners: createOwners((key) => live(key) !== null),
    read: live,
    write(key, value, { expiresAt, ifVersion }) {
      const current = live(key)
      if ((current?.version ?? null) !== ifVersion) return false
      records.delete(key)
      if (expiresAt <= Date.now()) return true
      dropEnded(SWEEP_PER_WRITE, SWEEP_PER_WRITE)
      if (records.size >= max) records.delete(records.keys().next().value!)
      records.set(key, { value, version: (ifVersion ?? 0) + 1, expiresAt })
      return true
    },
    destroy: (key) => records.delete(key),
    touch(key, expiresAt) {
      const current = live(key)
      if (current === null) return false
      records.set(key, { ...current, expiresAt })
      return true
    },
    sweep(limit) {
      cursor = records.entries()
      return dropEnded(records.size, limit)
    },
  }
}
