/**
 * Storages that count what is asked of them, take their time, and fail when told to.
 *
 * @module
 */
import type { Awaitable, SessionStorage, StoredRecord } from '../../bindings/index.ts'

/** What a storage can be asked. */
export type Operation = 'read' | 'write' | 'destroy' | 'touch' | 'sweep'

/** How a spy behaves. */
export interface SpyOptions {
  /** Whether it answers at once, or with promises. */
  readonly sync?: boolean
  /** Milliseconds that each answer of an asynchronous spy takes. */
  readonly delay?: number
  /** Whether `read` gives records that have ended, as a careless driver would. */
  readonly lax?: boolean
  /** Whether it has the optional methods. */
  readonly optional?: boolean
}

/** A storage that can be looked into. */
export interface Spy extends SessionStorage {
  /** What was asked, in order. */
  readonly log: Operation[]
  /** What is stored. */
  readonly records: Map<string, StoredRecord>
  /** Set it, and everything fails. */
  down: boolean
  /** How often something was asked. */
  count(operation: Operation): number
  /** Forgets what was asked. */
  reset(): void
}

/** Makes a spy. It follows the contract to the letter, unless it is `lax`. */
export function spyStorage(options: SpyOptions = {}): Spy {
  const { sync = false, delay = 0, lax = false, optional = false } = options
  const records = new Map<string, StoredRecord>()
  const log: Operation[] = []

  const live = (key: string): StoredRecord | null => {
    const record = records.get(key)
    return record && record.expiresAt > Date.now() ? record : null
  }

  const answer = <Result>(operation: Operation, effect: () => Result): Awaitable<Result> => {
    log.push(operation)
    const act = (): Result => {
      if (spy.down) throw new Error('connection refused')
      return effect()
    }
    if (sync) return act()
    return new Promise<void>((resolve) => setTimeout(resolve, delay)).then(act)
  }

  const spy: Spy = {
    sync,
    atomic: true,
    log,
    records,
    down: false,
    count: (operation) => log.filter((logged) => logged === operation).length,
    reset: () => void log.splice(0),

    read: (key) => answer('read', () => (lax ? (records.get(key) ?? null) : live(key))),
    write: (key, value, { expiresAt, ifVersion }) =>
      answer('write', () => {
        if ((live(key)?.version ?? null) !== ifVersion) return false
        records.delete(key)
        if (expiresAt > Date.now()) {
          records.set(key, { value, version: (ifVersion ?? 0) + 1, expiresAt })
        }
        return true
      }),
    destroy: (key) => answer('destroy', () => records.delete(key)),
  }
  if (!optional) return spy
  return Object.assign(spy, {
    touch: (key: string, expiresAt: number, ifVersion?: number) =>
      answer('touch', () => {
        const record = live(key)
        if (record === null || record.version !== (ifVersion ?? record.version)) return false
        records.set(key, { ...record, expiresAt })
        return true
      }),
    sweep: (limit: number) =>
      answer('sweep', () => {
        const ended = [...records].filter(([, { expiresAt }]) => expiresAt <= Date.now())
        for (const [key] of ended.slice(0, limit)) records.delete(key)
        return Math.min(ended.length, limit)
      }),
  })
}

/** What the one record of a spy holds. */
export function onlyRecord(spy: Spy): StoredRecord {
  const [record, ...others] = spy.records.values()
  if (record === undefined || others.length > 0) throw new Error(`${spy.records.size} records`)
  return record
}
