/**
 * Storages made of drivers that can only load, save and destroy.
 *
 * @module
 */
import type { Awaitable } from '../awaitable.ts'
import { ConfigurationError } from '../errors.ts'
import type { SessionStorage, StoredRecord } from './contract.ts'

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

/** Runs work on one key after the other, in the order of asking; what fails holds up nobody. */
function createQueue(): <Result>(key: string, work: () => Promise<Result>) => Promise<Result> {
  const tails = new Map<string, Promise<unknown>>()
  return (key, work) => {
    const result = (tails.get(key) ?? Promise.resolve()).then(work)
    const leave = (): void => {
      if (tails.get(key) === tail) tails.delete(key)
    }
    const tail = result.then(leave, leave)
    tails.set(key, tail)
    return result
  }
}

/**
 * Makes a storage of a driver, an object or an instance of a class with three methods. Within this
 * process the writes of a session wait for each other, so that parallel requests lose nothing; of two
 * processes that write at the same moment the later one wins. A driver that can compare and set should
 * be a `SessionStorage` itself.
 *
 * The keys are hashes of ids. A call that never ends holds up the writes of its session: see to a
 * time limit in the driver.
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
  const inTurn = createQueue()
  const read = async (key: string): Promise<StoredRecord | null> => toRecord(await driver.load(key))

  return {
    read,
    write: (key, value, { expiresAt, ifVersion }) =>
      inTurn(key, async () => {
        const current = await read(key)
        if ((current?.version ?? null) !== ifVersion) return false
        if (expiresAt <= Date.now()) await driver.destroy(key)
        else await driver.save(key, { value, version: (ifVersion ?? 0) + 1, expiresAt })
        return true
      }),
    destroy: (key) => inTurn(key, async () => driver.destroy(key)),
    touch: (key, expiresAt) =>
      inTurn(key, async () => {
        const current = await read(key)
        if (current !== null) await driver.save(key, { ...current, expiresAt })
      }),
  }
}
