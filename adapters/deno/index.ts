/**
 * Tuile on Deno: all that an app needs, in one import.
 *
 * @module
 */
export { cookieStorage } from '../../bindings/storage/cookie.ts'
export { fsStorage, type FsStorageOptions } from '../../bindings/storage/fs.ts'
export { memoryStorage } from '../../bindings/storage/memory.ts'
export { createSessions } from '../../bindings/sessions.ts'
export {
  lockSession,
  requireFresh,
  session,
  type LockSessionOptions,
  type MiddlewareOptions,
  type SessionVariables,
} from '../hono.ts'
