/**
 * Storages made of drivers that can only load, save and destroy.
 *
 * @module
 */
import type { Awaitable } from '../awaitable.ts'
import { byIdentity } from '../by-identity.ts'
import { ConfigurationError } from '../errors.ts'
import type { SessionStorage, StorageIdentity, StoredRecord } from './contract.ts'
import { type Turn, Turns } from './driver/turns.ts'

/** What keeps objects under keys. Each method may answer at once or with a promise. */
export interface SessionDriver {
  /** What was saved under a key; anything else counts as nothing, such as `null` or `undefined`. */
  load(key: string): Awaitable<unknown>
  /**
   * Keeps an object under a key, whatever was there. It survives JSON; after its `expiresAt`, in
   * milliseconds since the epoch, the driver may drop it.
   */
  save(key: string, record: StoredRecord): Awaitable<unknown>
  /** Forgets a key. One that is not there is no error. */
  destroy(key: string): Awaitable<unknown>
}

const METHODS = ['load', 'save', 'destroy'] as const

function toRecord(loaded: unknown): StoredRecord | null {
  const { value, version, expiresAt } = Object(loaded) as Partial<StoredRecord>
  if (typeof value !== 'string' || typeof version !== 'number') return null
  if (typeof expiresAt !== 'number' || expiresAt <= Date.now()) return null
  return { value, version, expiresAt }
}

/** The version that a record has now, or `null` if there is none or it has ended. */
const versionOf = (record: StoredRecord | null): number | null =>
  record !== null && record.expiresAt > Date.now() ? record.version : null

const turnsOf = byIdentity(() => new Turns())

/**
 * Makes a storage of a driver, an object or an instance of a class with three methods. Within this
 * process the writes of a session wait for each other and for reads, so that parallel requests lose nothing
 * and see nothing half written, also if each request makes a storage of the same driver object; of two
 * processes that write at the same moment the later one wins. A driver that can compare and set should be a
 * `SessionStorage` itself.
 *
 * The keys are hashes of ids. A call that never ends holds up its session: see to a time limit in the
 * driver.
 *
 * @throws ConfigurationError that names a method that is missing.
 *
 * @example
 * ```ts
 * import { createSessions, fromDriver } from 'tuile'
 *
 * const table = new Map<string, unknown>() // or a collection of MongoDB, an HTTP service, …
 * const storage = fromDriver({
 *   load: async (key) => table.get(key),
 *   save: async (key, record) => table.set(key, record),
 *   destroy: async (key) => table.delete(key),
 * })
 * const sessions = createSessions({ storage, secrets })
 * const session = await sessions.read(null)
 * session.set('userId', 42)
 * await sessions.commit(session)
 * assert.equal(table.size, 1)
 * ```
 */
export function fromDriver(driver: SessionDriver): SessionStorage {
  for (const method of METHODS) {
    if (typeof (driver as Partial<SessionDriver> | null)?.[method] === 'function') continue
    throw new ConfigurationError(`fromDriver: the driver has no method ${method}()`)
  }
  return storageOfDriver(driver, [driver, ''])
}

/** The storage of a driver that has all methods. All storages of one identity take turns. */
export function storageOfDriver(driver: SessionDriver, identity: StorageIdentity): SessionStorage {
  const turns = turnsOf(identity)

  const load = async (key: string, turn: Turn): Promise<StoredRecord | null> => {
    const record = toRecord(await driver.load(key))
    // Another process may have changed it since.
    if (turn.last?.version !== record?.version) turn.last = undefined
    return record
  }

  /** Writes `next` in the place of a record whose version fits; `false` if it does not. */
  const change = (
    key: string,
    fits: (version: number | null) => boolean,
    next: (current: StoredRecord | null) => StoredRecord
  ): Promise<boolean> =>
    turns.write(key, async (turn) => {
      // The call before is over only now: what it has left is there, or its answer is as good as ours.
      if (turn.last !== undefined && !fits(versionOf(turn.last))) return false
      turn.last = undefined
      const current = await load(key, turn)
      turn.last = current
      if (!fits(versionOf(current))) return false
      turn.last = undefined
      const record = next(current)
      const lives = record.expiresAt > Date.now()
      await (lives ? driver.save(key, record) : driver.destroy(key))
      turn.last = lives ? record : null
      return true
    })

  return {
    identity,
    read: (key) => turns.read(key, (turn) => load(key, turn)),
    write: (key, value, { expiresAt, ifVersion }) =>
      change(
        key,
        (version) => version === ifVersion,
        () => ({ value, version: (ifVersion ?? 0) + 1, expiresAt })
      ),
    touch: (key, expiresAt, ifVersion) =>
      change(
        key,
        (version) => version !== null && version === (ifVersion ?? version),
        (current) => ({ ...current!, expiresAt })
      ),
    destroy: (key) =>
      turns.write(key, async (turn) => {
        turn.last = undefined
        // What a driver returns may mean anything.
        await driver.destroy(key)
        turn.last = null
      }),
  }
}
