/**
 * Which pages may open a socket. A browser sends cookies with the handshake of a WebSocket from any page
 * whatever, and asks nobody (cross-site WebSocket hijacking): the server has to look at Origin.
 *
 * @module
 */
import { ConfigurationError } from '../../bindings/errors.ts'

/** What a handshake says of the page that began it. */
export interface Handshake {
  /** The header Origin. */
  readonly origin: string | null | undefined
  /** The header Host. */
  readonly host: string | null | undefined
  /** The header Sec-Fetch-Site. */
  readonly fetchSite?: string | null | undefined
}

/** Which origins may open a socket besides that of the server: a list, or a function. */
export type AllowedOrigins = readonly string[] | ((origin: string) => boolean)

/** Whether a handshake is allowed. */
export type OriginCheck = (handshake: Handshake) => boolean

/** The port that a scheme need not name. */
function withoutDefaultPort(host: string): string {
  return host.toLowerCase().replace(/:(?:80|443)$/, '')
}

function checkOrigin(origin: unknown): string {
  const isOrigin =
    typeof origin === 'string' && URL.canParse(origin) && new URL(origin).origin === origin
  if (isOrigin) return origin
  throw new ConfigurationError(
    `origins: ${JSON.stringify(origin)} is no origin, such as https://shop.example`
  )
}

/**
 * Makes the check of handshakes. Pages of the server's own host may always open a socket, whatever the
 * scheme (a proxy may speak HTTPS for it); others only if they are listed. What has no Origin is no
 * page, or a request of the same origin that is no WebSocket, unless `Sec-Fetch-Site` says otherwise.
 *
 * @param allowed Origins such as `https://shop.example`, exactly as browsers send them; or a function.
 * @throws ConfigurationError if an origin is none.
 *
 * @example
 * ```ts
 * import { createOriginCheck } from 'tuile/socket.io'
 *
 * const mayConnect = createOriginCheck(['https://shop.example'])
 * assert.equal(mayConnect({ origin: 'https://shop.example', host: 'api.example' }), true)
 * assert.equal(mayConnect({ origin: 'https://api.example', host: 'api.example' }), true)
 * assert.equal(mayConnect({ origin: 'https://evil.example', host: 'api.example' }), false)
 * ```
 */
export function createOriginCheck(allowed: AllowedOrigins = []): OriginCheck {
  if (typeof allowed !== 'function' && !Array.isArray(allowed)) {
    throw new ConfigurationError('origins must be a list of origins, or a function')
  }
  const list = typeof allowed === 'function' ? null : new Set(allowed.map(checkOrigin))
  return ({ origin, host, fetchSite }) => {
    if (origin === null || origin === undefined) {
      return !fetchSite || fetchSite === 'same-origin' || fetchSite === 'none'
    }
    if (list === null ? (allowed as (origin: string) => boolean)(origin) : list.has(origin))
      return true
    if (!host || !URL.canParse(origin)) return false
    const own = new URL(origin)
    return (
      (own.protocol === 'https:' || own.protocol === 'http:') &&
      own.origin === origin &&
      withoutDefaultPort(own.host) === withoutDefaultPort(host)
    )
  }
}
