/**
 * Refuses requests that another site has made the browser send (CSRF).
 *
 * An entry of its own: apps whose forms are guarded otherwise, or that have none, do not load it.
 *
 * @module
 */
import type { Context, MiddlewareHandler } from 'hono'
import { defaultEngine } from '../bindings/codec/select.ts'
import { parseCookies, serializeCookie } from '../bindings/cookie.ts'
import { createCsrfToken, isCsrfToken } from '../bindings/csrf-token.ts'
import { ConfigurationError, CsrfError } from '../bindings/errors.ts'
import type { Session } from '../bindings/session.ts'
import { mountedSession } from './mounted.ts'
import { changeHeaders, forbidStoring } from './response.ts'

/** What `csrf` lets through. */
export interface CsrfOptions<Variable extends string = 'session'> {
  /**
   * The context variable that holds the session.
   *
   * @default 'session'
   */
  readonly variable?: Variable
  /** Other origins that may send such requests: `'https://app.example.com'`, or what decides. */
  readonly origin?: string | readonly string[] | ((origin: string, c: Context) => boolean)
  /**
   * When a request needs a token: only where the browser says neither `Sec-Fetch-Site` nor `Origin`, or
   * always.
   *
   * @default 'fallback'
   */
  readonly token?: 'fallback' | 'always'
}

/** The header that a script sends the token in. */
const HEADER = 'X-CSRF-Token'
/** The field that a form sends it in. */
const FIELD = '_csrf'
/** The cookie of a visitor without a session. Other sites and subdomains cannot set it. */
const GUEST_COOKIE = '__Host-csrf'

/** Characters of the number in it: 144 bits. */
const GUEST_SIZE = 24
const GUEST = /^[\w-]{24}$/

/** Methods that change nothing (RFC 9110 §9.2.1). */
const SAFE = /^(?:GET|HEAD|OPTIONS|TRACE)$/
const FORM = /^(?:application\/x-www-form-urlencoded|multipart\/form-data)\b/i

/** What `csrfToken` needs, on the Context. */
const GUARD = Symbol.for('tuile:csrf')

/**
 * What the tokens of a session are bound to: its id, and when its visitor signed in. Without revocations,
 * copies of one cookie that rotate apart get the same id; a token of the one must not serve the other. It
 * is a hash, so that the number of a guest, made from an id that is never stored, is no id.
 */
function bindingOf({ id, authenticatedAt }: Session): string {
  const proof = `${id}/${authenticatedAt?.getTime() ?? 0}`
  return defaultEngine.sha256Text(proof).slice(0, GUEST_SIZE)
}

/** The guard of one request. */
class Guard {
  /** The number that a visitor without a session is to keep. */
  #newGuest: string | null = null
  #given = false
  readonly #c: Context
  readonly #session: Session

  constructor(c: Context, session: Session) {
    this.#c = c
    this.#session = session
  }

  get #guest(): string | null {
    const id = parseCookies(defaultEngine, this.#c.req.header('Cookie'))[GUEST_COOKIE]
    return id !== undefined && GUEST.test(id) ? id : null
  }

  /** A token for the next request. */
  createToken(): string {
    const session = this.#session
    this.#given = true
    const guest = session.isNew && !session.dirty ? this.#guest : null
    if (guest !== null) return createCsrfToken(session, guest)
    const binding = bindingOf(session)
    // That of the id that a new session will have, should it be stored; else it is the guest's number.
    if (session.isNew) this.#newGuest = binding
    return createCsrfToken(session, binding)
  }

  /** Whether a request brought a token of its session or, without one, of its guest. */
  async hasToken(): Promise<boolean> {
    const session = await this.#session.load()
    const binding = session.isNew ? this.#guest : bindingOf(session)
    return binding !== null && isCsrfToken(session, binding, await this.#sentToken())
  }

  async #sentToken(): Promise<unknown> {
    const { req } = this.#c
    const header = req.header(HEADER)
    if (header !== undefined) return header
    if (!FORM.test(req.header('Content-Type') ?? '')) return undefined
    return (await req.parseBody())[FIELD]
  }

  /** Says what the page with the token needs: that no cache keeps it, and who the guest is. */
  finish(): void {
    if (!this.#given) return
    const { isNew, dirty } = this.#session
    const guest = isNew && !dirty ? this.#newGuest : null
    changeHeaders(this.#c, (headers) => {
      forbidStoring(headers)
      if (guest === null) return
      const attributes = { path: '/', httpOnly: true, secure: true, sameSite: 'lax' } as const
      headers.append('Set-Cookie', serializeCookie(GUEST_COOKIE, guest, attributes))
    })
  }
}

function isSameOrigin(origin: string, url: string): boolean {
  const own = new URL(url).origin
  // Behind a proxy that ends TLS, the app is asked over plain HTTP.
  return origin === own || origin === own.replace(/^http:/, 'https:')
}

/** What speaks against a request; `null` if the browser says that it is of this site. */
function refusal(
  c: Context,
  allows: (origin: string, c: Context) => boolean
): 'site' | 'origin' | null | 'unknown' {
  const site = c.req.header('Sec-Fetch-Site')
  const origin = c.req.header('Origin')
  if (site === 'same-origin' || site === 'none') return null
  if (site !== undefined) return origin !== undefined && allows(origin, c) ? null : 'site'
  if (origin === undefined) return 'unknown'
  return isSameOrigin(origin, c.req.url) || allows(origin, c) ? null : 'origin'
}

function allowing(origin: CsrfOptions['origin']): (origin: string, c: Context) => boolean {
  if (typeof origin === 'function') return origin
  const list = typeof origin === 'string' ? [origin] : (origin ?? [])
  for (const each of list) {
    if (!URL.canParse(each) || new URL(each).origin !== each || each === 'null') {
      throw new ConfigurationError(`csrf: ${each} is no origin such as https://app.example.com`)
    }
  }
  return (origin) => list.includes(origin)
}

/**
 * Refuses requests that change something and that another site has made the browser send. `GET`, `HEAD`
 * and `OPTIONS` pass; so does what came in a header of ours, which no other site can send.
 *
 * Browsers say where a request comes from: `Sec-Fetch-Site` counts first, then `Origin`. Where neither
 * is there, the request needs a token of `csrfToken`, in the header `X-CSRF-Token` or the form field
 * `_csrf`. The token is bound to the session and is renewed with its id; nothing of it is stored.
 *
 * It stands behind `session()`. With `hono/csrf` before or behind it both must agree.
 *
 * @throws ConfigurationError if `origin` is no origin, or if `session()` does not run before it.
 * @throws CsrfError at the request: the app's `onError` gets it, and without one a 403 is sent.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono'
 * import { csrf, csrfToken } from 'tuile/csrf'
 * import { session } from 'tuile/hono'
 *
 * const app = new Hono()
 *   .use(session({ secrets }))
 *   .use(csrf())
 *   .get('/', (c) => c.html(`<form method=post><input type=hidden name=_csrf value=${csrfToken(c)}>`))
 *   .post('/', (c) => c.text('done'))
 *
 * const post = (headers: Record<string, string>) => app.request('/', { method: 'POST', headers })
 * assert.equal((await post({ 'Sec-Fetch-Site': 'same-origin' })).status, 200)
 * assert.equal((await post({ 'Sec-Fetch-Site': 'cross-site' })).status, 403)
 * assert.equal((await post({})).status, 403)
 * ```
 */
export function csrf<const Variable extends string = 'session'>({
  variable = 'session' as Variable,
  origin,
  token = 'fallback',
}: CsrfOptions<Variable> = {}): MiddlewareHandler {
  const allows = allowing(origin)
  if (token !== 'fallback' && token !== 'always') {
    throw new ConfigurationError(`csrf: token must be 'fallback' or 'always', not ${String(token)}`)
  }
  return async function csrfMiddleware(c, next) {
    const session = mountedSession(c, variable, 'csrf')
    const guard = new Guard(c, session)
    ;(c as Context & { [GUARD]?: Guard })[GUARD] = guard
    if (!SAFE.test(c.req.method) && session.transport === 'cookie') {
      const reason = refusal(c, allows)
      if (reason === 'site' || reason === 'origin') throw new CsrfError(reason)
      const needed = token === 'always' || reason === 'unknown'
      if (needed && !(await guard.hasToken())) throw new CsrfError('token')
    }
    await next()
    guard.finish()
  }
}

/**
 * A token for the forms and scripts of a page, another text each time. It is good for as long as the
 * session has its id: ask for it after what you do to the session. A visitor without a session gets a
 * cookie with a number instead; nothing is stored for them.
 *
 * @throws ConfigurationError if `csrf()` does not run before it.
 * @throws SessionNotLoadedError if the session is lazy and not loaded.
 */
export function csrfToken(c: Context): string {
  const guard = (c as Context & { [GUARD]?: Guard })[GUARD]
  if (guard === undefined) throw new ConfigurationError('csrfToken: mount csrf() before it')
  return guard.createToken()
}
