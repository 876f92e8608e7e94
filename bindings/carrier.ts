/**
 * Carriers: how a token travels between a client and us.
 *
 * The rings read tokens in Cookie headers and nowhere else, so a carrier of another kind presents what
 * it found as such a header.
 *
 * @module
 */
import { MAX_COOKIE_SIZE } from './codec/engine.ts'
import type { SessionCookie } from './session-cookie.ts'

/** One way for tokens to come and go. */
export interface Carrier {
  /** The name that the token has in `headerOf`, and that its keys are made for. */
  readonly name: string
  /** Bytes that name and token may have together. */
  readonly limit: number
  /** What a request brought, as a Cookie header that holds the token under `name`. */
  headerOf(received: string): string
  /** Bytes that a token of so many characters takes, and how many of them clients accept. */
  measure(tokenSize: number, remaining: number): { readonly size: number; readonly limit: number }
  /**
   * The lines that give the client a token for `remaining` seconds.
   *
   * @param received What the request brought, in which a carrier may see what is out of date.
   */
  set(token: string, remaining: number, received: string): string[]
  /** The lines that take the token away. */
  remove(received: string): string[]
}

/** One cookie, whose whole `Set-Cookie` line must be within what browsers accept. */
export function cookieCarrier(cookie: SessionCookie): Carrier {
  return {
    name: cookie.name,
    limit: MAX_COOKIE_SIZE,
    headerOf: (received) => received,
    measure: (tokenSize, remaining) => ({
      size: cookie.set('', remaining).length + tokenSize,
      limit: MAX_COOKIE_SIZE,
    }),
    set: (token, remaining) => [cookie.set(token, remaining)],
    remove: () => [cookie.remove()],
  }
}

/**
 * A header of the request, answered by one of the response: the token behind the scheme, or nothing if
 * there is no session any more.
 */
export function headerCarrier(header: string, scheme: string): Carrier {
  const name = `header:${header}` // no cookie can have that name, so its keys are no cookie's either
  return {
    name,
    limit: MAX_COOKIE_SIZE,
    // What has a semicolon is no token of ours, and must not become one by losing what is behind it.
    headerOf: (received) => `${name}=${received.includes(';') ? '' : received}`,
    measure: (tokenSize) => ({ size: name.length + tokenSize, limit: MAX_COOKIE_SIZE }),
    set: (token) => [`${scheme}${token}`],
    remove: () => [''],
  }
}
