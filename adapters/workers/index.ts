/**
 * Tuile on Cloudflare Workers: all that an app needs, in one import.
 *
 * Secrets come with the request: `session((c) => ({ secrets: c.env.SESSION_SECRET }))`. There is no
 * `memoryStorage` here, since a Worker's memory is that of one isolate of many, for a while.
 *
 * @module
 */
export { cookieStorage } from '../../bindings/storage/cookie.ts'
export {
  durableObjectStorage,
  SessionObject,
  type DurableObjectNamespace,
} from '../../bindings/storage/durable-object.ts'
export {
  durableObjectBus,
  type DurableObjectBusOptions,
  type NewsObject,
} from '../../bindings/live/object-bus.ts'
export { createSessions } from '../../bindings/sessions.ts'
export {
  lockSession,
  requireFresh,
  session,
  type LockSessionOptions,
  type MiddlewareOptions,
  type SessionVariables,
} from '../hono.ts'
export {
  hibernatingSockets,
  type HibernatingSocket,
  type HibernatingSockets,
  type HibernatingSocketsOptions,
  type HibernatingState,
} from '../sockets/hibernating.ts'
