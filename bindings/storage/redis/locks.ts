/**
 * Locks in Redis: a key that ends by itself, and a queue of those who wait for it.
 *
 * Who waits has a place in a list, and is told over Pub/Sub when its turn has come. A message can be
 * lost, and a process can end while it waits. So who waits also asks again about once a second, which
 * keeps its place alive; a place that nobody keeps alive is passed over.
 *
 * @module
 */
import type { LockOptions, StorageLock } from '../contract.ts'
import type { RedisConnection, Subscription } from './client.ts'

/** Milliseconds for which a place in the queue lives when nobody asks again. */
const PLACE = 3000
/** Milliseconds after which who waits asks again, at most; the last quarter is left to chance. */
const ASK_AGAIN = 1000

/**
 * KEYS: the lock, the queue, and until when each place in it lives, by the clock of the server alone.
 * `head` is the first in the queue that lives, or false; who asks lives.
 */
const HEAD = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local head = redis.call('LINDEX', KEYS[2], 0)
local function place(token) return tonumber(redis.call('HGET', KEYS[3], token) or 0) end
while head and head ~= ARGV[1] and place(head) <= now do
  redis.call('LPOP', KEYS[2])
  redis.call('HDEL', KEYS[3], head)
  head = redis.call('LINDEX', KEYS[2], 0)
end
`

/**
 * ARGV: the token, the lease and the life of a place, in ms. -1: the lock is ours, also if it was so
 * already and the answer was lost. Else how long the holder, or who is first, may take.
 */
const ACQUIRE = `
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then return -1 end
${HEAD}
if not holder and (not head or head == ARGV[1]) then
  redis.call('LPOP', KEYS[2])
  redis.call('HDEL', KEYS[3], ARGV[1])
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return -1
end
if redis.call('HSET', KEYS[3], ARGV[1], now + ARGV[3]) == 1 then
  redis.call('RPUSH', KEYS[2], ARGV[1])
end
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PEXPIRE', KEYS[3], ARGV[3])
return holder and redis.call('PTTL', KEYS[1]) or place(head) - now`

/** ARGV: the token. Gives up the lock or the place, and tells who is first if the lock is free. */
const LEAVE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
elseif redis.call('HDEL', KEYS[3], ARGV[1]) == 1 then
  redis.call('LREM', KEYS[2], 1, ARGV[1])
end
if redis.call('EXISTS', KEYS[1]) == 1 then return end
${HEAD}
if head then redis.call('PUBLISH', string.match(head, '^(.*)#'), head) end`

/** ARGV: the token and the lease in ms. */
const EXTEND = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`

const ignore = (): void => undefined

/** The locks of one storage. */
export class RedisLocks {
  readonly #connection: RedisConnection
  readonly #prefix: string
  /** The channel on which this process is told that its turn has come. A token begins with it. */
  readonly #channel: string
  /** Who waits here, by token: what tells it to ask again. */
  readonly #waiting = new Map<string, () => void>()
  #subscription: Subscription | null = null
  #tokens = 0

  constructor(connection: RedisConnection, prefix: string) {
    this.#connection = connection
    this.#prefix = prefix
    this.#channel = `${prefix}turn:${crypto.randomUUID()}`
  }

  async lock(key: string, { ttl, signal }: LockOptions): Promise<StorageLock> {
    signal.throwIfAborted()
    const token = `${this.#channel}#${++this.#tokens}`
    const keys = ['lock', 'queue', 'places'].map((name) => `${this.#prefix}${name}:{${key}}`)
    const run = (script: string, ...args: number[]): Promise<unknown> =>
      this.#connection.run(script, keys, [token, ...args])
    const leave = (): Promise<unknown> => run(LEAVE)

    let asked: Promise<unknown> = Promise.resolve()
    try {
      for (;;) {
        // Before we ask: what is told may be here before the answer.
        const told = new Promise<void>((resolve) => void this.#waiting.set(token, resolve))
        asked = run(ACQUIRE, ttl, PLACE)
        const left = await untilAborted(asked, signal)
        if (left === -1) break
        this.#listen()
        await untilAborted(told, signal, Number(left))
      }
    } catch (error) {
      // Not awaited: a server that does not answer must not hold up who has given up. It may have
      // given us the lock all the same.
      asked.then(leave, leave).catch(ignore)
      throw error
    } finally {
      this.#waiting.delete(token)
    }
    return {
      extend: async (ttl) => (await run(EXTEND, ttl)) === 1,
      release: leave,
    }
  }

  /** Opens the connection to listen on, at the first wait. */
  #listen(): void {
    if (this.#subscription !== null) return
    const subscription = this.#connection.listen(this.#channel, (token) =>
      this.#waiting.get(token)?.()
    )
    this.#subscription = subscription
    subscription.ready.then(
      // What was told before we listened was lost.
      () => {
        for (const tell of this.#waiting.values()) tell()
      },
      // Whoever asks again opens another.
      () => {
        if (this.#subscription === subscription) this.close()
      }
    )
  }

  /** Closes the connection to listen on. */
  close(): void {
    this.#subscription?.close()
    this.#subscription = null
  }
}

/**
 * What a promise gives, unless the signal is aborted before: then its reason is thrown. With `left`,
 * nothing after so many milliseconds, or when it is time to ask again.
 */
async function untilAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal,
  left?: number
): Promise<Value | undefined> {
  signal.throwIfAborted()
  let abort: () => void = ignore
  let timer: ReturnType<typeof setTimeout> | undefined
  const ended = new Promise<undefined>((resolve, reject) => {
    abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort)
    if (left === undefined) return
    // A millisecond more: the server rounds what is left of a lease down.
    timer = setTimeout(
      () => resolve(undefined),
      Math.min(left + 1, ASK_AGAIN * (1 - Math.random() / 4))
    )
  })
  try {
    return await Promise.race([promise, ended])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}
