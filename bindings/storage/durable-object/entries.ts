/**
 * What a Durable Object keeps: entries that each have an end. One alarm removes what has ended.
 *
 * @module
 */
import { type AlarmStorage, wakeBy } from './alarm.ts'

/** Something that ends. */
export interface Entry {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** What is used of the state of a Durable Object. */
export interface DurableObjectState {
  readonly storage: AlarmStorage & {
    get<Value>(name: string): Promise<Value | undefined>
    put<Value>(name: string, value: Value): Promise<unknown>
    delete(name: string): Promise<boolean>
    list<Value>(options: { prefix?: string; limit?: number }): Promise<Map<string, Value>>
    deleteAlarm(): Promise<unknown>
    deleteAll(): Promise<unknown>
  }
}

const isLive = ({ expiresAt }: Entry): boolean => expiresAt > Date.now()

/** The entries of an object. */
export class Entries {
  readonly #storage: DurableObjectState['storage']

  constructor(storage: DurableObjectState['storage']) {
    this.#storage = storage
  }

  /** An entry, or `null` if there is none or it has ended. */
  async get<Value extends Entry>(name: string): Promise<Value | null> {
    const entry = await this.#storage.get<Value>(name)
    return entry !== undefined && isLive(entry) ? entry : null
  }

  /** Writes an entry; one that has ended is removed. */
  async put(name: string, entry: Entry): Promise<void> {
    if (!isLive(entry)) {
      await this.delete(name)
      return
    }
    await this.#storage.put(name, entry)
    await wakeBy(this.#storage, entry.expiresAt)
  }

  /**
   * Removes an entry; `false` if there was none. An object that holds nothing takes no space and has no
   * alarm.
   */
  async delete(name: string): Promise<boolean> {
    const removed = await this.#storage.delete(name)
    if ((await this.#storage.list({ limit: 1 })).size === 0) await this.#clear()
    return removed
  }

  /** The names that begin with `prefix`, without it. */
  async names(prefix: string): Promise<string[]> {
    const entries = await this.#storage.list<Entry>({ prefix })
    return [...entries].flatMap(([name, entry]) =>
      isLive(entry) ? [name.slice(prefix.length)] : []
    )
  }

  /** Removes what has ended, and plans to do so again when the next one ends. */
  async sweep(): Promise<void> {
    let next = Number.POSITIVE_INFINITY
    for (const [name, entry] of await this.#storage.list<Entry>({})) {
      if (isLive(entry)) next = Math.min(next, entry.expiresAt)
      else await this.#storage.delete(name)
    }
    if (next === Number.POSITIVE_INFINITY) await this.#clear()
    else await this.#storage.setAlarm(next)
  }

  async #clear(): Promise<void> {
    await this.#storage.deleteAlarm()
    await this.#storage.deleteAll()
  }
}
