/**
 * The queue within a process: of many requests that want one lock, one at a time asks the storage.
 *
 * @module
 */
import { byIdentity } from './by-identity.ts'
import type { SessionStorage } from './storage/contract.ts'

/** First come, first served, for each key. */
export class LockQueue {
  /** Those who wait, in order, by key. A key without an entry is free. */
  readonly #waiting = new Map<string, Set<() => void>>()

  /** Waits for the key's turn. With an abort, the place in the queue is gone. */
  enter(key: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) {
      this.#waiting.set(key, new Set())
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const take = (): void => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = (): void => {
        waiting.delete(take)
        reject(signal.reason as Error)
      }
      waiting.add(take)
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  /** Gives the turn to who waits longest. */
  leave(key: string): void {
    const waiting = this.#waiting.get(key)
    const [next] = waiting ?? []
    if (next === undefined) this.#waiting.delete(key)
    else {
      waiting!.delete(next)
      next()
    }
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
