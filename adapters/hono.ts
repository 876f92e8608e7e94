/**
 * The Hono middleware.
 *
 * @module
 */
import type { Context, MiddlewareHandler } from 'hono'
import type { Awaitable } from '../bindings/awaitable.ts'
import type { SessionsOptions } from '../bindings/options.ts'
import type { DefaultFlash, Session, UntypedData } from '../bindings/session.ts'
import { createSessions, type CommitOptions, type Sessions } from '../bindings/sessions.ts'
import { explainResponse } from './explain.ts'
import { mountedSession } from './mounted.ts'
import { isLocalhost } from './localhost.ts'
import { addSessionHeaders } from './response.ts'

export { requireFresh, type RequireFreshOptions } from './fresh.ts'

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

/** The bindings of a Worker, of any type unless you say which. */
// biome-ignore lint/suspicious/noExplicitAny: as Hono's own default
type AnyBindings = any

/**
 * What the middleware is made from: the options of `createSessions`, or what that made, or a function
 * that gives either for a request. Keys that were derived once are used again.
 */
export type SessionSource<
  Data extends object,
  Flash extends object,
  Variable extends string,
  Bindings extends object,
> =
  | (SessionsOptions<Data> & MiddlewareOptions<Variable>)
  | Sessions<Data, Flash>
  | ((c: Context<{ Bindings: Bindings }>) => SessionsOptions<Data> | Sessions<Data, Flash>)

/**
 * The property of a Context under which a second middleware of a cookie finds the session of the
 * first, also if that comes from another copy of this package. It is no variable: each of those makes
 * every `c.var` slower.
 */
const sharedSymbol = (cookieName: string): symbol => Symbol.for(`tuile:${cookieName}`)

const warnedOf = new Set<string>()

function warnOfSecond(cookieName: string): void {
  if (warnedOf.has(cookieName)) return
  warnedOf.add(cookieName)
  console.warn(
    `tuile: two session middlewares of the cookie "${cookieName}" run in one request. The first ` +
      'one keeps the session; remove the other, or give it a cookie.name of its own'
  )
}

/** Not by class: the manager may come from another copy of this package. */
function isSessions<Data extends object, Flash extends object>(
  source: SessionsOptions<Data> | Sessions<Data, Flash>
): source is Sessions<Data, Flash> {
  return 'defer' in source && 'commit' in source
}

/** The last commit of a request. */
class FinalCommit implements CommitOptions {
  readonly #c: Context
  /** A stream goes on while the storage writes: what it changes then would come too late. */
  readonly final = true

  constructor(c: Context) {
    this.#c = c
  }

  /** On hosts that stop with the response, what goes on after it; asked for when there is some. */
  get waitUntil(): CommitOptions['waitUntil'] {
    try {
      const { executionCtx } = this.#c
      return (work) => executionCtx.waitUntil(work)
    } catch {
      return undefined // Hono throws where there is none.
    }
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
 * request: the app's `onError` gets it. Without one, what may pass is answered with 503: a storage that
 * is down, a lock that others hold for too long.
 *
 * With the option `lock` the requests of one session wait for each other; `lockSession` does so for
 * one route.
 *
 * Mounted twice with one cookie name, the session is shared, and a warning says so once.
 *
 * @param source The options of `createSessions`, or what that made, or a function of the context that
 * gives either: on Workers, secrets and storages come with the request.
 * @param options How the middleware behaves; unless `source` is options, where they can stand too.
 *
 * @throws ConfigurationError as `createSessions` does, when the middleware is made; from a function,
 * at the request.
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
  Bindings extends object = AnyBindings,
>(
  source: SessionSource<Data, Flash, Variable, Bindings>,
  options?: MiddlewareOptions<Variable>
): MiddlewareHandler<{ Variables: SessionVariables<Data, Flash, Variable> }> {
  const { variable = 'session' as Variable, lazy = false } =
    options ?? (typeof source === 'function' || isSessions(source) ? {} : source)
  const managerOf = (given: SessionsOptions<Data> | Sessions<Data, Flash>) =>
    isSessions(given) ? given : createSessions<Data, Flash>(given)
  const manager = typeof source === 'function' ? null : managerOf(source)
  const managerShared = manager && sharedSymbol(manager.cookieName)

  return async function sessionMiddleware(c, next) {
    const sessions = manager ?? managerOf((source as (c: Context) => SessionsOptions<Data>)(c))
    const shared = managerShared ?? sharedSymbol(sessions.cookieName)
    const context = c as Context & Partial<Record<symbol, Session<Data, Flash>>>
    const first = context[shared]
    if (first !== undefined) {
      warnOfSecond(sessions.cookieName)
      context.set(variable, first)
      return next()
    }

    const { pending } = sessions
    if (pending) await pending
    const plain = !sessions.secureOnly && isLocalhost(c.req.url)
    const { cookieOnly } = sessions
    const header = cookieOnly ? undefined : (name: string) => c.req.header(name)
    const session = sessions.defer(c.req.header('Cookie'), { plain, header })
    const explanation = sessions.explanation(session)
    let lines: string[] = []
    try {
      if (sessions.async && lazy) {
        // The handler calls `load()`, which takes the lock too.
      } else if (sessions.locking) await session.lock({ signal: c.req.raw.signal })
      else if (sessions.async) await session.load()
      context[shared] = session
      context.set(variable, session)

      try {
        await next()
      } finally {
        const committed = commit(sessions, session, new FinalCommit(c))
        lines = committed instanceof Promise ? await committed : committed
      }
      const answer = cookieOnly ? null : sessions.answerOf(session)
      if (sessions.used(session) || lines.length > 0 || answer?.header) {
        addSessionHeaders(c, lines, answer)
      }
    } finally {
      if (explanation) explainResponse(c, explanation, lines, isLocalhost(c.req.url))
    }
  }
}

/** Commits; a session that ended meanwhile has nothing to send. */
function commit<Data extends object, Flash extends object>(
  sessions: Sessions<Data, Flash>,
  session: Session<Data, Flash>,
  options: CommitOptions
): Awaitable<string[]> {
  try {
    const committed = sessions.commit(session, options)
    return committed instanceof Promise ? committed.catch(nothingIfGone) : committed
  } catch (error) {
    return nothingIfGone(error)
  }
}

function nothingIfGone(error: unknown): string[] {
  // By its code: the manager may come from another copy of this package, with classes of its own.
  if ((error as { code?: unknown } | null)?.code === 'SESSION_GONE') return []
  throw error
}

/** The session of which `lockSession` takes the lock. */
export interface LockSessionOptions<Variable extends string = 'session'> {
  /**
   * The context variable that holds the session.
   *
   * @default 'session'
   */
  readonly variable?: Variable
}

/**
 * Middleware of a route whose requests wait for each other, one session at a time; the other routes
 * need not. The session is read again once the lock is there, and the lock is given back when the
 * session is committed: before the response starts, also that of a stream.
 *
 * Where all routes should wait, use the option `lock` of `session()`. In a handler,
 * `await c.var.session.lock()` does the same.
 *
 * @throws ConfigurationError if `session()` does not run before it.
 * @throws SessionLockTimeoutError and the others of `session.lock()`: the app's `onError` gets it.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono'
 * import { memoryStorage } from 'tuile'
 * import { lockSession, session } from 'tuile/hono'
 *
 * const app = new Hono()
 *   .use(session<{ seats: number }>({ secrets, storage: memoryStorage() }))
 *   .get('/seats', (c) => c.json(c.var.session.get('seats', 0)))
 *   .post('/book', lockSession(), async (c) => {
 *     const seats = c.var.session.get('seats', 0)
 *     // Ask, pay, wait: no other request to this route changes the session meanwhile.
 *     c.var.session.set('seats', seats + 1)
 *     return c.json(seats + 1)
 *   })
 *
 * const response = await app.request('/book', { method: 'POST' })
 * assert.equal(await response.json(), 1)
 * ```
 */
export function lockSession<const Variable extends string = 'session'>({
  variable = 'session' as Variable,
}: LockSessionOptions<Variable> = {}): MiddlewareHandler {
  return async function lockSessionMiddleware(c, next) {
    const session = mountedSession(c, variable, 'lockSession')
    await session.lock({ signal: c.req.raw.signal })
    await next()
  }
}
