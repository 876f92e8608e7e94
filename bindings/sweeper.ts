/**
 * Sweeping: removes what has ended from storages that do not do that by themselves.
 *
 * @module
 */
import { chain, type Awaitable } from './awaitable.ts'
import { ConfigurationError } from './errors.ts'
import type { SessionEmitter } from './events.ts'
import { inBackground, type Timer } from './timer.ts'

/** How much to sweep. */
export interface SweepOptions {
  /**
   * How many records to remove at most.
   *
   * @default 1000
   */
  readonly limit?: number
}

/** How often to sweep, and how much each time. */
export interface SweepingOptions extends SweepOptions {
  /**
   * Seconds between two sweeps; at least 60, at most 86400. Up to a tenth of it less, by chance, so
   * that servers that start together do not sweep together.
   *
   * @default a quarter of lifetime
   */
  readonly interval?: number
}

const MINUTE = 60_000
const DAY = 86_400_000
/** Milliseconds until the next sweep if the last one has left something. */
const SOON = 1000

/** Sweeps one storage. */
export class Sweeper {
  readonly #sweep: ((limit: number) => Awaitable<number>) | undefined
  readonly #events: SessionEmitter
  readonly #lifetime: number
  #timer: Timer | null = null

  /** @param sweep The storage's own, if there is anything to sweep. */
  constructor(
    sweep: ((limit: number) => Awaitable<number>) | undefined,
    events: SessionEmitter,
    lifetime: number
  ) {
    this.#sweep = sweep
    this.#events = events
    this.#lifetime = lifetime
  }

  /** Removes records that have ended, and says how many. */
  sweep({ limit = 1000 }: SweepOptions = {}): Awaitable<number> {
    if (this.#sweep === undefined) return 0
    return chain(this.#sweep(limit), (count) => {
      if (count > 0) this.#events.emit('cleanup', () => ({ count }))
      return count
    })
  }

  /** Sweeps in the background of a request, which it neither delays nor breaks. */
  sweepAfter(waitUntil: ((work: Promise<unknown>) => void) | undefined): void {
    // A failure has been told as an event.
    const work = Promise.resolve().then(() => this.sweep())
    const harmless = work.catch(() => undefined)
    waitUntil?.(harmless)
  }

  /** Sweeps again and again; `false` if it does already, or there is nothing to sweep. */
  start({ interval = this.#lifetime / 4000, limit = 1000 }: SweepingOptions = {}): boolean {
    if (!(interval > 0) || !(limit >= 1)) {
      throw new ConfigurationError('interval must be a number of seconds, and limit at least 1')
    }
    if (this.#sweep === undefined || this.#timer !== null) return false
    const pause = Math.min(DAY, Math.max(MINUTE, interval * 1000))
    const plan = (delay: number): void => {
      this.#timer = inBackground(setTimeout(() => void run(), delay * (1 - Math.random() / 10)))
    }
    const run = async (): Promise<void> => {
      const timer = this.#timer
      let delay = pause
      try {
        if ((await this.sweep({ limit })) >= limit) delay = SOON
      } catch {
        // The storage may be there again the next time.
      }
      if (this.#timer === timer) plan(delay)
    }
    plan(pause)
    return true
  }

  /** Stops that; `false` if it was not going on. */
  stop(): boolean {
    if (this.#timer === null) return false
    clearTimeout(this.#timer)
    this.#timer = null
    return true
  }
}
