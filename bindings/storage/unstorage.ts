/**
 * Sessions in any driver of unstorage.
 *
 * @module
 */
import { ConfigurationError } from '../errors.ts'
import type { SessionStorage } from './contract.ts'
import { type SessionDriver, storageOfDriver } from './driver.ts'

/** What is used of a `Storage` of unstorage. */
export interface Unstorage {
  /** Reads a value, parsed from JSON. */
  getItem(name: string): Promise<unknown>
  /** Writes a value as JSON; `ttl` in seconds, for the drivers that know it. */
  setItem(name: string, value: never, options: { ttl: number }): Promise<unknown>
  /** Removes a value. */
  removeItem(name: string): Promise<unknown>
  /** The names below one. */
  getKeys(base: string): Promise<string[]>
}

/** The options of `unstorage`. */
export interface UnstorageOptions {
  /**
   * What the names of all keys begin with.
   *
   * @default 'session'
   */
  readonly prefix?: string
}

interface Entry {
  readonly expiresAt: number
}

const METHODS = ['getItem', 'setItem', 'removeItem', 'getKeys'] as const

/** The end of what is stored under a name; 0 if it is not ours. */
const endOf = (item: unknown): number => {
  const end = (item as Partial<Entry> | null)?.expiresAt
  return typeof end === 'number' ? end : 0
}

/**
 * A key as a part of a name. unstorage takes `/`, `\`, `?` and `:` for something else; no key of the
 * manager has them.
 */
const partOf = (key: string): string =>
  key.replace(/[^\w-]/g, (unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, '0')}`) || '%'

/**
 * Keeps sessions in a `Storage` of unstorage 1.x, whatever its driver.
 *
 * unstorage has no compare-and-set, so a storage of several processes loses what one of them writes at
 * the same moment as another: the last write wins, and may bring back a session that was ended in
 * that moment (`atomic: false`). Within one process the changes of a session take turns and lose
 * nothing, as with `fromDriver`. A storage of Tuile's own for the same server does more; `fsStorage` also
 * shows no process what another has half written, as the files of unstorage do.
 *
 * The end of a record is kept with it and checked when it is read; it is also given to the driver as
 * `ttl`, which about ten of them know. For the others, such as `fs` and `memory`, `sweep` removes what
 * has ended: it lists all names. What fails in the driver is rejected as it is; the manager makes a
 * `SessionStorageError` of it.
 *
 * @throws ConfigurationError if it is no storage of unstorage, or the prefix is empty.
 *
 * @example
 * ```ts
 * import { createSessions } from 'tuile'
 * import { unstorage } from 'tuile/storage/unstorage'
 * import { createStorage } from 'unstorage'
 * import memoryDriver from 'unstorage/drivers/memory'
 *
 * const storage = unstorage(createStorage({ driver: memoryDriver() }))
 * const sessions = createSessions({ storage, secrets })
 * assert.equal(sessions.async, true)
 * ```
 */
export function unstorage(storage: Unstorage, options: UnstorageOptions = {}): SessionStorage {
  const { prefix = 'session' } = options
  if (METHODS.some((method) => typeof storage?.[method] !== 'function')) {
    throw new ConfigurationError('unstorage: this is no storage; createStorage() makes one')
  }
  if (typeof prefix !== 'string' || prefix === '') {
    throw new ConfigurationError('unstorage: the prefix must be a text that is not empty')
  }
  const nameOf = (key: string): string => `${prefix}:record:${partOf(key)}`
  const entriesOf = (owner: string): string => `${prefix}:owner:${partOf(owner)}`
  const entryOf = (owner: string, key: string): string => `${entriesOf(owner)}:${partOf(key)}`

  const put = (name: string, entry: Entry): Promise<unknown> => {
    const seconds = Math.ceil((entry.expiresAt - Date.now()) / 1000)
    if (seconds <= 0) return storage.removeItem(name)
    return storage.setItem(name, entry as never, { ttl: seconds })
  }
  const driver: SessionDriver = {
    load: (key) => storage.getItem(nameOf(key)),
    save: (key, record) => put(nameOf(key), record),
    destroy: (key) => storage.removeItem(nameOf(key)),
  }

  return {
    ...storageOfDriver(driver, [storage, prefix]),
    atomic: false,
    consistency: 'strong',

    async sweep(limit) {
      let removed = 0
      for (const name of await storage.getKeys(prefix)) {
        if (removed === limit) break
        const end = endOf(await storage.getItem(name))
        if (end === 0 || end > Date.now()) continue
        await storage.removeItem(name)
        removed++
      }
      return removed
    },

    owners: {
      async add(owner, key, expiresAt) {
        await put(entryOf(owner, key), { expiresAt })
      },
      remove: (owner, key) => storage.removeItem(entryOf(owner, key)),
      async keys(owner) {
        const names = await storage.getKeys(entriesOf(owner))
        const items = await Promise.all(names.map((name) => storage.getItem(name)))
        return names
          .filter((_, index) => endOf(items[index]) > Date.now())
          .map((name) => name.slice(name.lastIndexOf(':') + 1))
      },
    },
  }
}
