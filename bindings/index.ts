/**
 * Tuile: sessions from a Cookie header, on every runtime.
 *
 * @module
 */
export type { Awaitable } from './awaitable.ts'
export {
  ConfigurationError,
  CookieOverflowError,
  CsrfError,
  EngineUnavailableError,
  SessionBusError,
  SessionCommittedError,
  SessionDestroyedError,
  SessionGoneError,
  SessionLockLostError,
  SessionLockTimeoutError,
  SessionMissingError,
  SessionNotFreshError,
  SessionNotLoadedError,
  SessionSecretsError,
  SessionSerializationError,
  SessionStorageError,
  SessionTooLargeError,
  TuileError,
} from './errors.ts'
export { type ExplainReason, explainReasons } from './explain-reasons.ts'
export type { Explanation } from './explanation.ts'
export type {
  RejectReason,
  SessionEvent,
  SessionEventName,
  SessionEvents,
  SessionListener,
} from './events.ts'
export type {
  EndReason,
  NewsListener,
  SessionBus,
  SessionFollower,
  SessionNews,
  SessionWatch,
} from './live/contract.ts'
export type { SessionsOptions, StandardSchema, StorageErrorPolicy } from './options.ts'
export { registerStorage, type StorageFactory } from './env/registry.ts'
export { sessionsFromEnv } from './env/sessions-from-env.ts'
export type { OwnedSession } from './owners.ts'
export { rotatingSecrets, type RotatingSecretsOptions } from './rotating-secrets.ts'
export type { DatedSecret, SecretList } from './dated-secrets.ts'
export type { SecretProvider, Secrets } from './secrets.ts'
export type { SessionCookieOptions } from './session-cookie.ts'
export {
  Session,
  type DefaultFlash,
  type LockWaitOptions,
  type RegenerateOptions,
  type UntypedData,
} from './session.ts'
export type { TransportKind } from './session-state.ts'
export {
  createSessions,
  type ReadOptions,
  type RevokeOptions,
  Sessions,
  type SessionWork,
  type SweepingOptions,
  type SweepOptions,
  type UpdateOptions,
} from './sessions.ts'
export type { SessionAnswer, Transport } from './transport.ts'
export type {
  CookieStorage,
  LockOptions,
  SessionStorage,
  StorageLock,
  StoredRecord,
  WriteOptions,
} from './storage/contract.ts'
export { cookieStorage, type CookieStorageOptions } from './storage/cookie.ts'
export { fromDriver, type SessionDriver } from './storage/driver.ts'
export { memoryStorage, type MemoryStorage, type MemoryStorageOptions } from './storage/memory.ts'
