/**
 * The Hono middleware.
 *
 * @module
 */
import type { Context, MiddlewareHandler } from 'hono'
import { SessionGoneError } from '../bindings/errors.ts'
import type { SessionsOptions } from '../bindings/options.ts'
import { stateOf, type DefaultFlash, type Session, type UntypedData } from '../bindings/session.ts'
import { createSessions, Sessions } from '../bindings/sessions.ts'

/** What the middleware adds to the context: `c.var.session`, or the variable of your choice. */
export type SessionVariables<
  Data extends object = UntypedData,
  Flash extends object = DefaultFlash<Data>,
  Variable extends string = 'session',
> = { [Name in Variable]: Session<Data, Flash> }

/** How the middleware itself behaves. */
export interface MiddlewareOptions<Variable extends string = 'session'> {
  /**
   * The context variable that holds the session. Sessions with different cookies that are used side
   * by side need different variables.
   *
   * @default 'session'
   */
  readonly variable?: Variable
  /**
   * With an asynchronous storage, loads the session only when the handler calls
   * `await c.var.session.load()`: a route that does not makes no storage call. With a synchronous
   * storage that is always so, without the call.
   *
   * @default false
   */
  readonly lazy?: boolean
}

/** The sessions of one request by cookie name, so that a second middleware finds the first one's. */
const sessionsOf = new WeakMap<Context, Map<string, Session<never, never>>>()

const warnedOf = new Set<string>()

function warnOfSecond(cookieName: string): void {
  if (warnedOf.has(cookieName)) return
  warnedOf.add(cookieName)
  console.warn(
    `tuile: two session middlewares of the cookie "${cookieName}" run in one request. The first ` +
      'one keeps the session; remove the other, or give it a cookie.name of its own'
  )
}

const LOCALHOST =
  /^http:\/\/(?:localhost|[^/:]+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?(?:\/|$)/

function addVary(headers: Headers): void {
  const vary = headers.get('Vary')
  if (vary === null) headers.set('Vary', 'Cookie')
  else if (!/(?:^|,)\s*(?:\*|cookie)\s*(?:,|$)/i.test(vary)) headers.append('Vary', 'Cookie')
}

/** A response that sets our cookie must be in no cache: the next visitor would get the session. */
function forbidStoring(headers: Headers): void {
  const cacheControl = headers.get('Cache-Control')
  if (!cacheControl || !/(?:^|,)\s*no-store\s*(?:,|$)/i.test(cacheControl)) {
    headers.set('Cache-Control', 'no-store')
  }
}

/** Headers that can be changed: those of a response that came from `fetch` cannot. */
function writableHeaders(c: Context): Headers {
  const { headers } = c.res
  try {
    headers.delete('x-tuile-writable')
    return headers
  } catch {
    c.res = new Response(c.res.body, c.res)
    return c.res.headers
  }
}

/**
 * Gives each request a session as `c.var.session`, and commits it once, before the response starts:
 * also when the handler throws, redirects or returns early. A session that was not changed writes
 * nothing and sets no cookie.
 *
 * A response that depends on the session gets `Vary: Cookie`; one that sets the cookie gets
 * `Cache-Control: no-store`, and keeps the other `Set-Cookie` headers.
 *
 * A session that another request ended meanwhile stays ended: what this one did to it is dropped, no
 * cookie is set, and a `conflict` event says so. Any other failure of the commit is an error of the
 * request: the app's `onError` gets it.
 *
 * Mounted twice with one cookie name, the session is shared, and a warning says so once.
 *
 * @param options The options of `createSessions`, or what that made.
 *
 * @throws ConfigurationError as `createSessions` does, when the middleware is made.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono'
 * import { session } from 'tuile/hono'
 *
 * const app = new Hono()
 *   .use(session<{ visits: number }>({ secrets }))
 *   .get('/', (c) => {
 *     c.var.session.update('visits', (visits = 0) => visits + 1)
 *     return c.text(`Visits: ${c.var.session.get('visits')}`)
 *   })
 *
 * const response = await app.request('/')
 * assert.equal(await response.text(), 'Visits: 1')
 * const cookie = response.headers.get('Set-Cookie') ?? ''
 * assert.match(cookie, /^__Host-session=.*HttpOnly; Secure; SameSite=Lax$/)
 * ```
 */
export function session<
  Data extends object = UntypedData,
  Flash extends object = DefaultFlash<Data>,
  const Variable extends string = 'session',
>(
  options: (SessionsOptions<Data> & MiddlewareOptions<Variable>) | Sessions<Data, Flash>,
  middlewareOptions?: MiddlewareOptions<Variable>
): MiddlewareHandler<{ Variables: SessionVariables<Data, Flash, Variable> }> {
  const given = options instanceof Sessions ? middlewareOptions : options
  const sessions = options instanceof Sessions ? options : createSessions<Data, Flash>(options)
  const variable = given?.variable ?? ('session' as Variable)
  const lazy = given?.lazy ?? false
  const { cookieName, secureOnly } = sessions

  return async function sessionMiddleware(c, next) {
    const shared = sessionsOf.get(c) ?? new Map<string, Session<never, never>>()
    sessionsOf.set(c, shared)
    const first = shared.get(cookieName)
    if (first !== undefined) {
      warnOfSecond(cookieName)
      c.set(variable, first as unknown as Session<Data, Flash>)
      return next()
    }

    const plain = !secureOnly && LOCALHOST.test(c.req.url)
    const session = sessions.defer(c.req.header('Cookie'), { plain })
    const state = stateOf(session)
    if (sessions.async && !lazy) await state.load()
    shared.set(cookieName, session as unknown as Session<never, never>)
    c.set(variable, session)

    let lines: string[] = []
    try {
      await next()
    } finally {
      // A stream goes on while the storage writes: what it changes now would come too late.
      state.closed = true
      lines = await commit(sessions, session)
    }
    // The headers of an upgrade to WebSocket are on their way already.
    if (c.res.status === 101 || (!state.accessed && lines.length === 0)) return
    const headers = writableHeaders(c)
    addVary(headers)
    for (const line of lines) headers.append('Set-Cookie', line)
    if (lines.length > 0) forbidStoring(headers)
  }
}

/** Commits; a session that ended meanwhile has nothing to send. */
async function commit<Data extends object, Flash extends object>(
  sessions: Sessions<Data, Flash>,
  session: Session<Data, Flash>
): Promise<string[]> {
  try {
    return await sessions.commit(session)
  } catch (error) {
    if (error instanceof SessionGoneError) return []
    throw error
  }
}
