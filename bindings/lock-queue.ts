/**
 * The queue within a process: of many requests that want one lock, one at a time asks the storage.
 *
 * @module
 */
import { byIdentity } from './by-identity.ts'
import type { SessionStorage } from './storage/contract.ts'

/**
 * Milliseconds without a sign of life after which a holder is gone. Workers drop a request whose client has
 * left without running its `finally`; it must not lock its session for the rest of the isolate's life.
 */
export const GONE = 10_000

interface Line {
  /** Those who wait, in order. */
  readonly waiting: Set<() => void>
  /** The turn that is on. */
  turn: number
  /** When the holder last gave a sign of life. */
  seenAt: number
}

/** First come, first served, for each key. */
export class LockQueue {
  /** A key without a line is free. */
  readonly #lines = new Map<string, Line>()
  #turns = 0

  /** Waits for a turn, and gives it. With an abort, the place in the queue is gone. */
  enter(key: string, signal: AbortSignal): Promise<number> {
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    const now = performance.now()
    const line = this.#lines.get(key)
    if (line === undefined) {
      const turn = ++this.#turns
      this.#lines.set(key, { waiting: new Set(), turn, seenAt: now })
      return Promise.resolve(turn)
    }
    const turn = new Promise<number>((resolve, reject) => {
      const take = (): void => {
        signal.removeEventListener('abort', giveUp)
        resolve(line.turn)
      }
      const giveUp = (): void => {
        line.waiting.delete(take)
        reject(signal.reason as Error)
      }
      line.waiting.add(take)
      signal.addEventListener('abort', giveUp, { once: true })
    })
    if (now - line.seenAt > GONE) this.leave(key, line.turn)
    return turn
  }

  /** The holder of a turn gives a sign of life. */
  stay(key: string, turn: number): void {
    const line = this.#lines.get(key)
    if (line?.turn === turn) line.seenAt = performance.now()
  }

  /** Ends a turn, unless it has ended already; the next one is the longest waiting. */
  leave(key: string, turn: number): void {
    const line = this.#lines.get(key)
    if (line?.turn !== turn) return
    const [next] = line.waiting
    if (next === undefined) {
      this.#lines.delete(key)
      return
    }
    line.waiting.delete(next)
    line.turn = ++this.#turns
    line.seenAt = performance.now()
    next()
  }
}

const queueByIdentity = byIdentity(() => new LockQueue())

/**
 * The queue of a storage. Storages of one identity share it, and so do the managers that use them: a
 * storage object that was made for one request must wait for those of the others.
 */
export function queueOf(storage: SessionStorage): LockQueue {
  return queueByIdentity(storage.identity ?? [storage, ''])
}
