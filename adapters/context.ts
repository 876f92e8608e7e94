/**
 * The session of the running request, for code that never sees the context: by AsyncLocalStorage.
 *
 * @module
 */
import type { AsyncLocalStorage } from 'node:async_hooks'
import type { MiddlewareHandler } from 'hono'
import { ConfigurationError } from '../bindings/errors.ts'
import type { DefaultFlash, Session, UntypedData } from '../bindings/session.ts'

// biome-ignore lint/suspicious/noExplicitAny: of any data; who asks says which
type AnySession = Session<any, any>

let running: AsyncLocalStorage<AnySession> | undefined

/** Loaded by the first request, so that importing this costs nothing and fails nowhere. */
async function openStorage(): Promise<AsyncLocalStorage<AnySession>> {
  try {
    const { AsyncLocalStorage } = await import('node:async_hooks')
    running ??= new AsyncLocalStorage()
    return running
  } catch {
    throw new ConfigurationError(
      'tuile/context needs node:async_hooks, which this host does not have. On Cloudflare Workers, ' +
        'add the compatibility flag nodejs_als or nodejs_compat'
    )
  }
}

/**
 * Runs a function, and all that it starts, with a session as the current one: for sockets, queues and
 * frameworks other than Hono.
 *
 * @throws ConfigurationError where there is no `node:async_hooks`.
 *
 * @example
 * ```ts
 * import { createSessions } from 'tuile'
 * import { currentSession, runWithSession } from 'tuile/context'
 *
 * const sessions = createSessions({ secrets })
 * const greet = () => `Hello ${currentSession().get('name', 'you')}`
 *
 * const { result } = await sessions.with(null, (session) => runWithSession(session, greet))
 * assert.equal(result, 'Hello you')
 * ```
 */
export async function runWithSession<Result>(
  session: AnySession,
  use: () => Result | Promise<Result>
): Promise<Result> {
  return (running ?? (await openStorage())).run(session, use)
}

/**
 * Makes the session of each request the current one while it is handled. Mount it after `session()`.
 *
 * @param variable The variable that holds the session, as in `session(…, { variable })`.
 *
 * @throws ConfigurationError at the request, where there is no `node:async_hooks`; on Workers it names
 * the flag. Or if no middleware has set the variable.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono'
 * import { currentSession, sessionContext } from 'tuile/context'
 * import { session } from 'tuile/hono'
 *
 * const countVisit = () => {
 *   currentSession<{ visits: number }>().update('visits', (visits = 0) => visits + 1)
 * }
 *
 * const app = new Hono()
 *   .use(session({ secrets }))
 *   .use(sessionContext())
 *   .get('/', (c) => {
 *     countVisit()
 *     return c.text(`Visits: ${c.var.session.get('visits')}`)
 *   })
 *
 * assert.equal(await (await app.request('/')).text(), 'Visits: 1')
 * ```
 */
export function sessionContext(variable = 'session'): MiddlewareHandler {
  return async (c, next) => {
    const session: AnySession | undefined = c.get(variable)
    if (session === undefined) {
      throw new ConfigurationError(
        `There is no session in c.var.${variable}: mount session() before sessionContext()`
      )
    }
    await runWithSession(session, next)
  }
}

/** The session of the running request, or `undefined` outside of one. */
export function maybeCurrentSession<
  Data extends object = UntypedData,
  Flash extends object = DefaultFlash<Data>,
>(): Session<Data, Flash> | undefined {
  return running?.getStore()
}

/**
 * The session of the running request.
 *
 * @throws ConfigurationError outside of a request.
 */
export function currentSession<
  Data extends object = UntypedData,
  Flash extends object = DefaultFlash<Data>,
>(): Session<Data, Flash> {
  const session = maybeCurrentSession<Data, Flash>()
  if (session !== undefined) return session
  throw new ConfigurationError(
    'There is no current session: this runs outside of a request, or before sessionContext() in it. ' +
      'Mount sessionContext() after session(), and call this within a handler'
  )
}

/**
 * Makes an object that is always the session of the running request: import it anywhere, and use it as
 * a session. Outside of a request, each use throws a `ConfigurationError`.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono'
 * import { sessionContext, sessionFacade } from 'tuile/context'
 * import { session } from 'tuile/hono'
 *
 * const current = sessionFacade<{ name: string }>()
 * const greet = () => `Hello ${current.get('name', 'you')}`
 *
 * const app = new Hono()
 *   .use(session({ secrets }))
 *   .use(sessionContext())
 *   .get('/', (c) => {
 *     current.set('name', 'Ada')
 *     return c.text(greet())
 *   })
 *
 * assert.equal(await (await app.request('/')).text(), 'Hello Ada')
 * ```
 */
export function sessionFacade<
  Data extends object = UntypedData,
  Flash extends object = DefaultFlash<Data>,
>(): Session<Data, Flash> {
  return new Proxy({} as Session<Data, Flash>, {
    get(_, name) {
      const session = currentSession()
      const member: unknown = Reflect.get(session, name, session)
      return typeof member === 'function' ? member.bind(session) : member
    },
    set(_, name, value) {
      const session = currentSession()
      return Reflect.set(session, name, value, session)
    },
    has: (_, name) => name in currentSession(),
  })
}
