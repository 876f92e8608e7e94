/**
 * The options of `createSessions`, checked.
 *
 * @module
 */
import { readEnvironment } from './codec/environment.ts'
import { ConfigurationError } from './errors.ts'
import type { SessionEvent } from './events.ts'
import type { SessionCookieOptions } from './session-cookie.ts'
import type { CookieStorage, SessionStorage } from './storage/contract.ts'

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
   */
  readonly secrets: string | readonly string[]
  /**
   * Where sessions are kept.
   *
   * @default cookieStorage()
   */
  readonly storage?: SessionStorage | CookieStorage | undefined
  /** The cookie: `__Host-session`, Secure, HttpOnly, SameSite=Lax, unless you say otherwise. */
  readonly cookie?: SessionCookieOptions | undefined
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
   * session may therefore end this much earlier than `idleTimeout` says, never later.
   *
   * @default half of idleTimeout
   */
  readonly touchEvery?: number | undefined
  /**
   * Checks the data of every stored session. Data that do not fit give a new, empty session and a
   * `reject` event. It must answer at once: a promise is a `ConfigurationError` when a session
   * is read.
   */
  readonly schema?: StandardSchema<Data> | undefined
  /** Called with every event; `sessions.on` listens to one kind. */
  readonly onEvent?: ((event: SessionEvent) => void) | undefined
}

/** The deadlines, in milliseconds. */
export interface Deadlines {
  readonly lifetime: number
  readonly idleTimeout: number | null
  readonly touchEvery: number
}

/** Seconds in a day: the default lifetime. */
const DAY = 86_400

function seconds(name: string, value: unknown, minimum: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < minimum) {
    throw new ConfigurationError(`${name} must be a number of seconds, not ${String(value)}`)
  }
  return value * 1000
}

/**
 * Checks the times.
 *
 * @throws ConfigurationError if one is not a positive number, or they contradict each other.
 */
export function checkDeadlines(
  options: Pick<SessionsOptions<object>, 'lifetime' | 'idleTimeout' | 'touchEvery'>
): Deadlines {
  const lifetime = seconds('lifetime', options.lifetime ?? DAY, 1)
  if (options.idleTimeout === undefined) return { lifetime, idleTimeout: null, touchEvery: 0 }
  const idleTimeout = seconds('idleTimeout', options.idleTimeout, 1)
  const touchEvery = seconds('touchEvery', options.touchEvery ?? options.idleTimeout / 2, 0)
  if (touchEvery >= idleTimeout) {
    throw new ConfigurationError('touchEvery must be shorter than idleTimeout')
  }
  return { lifetime, idleTimeout, touchEvery }
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

/** When a session ends that was created at `createdAt` and is used at `now`, in milliseconds. */
export function expiryOf(deadlines: Deadlines, createdAt: number, now: number): number {
  const end = createdAt + deadlines.lifetime
  return deadlines.idleTimeout === null ? end : Math.min(end, now + deadlines.idleTimeout)
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
  if ('stateless' in storage) return
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
