/**
 * A lock in Deno KV: one entry holds the queue, whose first is the holder. It is changed atomically, and
 * watched by those who wait.
 *
 * @module
 */
import type { LockOptions, StorageLock } from '../contract.ts'
import { commit, type DenoKv } from './deno-database.ts'

/** Who holds or waits. */
interface Place {
  readonly owner: string
  /** Milliseconds that it holds the lock for, once it is first. */
  readonly ttl: number
  /** When it loses the lock, in milliseconds since the epoch; 0 while it waits. */
  readonly until: number
}

/**
 * Milliseconds after which a queue is looked at even if nothing was told. `watch` sees other processes
 * on Deno Deploy; on a local file it does not (measured: Deno 2.9.6).
 */
const LOOK_AGAIN = 500

/** The queue without a holder whose time is over; the first becomes the holder. */
function settle(queue: readonly Place[]): Place[] {
  const now = Date.now()
  const [first, ...rest] = queue
  if (first === undefined) return []
  if (first.until === 0) return [{ ...first, until: now + first.ttl }, ...rest]
  return first.until > now ? [first, ...rest] : settle(rest)
}

/** Waits for the lock whose queue is kept at `key`. */
export async function denoKvLock(
  kv: DenoKv,
  key: readonly string[],
  { ttl, signal }: LockOptions
): Promise<StorageLock> {
  const owner = crypto.randomUUID()

  /** Changes the queue in one step; gives it as it is then. */
  const change = async (next: (queue: Place[]) => Place[]): Promise<Place[]> => {
    for (;;) {
      const { value, versionstamp } = await kv.get(key)
      const before = (value ?? []) as Place[]
      const queue = settle(next(settle(before)))
      if (JSON.stringify(queue) === JSON.stringify(before)) return queue
      const checked = kv.atomic().check({ key, versionstamp })
      // The queue of processes that are all gone ends when each would have held it.
      const expireIn = queue.reduce((sum, place) => sum + place.ttl, ttl)
      const changed = queue.length > 0 ? checked.set(key, queue, { expireIn }) : checked.delete(key)
      if (await commit(changed)) return queue
    }
  }
  const isMine = (place: Place | undefined): boolean => place?.owner === owner
  const leave = (): Promise<unknown> => change((queue) => queue.filter((place) => !isMine(place)))
  /** A place at the end, also for one whose turn came and went unseen. */
  const join = (queue: Place[]): Place[] =>
    queue.some(isMine) ? queue : [...queue, { owner, ttl, until: 0 }]

  signal.throwIfAborted()
  const changes = kv.watch([key]).getReader()
  try {
    let told = changes.read()
    for (;;) {
      const [first] = await change(join)
      if (signal.aborted) {
        await leave()
        throw signal.reason
      }
      if (isMine(first)) break
      const wait = Math.min(LOOK_AGAIN, Math.max(1, first!.until - Date.now()))
      if (await firstOf(told, wait, signal)) told = changes.read()
    }
  } finally {
    await changes.cancel()
  }

  return {
    async extend(ttl) {
      const until = Date.now() + ttl
      const queue = await change(([first, ...rest]) =>
        first === undefined ? [] : [isMine(first) ? { ...first, until } : first, ...rest]
      )
      return isMine(queue[0])
    },
    release: leave,
  }
}

/** Waits for a promise, a time or an abort, whichever is first; says whether it was the promise. */
function firstOf(
  promise: Promise<unknown>,
  milliseconds: number,
  signal: AbortSignal
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const stop = (): void => end(false)
    const timer = setTimeout(stop, milliseconds)
    const end = (told: boolean): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      resolve(told)
    }
    signal.addEventListener('abort', stop, { once: true })
    promise.then(() => end(true), reject)
  })
}
