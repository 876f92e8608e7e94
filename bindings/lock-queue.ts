/**
 * The queue within a process: of many requests that want one lock, one at a time asks the storage.
 *
 * @module
 */

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

const queues = new WeakMap<object, LockQueue>()

/** The queue of a storage. Managers that share a storage share its queue. */
export function queueOf(storage: object): LockQueue {
  const known = queues.get(storage)
  if (known !== undefined) return known
  const queue = new LockQueue()
  queues.set(storage, queue)
  return queue
}
