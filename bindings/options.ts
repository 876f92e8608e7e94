/**
 * The options of `createSessions`, checked.
 *
 * @module
 */
import { readEnvironment } from './codec/environment.ts'
import { ConfigurationError } from './errors.ts'
import type { SessionEvent } from './events.ts'
import type { Secrets } from './secrets.ts'
import type { SessionBus } from './live/contract.ts'
import type { SessionCookieOptions } from './session-cookie.ts'
import type { CookieStorage, SessionStorage } from './storage/contract.ts'
import type { Transport } from './transport.ts'

/** A schema of any library that follows Standard Schema v1, such as zod, valibot or arktype. */
export interface StandardSchema<Output> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
  }
}

/** What a Standard Schema says of a value. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly unknown[] }

/** The options of `createSessions`. */
export interface SessionsOptions<Data extends object> {
  /**
   * The secrets, the newest first: the first signs, all verify, and what an older one signed is
   * signed again with the next response. At least 32 bytes each; `npx tuile keygen` makes one.
   *
   * An entry may have dates, see `DatedSecret`. A function is asked when secrets are needed, each time;
   * `rotatingSecrets` loads them. A list given here is read once.
   */
  readonly secrets: Secrets
  /**
   * Where sessions are kept.
   *
   * @default cookieStorage()
   */
  readonly storage?: SessionStorage | CookieStorage | undefined
  /** The cookie: `__Host-session`, Secure, HttpOnly, SameSite=Lax, unless you say otherwise. */
  readonly cookie?: SessionCookieOptions | undefined
  /**
   * How sessions travel: `'cookie'`, `'bearer'` for `Authorization: Bearer …`, `{ header: 'X-Session' }`.
   * Of those in the list a header wins over the cookie. A client that has no session yet, and wants it
   * in a header, sends that header empty.
   *
   * @default ['cookie']
   */
  readonly transport?: readonly Transport[] | undefined
  /**
   * Seconds that a session lives at most, from its creation, whatever happens. Kept by the server.
   *
   * @default 86400
   */
  readonly lifetime?: number | undefined
  /**
   * Seconds after which a session ends that no request has used. Kept by the server.
   *
   * @default off
   */
  readonly idleTimeout?: number | undefined
  /**
   * Seconds between two moves of the idle deadline: reading a session writes at most that often. A
   * session may therefore end this much earlier than `idleTimeout` says, never later. A cookie whose
   * `maxAge` is below `lifetime` is renewed as often while its session is used, and at the latest after
   * half of its `maxAge`.
   *
   * @default half of idleTimeout
   */
  readonly touchEvery?: number | undefined
  /**
   * Whether the requests of one session wait for each other, from when it is read until it is
   * committed. Without, nothing that `set`, `update` and `flash` do is lost either; a lock is for
   * handlers that read something, think, and write. `session.lock()` locks one request alone.
   *
   * @default false
   */
  readonly lock?: boolean | undefined
  /**
   * Seconds that a request waits for a lock, before its `SessionLockTimeoutError`.
   *
   * @default 10
   */
  readonly lockTimeout?: number | undefined
  /**
   * Seconds that one call of an asynchronous storage may take, before its `SessionStorageError`. A
   * write that was given up on may have been done all the same. Sweeping takes its time.
   *
   * @default 2
   */
  readonly timeout?: number | undefined
  /**
   * What to do while the storage fails. Each failure is also an `error` event.
   *
   * - `throw`: the request fails with a `SessionStorageError`, which Hono answers with 503.
   * - `readonly`: sessions that can be read are served; what cannot be written is dropped, and no
   *   cookie is set. A read that fails throws.
   * - `empty`: a read that fails gives a new, empty session as well, of which nothing is written and
   *   for which no cookie is set: the visitor's own session is there again when the storage is.
   *
   * `destroy()` throws whatever is chosen: a failed sign-out is never reported as success. So do the
   * manager's `get`, `update` and `destroy`.
   *
   * @default 'throw'
   */
  readonly onStorageError?: StorageErrorPolicy | undefined
  /**
   * The chance, from 0 to 1, that a commit sweeps afterwards, for storages that do not drop what has
   * ended by themselves. The response does not wait for it, and no failure of it reaches a request.
   *
   * @default 0
   */
  readonly sweepProbability?: number | undefined
  /**
   * How many sessions an owner may have at most, see `session.owner`: with one more, the oldest ends.
   * It needs a storage that keeps owners. Without this option an owner has at most 1000; beyond that, the
   * oldest hundred end.
   *
   * @default 1000
   */
  readonly maxPerOwner?: number | undefined
  /**
   * Bytes that one session may have in a storage on a server, as JSON: a visitor who makes an app
   * remember more and more must not fill it. One that has more is a `SessionTooLargeError` at its
   * commit, and stays as it was. A cookie has its own limit.
   *
   * @default 1_048_576
   */
  readonly maxSize?: number | undefined
  /**
   * Checks the data of every stored session. Data that do not fit give a new, empty session and a
   * `reject` event. It must answer at once: a promise is a `ConfigurationError` when a session
   * is read.
   */
  readonly schema?: StandardSchema<Data> | undefined
  /**
   * What tells the other processes of what becomes of sessions, so that `sessions.watch` and sockets hear
   * of it: `memoryBus()` of `tuile/bus` for one process, `redisBus(client)` of `tuile/bus/redis` for
   * many. It needs a storage on the server.
   *
   * @default none
   */
  readonly bus?: SessionBus | undefined
  /** Called with every event but `explain`; `sessions.on` listens to one kind. */
  readonly onEvent?: ((event: SessionEvent) => void) | undefined
}

/** What to do while the storage fails, see `onStorageError`. */
export type StorageErrorPolicy = 'throw' | 'readonly' | 'empty'

/** The deadlines, in milliseconds. */
export interface Deadlines {
  readonly lifetime: number
  readonly idleTimeout: number | null
  readonly touchEvery: number
  /** How old a cookie may be before it is renewed; `null` if it lasts as long as its session. */
  readonly renewCookieAfter: number | null
}

/** Bytes of the largest record, unless the app says otherwise. */
const MAX_SIZE = 1_048_576

/**
 * Sessions of an owner, unless the app says otherwise. The oldest tenth ends at once when there are more,
 * so that one sign-in in a hundred reads all of them, not each.
 */
const MAX_PER_OWNER = 1000

/** Seconds in a day: the default lifetime. */
const DAY = 86_400

/** Seconds that a timer can hold: it counts milliseconds in 31 bits. */
const MAX_TIMER = 2_147_483

function seconds(name: string, value: unknown, minimum: number, maximum = Infinity): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < minimum || value > maximum) {
    throw new ConfigurationError(`${name} must be a number of seconds, not ${String(value)}`)
  }
  // Whole milliseconds: storages keep times in columns of integers.
  return Math.round(value * 1000)
}

/** How failures, waiting and sweeping are dealt with. Times are in milliseconds. */
export interface Operation {
  readonly lock: boolean
  readonly lockTimeout: number
  readonly timeout: number
  readonly onStorageError: StorageErrorPolicy
  readonly sweepProbability: number
  /** Bytes that a record in a storage on a server may have. */
  readonly maxSize: number
}

/**
 * Checks the options of operation.
 *
 * @throws ConfigurationError if one is out of its range, or asks for a lock of the cookie storage.
 */
export function checkOperation(options: Omit<SessionsOptions<object>, 'schema'>): Operation {
  const { lock = false, onStorageError = 'throw', sweepProbability = 0, storage } = options
  const { maxSize = MAX_SIZE } = options
  if (lock && (storage === undefined || 'stateless' in storage)) {
    throw new ConfigurationError('lock needs a storage on the server; a cookie cannot be locked')
  }
  if (!['throw', 'readonly', 'empty'].includes(onStorageError)) {
    throw new ConfigurationError(
      `onStorageError must be 'throw', 'readonly' or 'empty', not ${String(onStorageError)}`
    )
  }
  if (!(sweepProbability >= 0 && sweepProbability <= 1)) {
    throw new ConfigurationError(`sweepProbability must be from 0 to 1, not ${sweepProbability}`)
  }
  if (!Number.isInteger(maxSize) || maxSize < 1) {
    throw new ConfigurationError(`maxSize must be a positive integer, not ${String(maxSize)}`)
  }
  const timer = (name: 'lockTimeout' | 'timeout', byDefault: number): number =>
    seconds(name, options[name] ?? byDefault, 0.001, MAX_TIMER)
  return {
    lock,
    lockTimeout: timer('lockTimeout', 10),
    timeout: timer('timeout', 2),
    onStorageError,
    sweepProbability,
    maxSize,
  }
}

/**
 * Checks the times.
 *
 * @throws ConfigurationError if one is not a positive number, or they contradict each other.
 */
export function checkDeadlines(
  options: Pick<SessionsOptions<object>, 'lifetime' | 'idleTimeout' | 'touchEvery' | 'cookie'>
): Deadlines {
  const lifetime = seconds('lifetime', options.lifetime ?? DAY, 1)
  const { maxAge } = options.cookie ?? {}
  const cookieAge = typeof maxAge === 'number' ? maxAge * 1000 : Infinity
  const renewalOf = (touchEvery: number): number | null =>
    cookieAge < lifetime ? Math.min(touchEvery, cookieAge / 2) : null

  if (options.idleTimeout === undefined) {
    const { touchEvery } = options
    const every = touchEvery === undefined ? Infinity : seconds('touchEvery', touchEvery, 0)
    return { lifetime, idleTimeout: null, touchEvery: 0, renewCookieAfter: renewalOf(every) }
  }
  const idleTimeout = seconds('idleTimeout', options.idleTimeout, 1)
  const touchEvery = seconds('touchEvery', options.touchEvery ?? options.idleTimeout / 2, 0)
  if (touchEvery >= idleTimeout) {
    throw new ConfigurationError('touchEvery must be shorter than idleTimeout')
  }
  return { lifetime, idleTimeout, touchEvery, renewCookieAfter: renewalOf(touchEvery) }
}

/**
 * Checks that ids can be made.
 *
 * @throws ConfigurationError if the host has no random generator.
 */
export function checkRandom(): void {
  if (typeof globalThis.crypto?.getRandomValues === 'function') return
  throw new ConfigurationError(
    'This host has no crypto.getRandomValues, which session ids are made with. Use a runtime that ' +
      'has Web Crypto (Node 20 or later), or set globalThis.crypto before this'
  )
}

/**
 * Checks how many sessions an owner may have: `max`, of which `kept` are left when there are more.
 *
 * @throws ConfigurationError if it is no positive integer, or if the storage keeps no owners.
 */
export function checkMaxPerOwner(
  max: number | undefined,
  storage: object
): { readonly max: number; readonly kept: number } {
  if (max === undefined) return { max: MAX_PER_OWNER, kept: MAX_PER_OWNER * 0.9 }
  if (!Number.isInteger(max) || max < 1) {
    throw new ConfigurationError(`maxPerOwner must be a positive integer, not ${String(max)}`)
  }
  if ('stateless' in storage || !('owners' in storage && storage.owners)) {
    throw new ConfigurationError('maxPerOwner needs a storage that keeps owners; this one does not')
  }
  return { max, kept: max }
}

/** When a session ends that was created at `createdAt` and is used at `now`, in milliseconds. */
export function expiryOf(deadlines: Deadlines, createdAt: number, now: number): number {
  const end = createdAt + deadlines.lifetime
  return deadlines.idleTimeout === null ? end : Math.min(end, now + deadlines.idleTimeout)
}

/** Which deadline ended a session that was created at `createdAt`: no use, or the whole of its life. */
export function endReason(
  { lifetime }: Deadlines,
  createdAt: number
): 'expired-idle' | 'expired-absolute' {
  return createdAt + lifetime <= Date.now() ? 'expired-absolute' : 'expired-idle'
}

/**
 * Checks a storage.
 *
 * @throws ConfigurationError that names a method that is missing.
 */
export function checkStorage(storage: SessionStorage | CookieStorage): void {
  if (typeof storage !== 'object' || storage === null) {
    throw new ConfigurationError(`The storage is no storage: ${String(storage)}`)
  }
  if ('stateless' in storage) {
    const { revocations } = storage
    if (revocations === undefined) return
    if ('stateless' in Object(revocations)) {
      throw new ConfigurationError('revocations need a storage on the server, not the cookie')
    }
    checkStorage(revocations)
    return
  }
  for (const method of ['read', 'write', 'destroy'] as const) {
    if (typeof storage[method] !== 'function') {
      throw new ConfigurationError(`The storage has no method ${method}()`)
    }
  }
}

/** Whether this is production. */
export function isProduction(): boolean {
  return readEnvironment('NODE_ENV') === 'production'
}

/**
 * Whether this is a host with an environment, and not in production: where mistakes are told of that
 * cost time to find.
 */
export function isDevelopment(): boolean {
  return 'process' in globalThis && !isProduction()
}
