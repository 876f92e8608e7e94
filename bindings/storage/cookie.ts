/**
 * The storage without a server: the record travels in the cookie.
 *
 * @module
 */
import { ConfigurationError } from '../errors.ts'
import type { CookieStorage, SessionStorage } from './contract.ts'

/** The options of `cookieStorage`. */
export interface CookieStorageOptions {
  /**
   * How the record is protected.
   *
   * - `'sealed'`: nobody can read or change it; XChaCha20-Poly1305.
   * - `'signed'`: its user can read it, nobody can change it, and anyone who has the secret can check it
   *   with `createHmac`; HMAC-SHA256.
   *
   * @default 'sealed'
   */
  readonly mode?: 'sealed' | 'signed'
  /**
   * Modes whose cookies are accepted besides those of `mode`: they open, and are issued anew in `mode`
   * with the next response. It is for a change of `mode`, for a `lifetime` after that.
   *
   * @default none: a cookie of the other mode is refused
   */
  readonly accept?: readonly ('sealed' | 'signed')[]
  /**
   * Keeps which sessions have ended, so that a cookie is worth nothing after `destroy()`,
   * `regenerateId()` or `sessions.revokeByOwner()`, whoever kept a copy; and sessions can have owners.
   *
   * It costs a read for each request that uses its session, two if that has an owner, and as many
   * before each change is kept; ending a session is a write. With a synchronous storage all stays
   * synchronous. What is kept per ended session is a hash and a time, until its `lifetime` ends.
   *
   * @default none: sessions in cookies cannot be taken back
   */
  readonly revocations?: SessionStorage | undefined
}

/**
 * Keeps sessions in their cookies, sealed. No server, no state: it runs everywhere, holds what fits 4096
 * bytes, and cannot take back a cookie that it has issued. A destroyed session's old cookie works
 * again until its `lifetime` ends if somebody kept a copy, unless there is a place for `revocations`.
 *
 * @throws ConfigurationError if a mode is not known. There is no unprotected mode.
 *
 * @example
 * ```ts
 * import { cookieStorage, createSessions } from 'tuile'
 *
 * const sessions = createSessions({ storage: cookieStorage(), secrets })
 * assert.equal(sessions.async, false) // nothing to wait for
 * ```
 */
export function cookieStorage(options: CookieStorageOptions = {}): CookieStorage {
  const { mode = 'sealed', accept = [], revocations } = options
  if (!Array.isArray(accept)) {
    throw new ConfigurationError("accept must be a list of modes, such as ['signed']")
  }
  for (const each of [mode, ...accept]) {
    if (each === 'sealed' || each === 'signed') continue
    throw new ConfigurationError(
      `cookieStorage has no mode ${JSON.stringify(each)}: it is 'sealed' or 'signed'`
    )
  }
  return { stateless: true, mode, accept: [...accept], revocations }
}
