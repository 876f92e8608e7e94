/**
 * Tuile: sessions from a Cookie header, on every runtime.
 *
 * @module
 */
export type { Awaitable } from './awaitable.ts'
export {
  ConfigurationError,
  CookieOverflowError,
  EngineUnavailableError,
  SessionCommittedError,
  SessionDestroyedError,
  SessionGoneError,
  SessionNotLoadedError,
  SessionSerializationError,
  SessionStorageError,
  TuileError,
} from './errors.ts'
export type {
  RejectReason,
  SessionEvent,
  SessionEventName,
  SessionEvents,
  SessionListener,
} from './events.ts'
export type { SessionsOptions, StandardSchema } from './options.ts'
export type { SessionCookieOptions } from './session-cookie.ts'
export { Session, type DefaultFlash, type RegenerateOptions, type UntypedData } from './session.ts'
export { createSessions, type ReadOptions, Sessions, type SweepOptions } from './sessions.ts'
export type {
  CookieStorage,
  SessionStorage,
  StoredRecord,
  WriteOptions,
} from './storage/contract.ts'
export { cookieStorage, type CookieStorageOptions } from './storage/cookie.ts'
export { memoryStorage, type MemoryStorage, type MemoryStorageOptions } from './storage/memory.ts'
