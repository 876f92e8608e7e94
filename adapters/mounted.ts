/**
 * What middleware that stands behind `session()` finds.
 *
 * @module
 */
import type { Context } from 'hono'
import { ConfigurationError } from '../bindings/errors.ts'
import type { Session } from '../bindings/session.ts'

/**
 * The session in a variable of the context.
 *
 * @throws ConfigurationError that names the middleware, if there is none.
 */
export function mountedSession(c: Context, variable: string, middleware: string): Session {
  const session = c.get(variable) as Session | undefined
  if (session !== undefined) return session
  throw new ConfigurationError(`${middleware}: no session() gave c.var.${variable} before it`)
}
