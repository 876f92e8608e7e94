/**
 * Channels: how a session's token gets to the browser and back, under one cookie name.
 *
 * @module
 */
import {
  MAX_COOKIE_SIZE,
  type OpenedToken,
  type Rejection,
  type TokenRing,
} from './codec/engine.ts'
import { defaultEngine } from './codec/select.ts'
import { CookieOverflowError } from './errors.ts'
import { checkSecrets, deriveKeys } from './keyring.ts'
import { largestValues } from './record.ts'
import type { SessionCookie } from './session-cookie.ts'
import type { Origin } from './session-state.ts'

/** Makes the token of a stored session. */
export interface TokenMaker {
  /** Characters of the token. */
  tokenSize(origin: Origin): number
  /** The token. Its size must have been found to fit a cookie. */
  token(ring: TokenRing, origin: Origin): string
}

/** Rings that were made before: where secrets come with the request, they are the same each time. */
const rings = new Map<string, TokenRing>()
const MAX_RINGS = 100

function ringOf(cookieName: string, secrets: string | readonly string[]): TokenRing {
  const key = JSON.stringify([cookieName, secrets])
  const known = rings.get(key)
  if (known !== undefined) return known
  const keys = deriveKeys(defaultEngine, checkSecrets(secrets), 'sign', cookieName)
  const ring = defaultEngine.createRing(cookieName, keys)
  if (rings.size === MAX_RINGS) rings.delete(rings.keys().next().value!)
  rings.set(key, ring)
  return ring
}

/** One cookie, and the keys of its name. */
export class Channel {
  readonly #cookie: SessionCookie
  readonly #ring: TokenRing

  constructor(cookie: SessionCookie, secrets: string | readonly string[]) {
    this.#cookie = cookie
    this.#ring = ringOf(cookie.name, secrets)
  }

  /** The token in a Cookie header, verified, or why there is none. */
  open(cookieHeader: string): OpenedToken | Rejection {
    return this.#ring.open(cookieHeader)
  }

  /** Whether the token in a Cookie header says, unverified, that a flash message waits. */
  flashWaits(cookieHeader: string): boolean {
    const { name } = this.#cookie
    return cookieHeader.includes(`${name}=t`) || cookieHeader.includes(`${name}=p`)
  }

  /**
   * The `Set-Cookie` line of a stored session that lives for `remaining` more seconds.
   *
   * @throws CookieOverflowError if browsers would drop the line.
   */
  set(maker: TokenMaker, origin: Origin, remaining: number): string {
    const size = this.#cookie.set('', remaining).length + maker.tokenSize(origin)
    if (size > MAX_COOKIE_SIZE) {
      throw new CookieOverflowError(size, MAX_COOKIE_SIZE, largestValues(origin.record))
    }
    return this.#cookie.set(maker.token(this.#ring, origin), remaining)
  }

  /** The `Set-Cookie` line that removes the cookie. */
  remove(): string {
    return this.#cookie.remove()
  }
}
