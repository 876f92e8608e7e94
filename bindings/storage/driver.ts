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

/** What is under way on one key. */
interface Turn {
  /** The last write, until it is done. */
  write: Promise<unknown>
  /** The reads that were asked for since, until they are done. */
  reads: Set<Promise<unknown>>
  /** How many wait or work. */
  count: number
}

/**
 * Runs work on one key in the order of asking: reads side by side, a write by itself, since a driver may
 * show what is half written, as the files of unstorage do. What fails holds up nobody.
 */
class Turns {
  readonly #turns = new Map<string, Turn>()

  read<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turnOf(key)
    const result = this.#run(key, turn, turn.write, work)
    const leave = (): void => void turn.reads.delete(done)
    const done: Promise<unknown> = result.then(leave, leave)
    turn.reads.add(done)
    return result
  }

  write<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turnOf(key)
    const before = Promise.all([turn.write, ...turn.reads])
    const result = this.#run(key, turn, before, work)
    turn.write = result.catch(() => undefined)
    turn.reads = new Set()
    return result
  }

  #turnOf(key: string): Turn {
    const turn = this.#turns.get(key) ?? { write: Promise.resolve(), reads: new Set(), count: 0 }
    this.#turns.set(key, turn)
    return turn
  }

  #run<Result>(
    key: string,
    turn: Turn,
    before: Promise<unknown>,
    work: () => Promise<Result>
  ): Promise<Result> {
    turn.count++
    const leave = (): void => {
      if (--turn.count === 0) this.#turns.delete(key)
    }
    const result = before.then(work)
    result.then(leave, leave)
    return result
  }
}

/**
 * Makes a storage of a driver, an object or an instance of a class with three methods. Within this
 * process the writes of a session wait for each other and for reads, so that parallel requests lose nothing
 * and see nothing half written; of two processes that write at the same moment the later one wins. A driver
 * that can compare and set should be a `SessionStorage` itself.
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
  const turns = new Turns()
  const read = async (key: string): Promise<StoredRecord | null> => toRecord(await driver.load(key))

  return {
    read: (key) => turns.read(key, () => read(key)),
    write: (key, value, { expiresAt, ifVersion }) =>
      turns.write(key, async () => {
        const current = await read(key)
        if ((current?.version ?? null) !== ifVersion) return false
        if (expiresAt <= Date.now()) await driver.destroy(key)
        else await driver.save(key, { value, version: (ifVersion ?? 0) + 1, expiresAt })
        return true
      }),
    destroy: (key) => turns.write(key, async () => driver.destroy(key)),
    touch: (key, expiresAt) =>
      turns.write(key, async () => {
        const current = await read(key)
        if (current !== null) await driver.save(key, { ...current, expiresAt })
      }),
  }
}
