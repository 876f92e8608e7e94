/**
 * The storage without a server: the record travels in the cookie.
 *
 * @module
 */
import { ConfigurationError } from '../errors.ts'
import type { CookieStorage } from './contract.ts'

/** The options of `cookieStorage`. */
export interface CookieStorageOptions {
  /**
   * How the record is protected. `'signed'`: the user can read it, nobody can change it, and anyone
   * who has the secret can check it with `createHmac`.
   *
   * @default 'signed'
   */
  readonly mode?: 'signed'
}

/**
 * Keeps sessions in their cookies. No server, no state: it runs everywhere, holds what fits 4096
 * bytes, and cannot take back a cookie that it has issued. A destroyed session's old cookie works
 * again until its `lifetime` ends if somebody kept a copy.
 *
 * @throws ConfigurationError if the mode is not known. There is no unsigned mode.
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
  const { mode = 'signed' } = options
  if (mode !== 'signed') {
    throw new ConfigurationError(`cookieStorage has no mode ${JSON.stringify(mode)}`)
  }
  return { stateless: true, mode }
}
