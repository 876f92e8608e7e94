/**
 * Locks as a server of many processes keeps them: in order, and for a time.
 *
 * @module
 */
import type { LockOptions, StorageLock } from './contract.ts'

interface Waiter {
  readonly ttl: number
  readonly take: (lock: StorageLock) => void
}

interface Held {
  readonly token: symbol
  timer: ReturnType<typeof setTimeout>
}

/** What was asked, and the `lock` of a storage. */
export interface LeaseServer {
  readonly calls: ('lock' | 'extend' | 'release')[]
  lock(key: string, options: LockOptions): Promise<StorageLock>
  /** Takes a lock from its holder, as if it had stood still for too long. */
  expire(): void
}

/** Makes such a server; each of its answers takes `delay` milliseconds. */
export function leaseServer(delay = 0): LeaseServer {
  const held = new Map<string, Held>()
  const queues = new Map<string, Set<Waiter>>()
  const calls: LeaseServer['calls'] = []
  const later = async <Result>(run: () => Result): Promise<Result> => {
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
    return run()
  }

  const free = (key: string): void => {
    clearTimeout(held.get(key)?.timer)
    held.delete(key)
    const [next] = queues.get(key) ?? []
    if (next === undefined) return
    queues.get(key)!.delete(next)
    give(key, next)
  }

  const give = (key: string, { ttl, take }: Waiter): void => {
    const token = Symbol(key)
    const isOurs = (): boolean => held.get(key)?.token === token
    const end = (ttl: number) => setTimeout(() => free(key), ttl)
    held.set(key, { token, timer: end(ttl) })
    take({
      extend: (ttl) => {
        calls.push('extend')
        return later(() => {
          if (!isOurs()) return false
          clearTimeout(held.get(key)!.timer)
          held.get(key)!.timer = end(ttl)
          return true
        })
      },
      release: () => {
        calls.push('release')
        return later(() => {
          if (isOurs()) free(key)
        })
      },
    })
  }

  return {
    calls,
    expire: () => [...held.keys()].forEach(free),
    async lock(key, { ttl, signal }) {
      calls.push('lock')
      await later(() => undefined)
      signal.throwIfAborted()
      return new Promise((resolve, reject) => {
        const waiter = { ttl, take: resolve }
        if (!held.has(key)) return give(key, waiter)
        const queue = queues.get(key) ?? new Set()
        queues.set(key, queue.add(waiter))
        signal.addEventListener('abort', () => {
          if (queue.delete(waiter)) reject(signal.reason as Error)
        })
      })
    },
  }
}
