/**
 * Sessions in the memory of one process.
 *
 * @module
 */
import { ConfigurationError } from '../errors.ts'
import type { SessionStorage, StoredRecord, WriteOptions } from './contract.ts'
import { createOwners, type MemoryOwners } from './memory/owners.ts'
import { Records } from './memory/records.ts'

/** The options of `memoryStorage`. */
export interface MemoryStorageOptions {
  /**
   * How many records are kept. When there are more, the one that was written longest ago goes, except
   * for those that were written with `keep`: if there are no others, a write of a new record throws.
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
  touch(key: string, expiresAt: number, ifVersion?: number): boolean
  sweep(limit: number): number
}

/**
 * Keeps sessions in memory: for development, tests, and servers of one process that may forget them.
 * They are lost on restart. It is bounded, and drops what has ended as others are written.
 *
 * A record that was written with `keep` stays until its end. That holds for the last write of it: one
 * that comes after without `keep` makes it a record like all others. `touch` changes nothing about it.
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
  const records = new Records(max)

  return {
    atomic: true,
    consistency: 'strong',
    sync: true,
    volatile: true,
    get size() {
      return records.size
    },
    owners: createOwners((key) => records.live(key) !== null),
    read: (key) => records.live(key),
    write(key, value, { expiresAt, ifVersion, keep = false }) {
      const current = records.live(key)
      if ((current?.version ?? null) !== ifVersion) return false
      records.delete(key)
      if (expiresAt <= Date.now()) return true
      records.dropEnded(SWEEP_PER_WRITE, SWEEP_PER_WRITE)
      records.add(key, { value, version: (ifVersion ?? 0) + 1, expiresAt }, keep)
      return true
    },
    destroy: (key) => records.delete(key),
    touch(key, expiresAt, ifVersion) {
      const current = records.live(key)
      if (current === null || current.version !== (ifVersion ?? current.version)) return false
      records.replace(key, { ...current, expiresAt })
      return true
    },
    sweep: (limit) => records.sweep(limit),
  }
}
