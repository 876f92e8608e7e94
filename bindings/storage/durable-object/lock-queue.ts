/**
 * The lock of one session. The holder is kept in the object's storage, since an object may be dropped
 * from memory while nothing is under way in it; those who wait keep it there.
 *
 * @module
 */
import type { Entries, Entry } from './entries.ts'

interface Holder extends Entry {
  readonly owner: string
}

interface Waiter {
  readonly owner: string
  /** Milliseconds that it will hold the lock for. */
  readonly ttl: number
  readonly done: () => void
}

/** A lock and the queue for it, in the order of asking. */
export class LockQueue {
  readonly #entries: Entries
  #waiters: Waiter[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(entries: Entries) {
    this.#entries = entries
  }

  /** Waits until `owner` holds the lock, or has left. */
  async join(owner: string, ttl: number): Promise<void> {
    const waited = new Promise<void>((done) => this.#waiters.push({ owner, ttl, done }))
    await this.#next()
    await waited
  }

  /** Keeps the lock for `ttl` more milliseconds; `false` if `owner` holds it no more. */
  async extend(owner: string, ttl: number): Promise<boolean> {
    const holder = await this.#entries.get<Holder>('lock')
    if (holder?.owner !== owner) return false
    await this.#hold(owner, ttl)
    return true
  }

  /** Gives up the lock, or the place in the queue, or neither. */
  async leave(owner: string): Promise<void> {
    const left = this.#waiters.find((waiter) => waiter.owner === owner)
    this.#waiters = this.#waiters.filter((waiter) => waiter !== left)
    left?.done()
    const holder = await this.#entries.get<Holder>('lock')
    if (holder?.owner !== owner) return
    await this.#entries.delete('lock')
    await this.#next()
  }

  /** Gives the lock to the first who waits, if it is free, and looks again when its time is over. */
  async #next(): Promise<void> {
    clearTimeout(this.#timer)
    let holder = await this.#entries.get<Holder>('lock')
    if (holder === null) {
      const first = this.#waiters.shift()
      if (first === undefined) return
      holder = await this.#hold(first.owner, first.ttl)
      first.done()
    }
    if (this.#waiters.length === 0) return
    this.#timer = setTimeout(() => this.#next(), holder.expiresAt - Date.now())
  }

  async #hold(owner: string, ttl: number): Promise<Holder> {
    const holder: Holder = { owner, expiresAt: Date.now() + ttl }
    await this.#entries.put('lock', holder)
    return holder
  }
}
