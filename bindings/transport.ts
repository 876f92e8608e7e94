/**
 * Transports: the ways in which a session may come with a request, and goes back with its answer.
 *
 * A header that a client puts there on purpose wins over the cookie, which comes by itself. Whichever
 * comes decides alone: if its token is refused, no other is tried.
 *
 * @module
 */
import { cookieCarrier, headerCarrier, type Carrier } from './carrier.ts'
import { chunkedCarrier } from './chunked-carrier.ts'
import { Channel } from './channel.ts'
import { ConfigurationError } from './errors.ts'
import type { RingPurposes } from './keyring.ts'
import type { LiveSecrets } from './secrets.ts'
import type { SessionCookie, SessionCookies } from './session-cookie.ts'
import type { TransportKind } from './session-state.ts'

/**
 * How sessions travel: in a cookie, as `Authorization: Bearer …`, or in a header of that name. The
 * answer to a session that came in a header has the next token in a header of the same name.
 */
export type Transport = 'cookie' | 'bearer' | { readonly header: string }

/** How a request came in. */
export interface ReadOptions {
  /**
   * Whether the request came over plain HTTP on localhost. It matters with `cookie.secure: 'auto'`.
   *
   * @default false
   */
  readonly plain?: boolean
  /**
   * Gives a header of the request, whatever the case of its name. It is asked only for headers of the
   * option `transport`.
   */
  readonly header?: ((name: string) => string | null | undefined) | undefined
}

/** What a response says of a session beside its `Set-Cookie` lines. */
export interface SessionAnswer {
  /**
   * The header that gives the next token to who sends it in one; an empty value says that there is no
   * session any more. `null` if there is nothing to say, or a cookie says it.
   */
  readonly header: readonly [name: string, value: string] | null
  /** For `Vary`: the headers of the request that were looked at. */
  readonly vary: readonly string[]
}

/** The way of the cookie, see `SessionState.way`. */
export const SECURE = 0
/** The way of the cookie for plain HTTP on localhost. */
export const PLAIN = 1

interface HeaderTransport {
  readonly kind: 'bearer' | 'header'
  readonly header: string
  readonly carrier: Carrier
  /** The token in a value, empty if the client has none yet; `null` if the value is for others. */
  tokenOf(value: string): string | null
}

/** A header name: token (RFC 9110 §5.1). */
const HEADER = /^[!#$%&'*+\-.^_`|~0-9a-z]{1,64}$/

/** Headers that scripts of other sites, and forms, can set without asking (Fetch §2.2.2), or that are ours. */
const TAKEN =
  /^(?:accept|accept-language|authorization|content-language|content-type|cookie|host|origin|range|referer|set-cookie|user-agent)$/

const BEARER = /^bearer(?:[ \t]+(.*))?$/i

function bearerTransport(): HeaderTransport {
  return {
    kind: 'bearer',
    header: 'Authorization',
    carrier: headerCarrier('authorization', 'Bearer '),
    tokenOf: (value) => {
      const match = BEARER.exec(value)
      return match && (match[1] ?? '')
    },
  }
}

function headerTransport(header: unknown): HeaderTransport {
  const name = typeof header === 'string' ? header.toLowerCase() : ''
  if (!HEADER.test(name)) {
    throw new ConfigurationError(`transport: ${String(header)} is no name of a header`)
  }
  if (TAKEN.test(name)) {
    throw new ConfigurationError(
      `transport: the header ${name} is not for sessions` +
        (name === 'authorization' ? ", but as 'bearer'" : '')
    )
  }
  return {
    kind: 'header',
    header: header as string,
    carrier: headerCarrier(name, ''),
    tokenOf: (value) => value,
  }
}

/** Names the transports of the option, and checks them. */
function headersOf(list: readonly Transport[]): HeaderTransport[] {
  if (!Array.isArray(list) || list.length === 0) {
    throw new ConfigurationError("transport must be a list such as ['cookie', 'bearer']")
  }
  const headers = list
    .filter((transport) => transport !== 'cookie')
    .map((transport: Transport) => {
      if (transport === 'bearer') return bearerTransport()
      if (typeof transport === 'object' && transport !== null) {
        return headerTransport((transport as { header: unknown }).header)
      }
      throw new ConfigurationError(`transport: ${String(transport)} is none`)
    })
  const names = new Set(headers.map(({ carrier }) => carrier.name))
  const cookies = list.length - headers.length
  if (names.size < headers.length || cookies > 1) {
    throw new ConfigurationError('transport: each may be in the list once')
  }
  return headers
}

/** The transports of a manager. */
export class Transports {
  /** By the way of a session, see `SessionState.way`. */
  readonly channels: readonly Channel[]
  /** Whether sessions come in the cookie alone. */
  readonly cookieOnly: boolean
  /** The headers of a request on which its session depends. */
  readonly vary: readonly string[]
  readonly #headers: readonly HeaderTransport[]
  readonly #withCookie: boolean

  /** @throws ConfigurationError if the list is wrong. */
  constructor(
    list: readonly Transport[],
    cookies: SessionCookies,
    secrets: LiveSecrets,
    purposes: RingPurposes
  ) {
    this.#headers = headersOf(list)
    this.#withCookie = list.includes('cookie')
    this.cookieOnly = this.#headers.length === 0
    const channelOf = (carrier: Carrier): Channel => new Channel(carrier, secrets, purposes)
    const carry = (cookie: SessionCookie): Channel =>
      channelOf(cookie.parts.length > 0 ? chunkedCarrier(cookie) : cookieCarrier(cookie))
    const secure = carry(cookies.secure)
    this.channels = [
      secure,
      cookies.plain === null ? secure : carry(cookies.plain),
      ...this.#headers.map(({ carrier }) => channelOf(carrier)),
    ]
    const names = this.#headers.map(({ header }) => header)
    this.vary = this.#withCookie ? ['Cookie', ...names] : names
  }

  /** Which way a session came, and what its token is to be looked for in: nothing, for a new one. */
  find(
    cookieHeader: string | null | undefined,
    { plain = false, header }: ReadOptions
  ): { readonly way: number; readonly received: string | null | undefined } {
    for (const [index, transport] of this.#headers.entries()) {
      const value = header?.(transport.header)
      const token = value === null || value === undefined ? null : transport.tokenOf(value)
      if (token !== null) return { way: index + 2, received: token }
    }
    if (this.#withCookie) return { way: plain ? PLAIN : SECURE, received: cookieHeader }
    return { way: 2, received: null }
  }

  /** What kind a way is. */
  kindOf(way: number): TransportKind {
    return this.#headers[way - 2]?.kind ?? 'cookie'
  }

  /** The name of the header that a way answers with. */
  headerOf(way: number): string {
    return this.#headers[way - 2]!.header
  }
}
