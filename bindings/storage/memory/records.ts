/**
 * Records in memory, at most so many, of which some must be kept until they end.
 *
 * Those that may go are in the order of writing, so that the oldest is found at once. Those that must
 * be kept are found by their end, in a heap: when they fill the storage, room comes of their ends alone.
 *
 * @module
 */
import type { StoredRecord } from '../contract.ts'
import { Ends } from './ends.ts'

/** The records of a storage. */
export class Records {
  /** In the order of writing: `set` after `delete` moves a key to the end. */
  readonly #loose = new Map<string, StoredRecord>()
  readonly #kept = new Map<string, StoredRecord>()
  readonly #ends = new Ends(this.#kept)
  readonly #max: number
  #cursor = this.#loose.entries()

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#loose.size + this.#kept.size
  }

  /** A record that has not ended, or `null`. */
  live(key: string): StoredRecord | null {
    const record = this.#loose.get(key) ?? this.#kept.get(key)
    return record !== undefined && record.expiresAt > Date.now() ? record : null
  }

  /**
   * Adds a record under a key that has none.
   *
   * @throws Error if there is no room for it, as all others must be kept.
   */
  add(key: string, record: StoredRecord, keep: boolean): void {
    if (this.size >= this.#max) this.#makeRoom()
    if (keep) this.#keep(key, record)
    else this.#loose.set(key, record)
  }

  delete(key: string): boolean {
    return this.#loose.delete(key) || this.#kept.delete(key)
  }

  /** Puts a record in the place of one that is there. Its order stays, and whether it is kept. */
  replace(key: string, record: StoredRecord): void {
    if (this.#kept.has(key)) this.#keep(key, record)
    else this.#loose.set(key, record)
  }

  /** Drops what has ended, at most `limit` records, of the next `looks`, round and round. */
  dropEnded(looks: number, limit: number): number {
    const now = Date.now()
    let dropped = 0
    while (dropped < limit && this.#dropEndedKept(now)) dropped++
    for (let i = 0; i < looks && dropped < limit; i++) {
      const next = this.#cursor.next()
      if (next.done) {
        this.#cursor = this.#loose.entries()
        break
      }
      const [key, { expiresAt }] = next.value
      if (expiresAt <= now && this.#loose.delete(key)) dropped++
    }
    return dropped
  }

  /** Drops what has ended, wherever it is, at most `limit` records. */
  sweep(limit: number): number {
    this.#cursor = this.#loose.entries()
    return this.dropEnded(this.#loose.size, limit)
  }

  #keep(key: string, record: StoredRecord): void {
    this.#kept.set(key, record)
    this.#ends.add(key, record.expiresAt)
  }

  /** Drops a kept record that has ended; `false` if there is none. */
  #dropEndedKept(now: number): boolean {
    const key = this.#ends.takeEnded(now)
    return key !== null && this.#kept.delete(key)
  }

  #makeRoom(): void {
    const [oldest] = this.#loose.keys()
    if (oldest !== undefined) this.#loose.delete(oldest)
    else if (!this.#dropEndedKept(Date.now())) {
      throw new Error(
        `memoryStorage is full: its ${this.#max} records must be kept until they end, as revocations ` +
          'must. Raise `max`, or use a storage that does not forget, such as redisStorage or sqlStorage'
      )
    }
  }
}
