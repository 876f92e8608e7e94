/**
 * Routes for visitors who have proved a short time ago who they are.
 *
 * @module
 */
import type { MiddlewareHandler } from 'hono'
import { ConfigurationError, SessionNotFreshError } from '../bindings/errors.ts'
import { mountedSession } from './mounted.ts'

/** The session that `requireFresh` looks at. */
export interface RequireFreshOptions<Variable extends string = 'session'> {
  /**
   * The context variable that holds the session.
   *
   * @default 'session'
   */
  readonly variable?: Variable
}

/**
 * Middleware of a route that needs a fresh proof of who the visitor is: one that changes a password,
 * pays, or shows a secret. It lets through who called `session.authenticate()` within so many seconds.
 * Who never did is answered 401, who did it longer ago 403, both as JSON with `error:
 * 'SESSION_NOT_FRESH'`, `maxAge` and `authenticatedAt`: ask for the password again, call
 * `authenticate()`, and come back.
 *
 * @param seconds How old the proof may be.
 * @param options Which session is looked at.
 *
 * @throws ConfigurationError when it is made, if `seconds` is not a positive number; at the request, if
 * `session()` does not run before it.
 * @throws SessionNotFreshError at the request: the app's `onError` gets it, and without one its own
 * response is sent.
 * @throws SessionStorageError if a lazy session cannot be loaded.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono'
 * import { requireFresh, session } from 'tuile/hono'
 *
 * const app = new Hono()
 *   .use(session({ secrets }))
 *   .post('/sign-in', (c) => {
 *     c.var.session.authenticate() // the password was right
 *     return c.text('Hello')
 *   })
 *   .post('/password', requireFresh(300), (c) => c.text('changed'))
 *
 * const post = (path: string, Cookie = '') =>
 *   app.request(path, { method: 'POST', headers: { Cookie } })
 * assert.equal((await post('/password')).status, 401)
 *
 * const [cookie] = (await post('/sign-in')).headers.getSetCookie()
 * assert.equal((await post('/password', cookie.split(';')[0])).status, 200)
 * ```
 */
export function requireFresh<const Variable extends string = 'session'>(
  seconds: number,
  { variable = 'session' as Variable }: RequireFreshOptions<Variable> = {}
): MiddlewareHandler {
  if (!Number.isFinite(seconds) || seconds <= 0) {
    throw new ConfigurationError(`requireFresh needs a number of seconds, not ${String(seconds)}`)
  }
  return async function requireFreshMiddleware(c, next) {
    const session = mountedSession(c, variable, 'requireFresh')
    const { authenticatedAt } = await session.load()
    const age = authenticatedAt === null ? Infinity : Date.now() - authenticatedAt.getTime()
    if (age > seconds * 1000) throw new SessionNotFreshError(seconds, authenticatedAt)
    await next()
  }
}
