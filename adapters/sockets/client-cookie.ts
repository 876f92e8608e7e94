/**
 * The cookie of a client, sent and read by a middleware.
 *
 * @module
 */
import type { Context, MiddlewareHandler } from 'hono'
import { ConfigurationError } from '../../bindings/errors.ts'
import type { SessionClients } from '../../bindings/live/clients.ts'
import type { Session } from '../../bindings/session.ts'
import type { Sessions } from '../../bindings/sessions.ts'
import { isLocalhost } from '../localhost.ts'
import { addSessionHeaders } from '../response.ts'

/** What the middleware adds to the context. */
export interface ClientVariables {
  /** The id of the browser, which outlives its sessions. */
  clientId: string
}

/** Makes the middleware, which must run before `session()`: it goes on when the session is committed. */
export function clientCookie(
  // biome-ignore lint/suspicious/noExplicitAny: of any data
  clients: SessionClients<any, any>,
  // biome-ignore lint/suspicious/noExplicitAny: of any data
  sessions: Sessions<any, any>,
  variable: string
): MiddlewareHandler<{ Variables: ClientVariables }> {
  return async function clientMiddleware(c, next) {
    const variables: Context = c // untyped: the session's name is known at run time only
    if (variables.get(variable) !== undefined) {
      throw new ConfigurationError(`The middleware of clients must run before session()`)
    }
    const { pending } = sessions
    if (pending) await pending
    const plain = !sessions.secureOnly && isLocalhost(c.req.url)
    const { clientId, setCookie } = clients.identify(c.req.header('Cookie'), { plain })
    c.set('clientId', clientId)
    await next()
    const session: Session | undefined = variables.get(variable)
    const isStored = session && sessions.used(session) && !session.destroyed && !session.isNew
    if (isStored) await clients.attach(clientId, session.id)
    if (setCookie !== null) addSessionHeaders(c, [setCookie], null)
  }
}
