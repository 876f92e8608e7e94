/**
 * The session's cookie: its options, and the one place where its `Set-Cookie` lines are made.
 *
 * @module
 */
import { checkCookieName, serializeCookie, type CookieAttributes } from './cookie.ts'
import { ConfigurationError } from './errors.ts'

/** Cookies of 4096 bytes that hold the 12,288 bytes of the longest token, with their attributes. */
const MAX_CHUNKS = 4

/** The options of the session's cookie. The defaults are the safe ones. */
export interface SessionCookieOptions {
  /**
   * The name. `__Host-` keeps subdomains and plain HTTP from setting it.
   *
   * @default '__Host-session'
   */
  readonly name?: string
  /**
   * The path below which the cookie is sent.
   *
   * @default '/'
   */
  readonly path?: string
  /** The host that the cookie goes to, with its subdomains; it needs a name without `__Host-`. */
  readonly domain?: string
  /**
   * Sends the cookie over HTTPS only. `'auto'` does so too, but for `http://localhost`, where the
   * cookie is called `session` and has no `Secure`.
   *
   * @default true
   */
  readonly secure?: boolean | 'auto'
  /**
   * Keeps the cookie from scripts.
   *
   * @default true
   */
  readonly httpOnly?: boolean
  /**
   * When the cookie is sent with requests from other sites.
   *
   * @default 'lax'
   */
  readonly sameSite?: 'strict' | 'lax' | 'none'
  /**
   * How many cookies a session in cookies may be cut into, 4 at most: what does not fit one goes on in
   * `name.1` and so on. In all they hold 12,288 bytes, and go with every request.
   *
   * @default 1
   */
  readonly chunks?: number
  /** Keeps one cookie per top-level site (CHIPS). */
  readonly partitioned?: boolean
  /** What Chromium drops first when there are too many cookies. */
  readonly priority?: 'low' | 'medium' | 'high'
  /**
   * Seconds that the browser keeps the cookie; `null` is until it is closed. The server's own
   * deadlines hold whatever this is.
   *
   * @default the session's `lifetime`
   */
  readonly maxAge?: number | null
}

/** One way in which the cookie is sent: the name and attributes for HTTPS, or for plain localhost. */
export interface SessionCookie {
  /** The name of the cookie. */
  readonly name: string
  /** The cookies in which it goes on if it is too long for one, see `cookie.chunks`. */
  readonly parts: readonly SessionCookie[]
  /** The line that sets a token. `remaining` is the session's life in seconds. */
  set(token: string, remaining: number): string
  /** The line that removes the cookie: the same attributes, since browsers compare them. */
  remove(): string
}

/** The ways in which it may be sent. */
export interface SessionCookies {
  readonly secure: SessionCookie
  /** For plain HTTP on localhost, if `secure` is `'auto'`. */
  readonly plain: SessionCookie | null
}

function cookieOf(
  name: string,
  attributes: CookieAttributes,
  maxAge: number | null | undefined,
  chunks = 1
): SessionCookie {
  return {
    name,
    parts: Array.from({ length: chunks - 1 }, (_, index) =>
      cookieOf(`${name}.${index + 1}`, attributes, maxAge)
    ),
    set(token, remaining) {
      const seconds = maxAge === undefined ? remaining : maxAge
      const life = seconds === null ? {} : { maxAge: seconds }
      return serializeCookie(name, token, { ...attributes, ...life })
    },
    remove: () => serializeCookie(name, '', { ...attributes, maxAge: 0, expires: new Date(0) }),
  }
}

/**
 * Checks the options and gives the cookie for HTTPS, and the one for plain HTTP on localhost if
 * `secure` is `'auto'`. `lifetime` is the session's, in seconds.
 *
 * @throws ConfigurationError if the options contradict each other or could break the line, or if the
 * cookie would live for more than 400 days.
 */
export function createSessionCookies(
  options: SessionCookieOptions | undefined,
  lifetime: number
): SessionCookies {
  const { name = '__Host-session', secure = true, maxAge, chunks = 1, ...rest } = options ?? {}
  if (!Number.isInteger(chunks) || chunks < 1 || chunks > MAX_CHUNKS) {
    throw new ConfigurationError(`cookie.chunks must be from 1 to ${MAX_CHUNKS}, not ${chunks}`)
  }
  checkCookieName(name)
  if (chunks > 1) checkCookieName(`${name}.1`)
  if (typeof maxAge === 'number' && maxAge < 1) {
    throw new ConfigurationError(`cookie: a maxAge of ${maxAge} removes the cookie at once`)
  }
  const attributes: CookieAttributes = {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    ...rest,
    secure: secure !== false,
  }
  const cookie = cookieOf(name, attributes, maxAge, chunks)
  try {
    cookie.set('', Math.ceil(lifetime))
  } catch (error) {
    throw new ConfigurationError(
      `cookie: ${(error as Error).message}. Give another cookie.name, or change the attribute`
    )
  }
  if (secure !== 'auto') return { secure: cookie, plain: null }
  const { partitioned: _, ...plainAttributes } = attributes
  const plainName = name.replace(/^__(?:host|secure)-/i, '')
  return {
    secure: cookie,
    plain: cookieOf(plainName, { ...plainAttributes, secure: false }, maxAge, chunks),
  }
}
