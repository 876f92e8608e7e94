/**
 * Every error that Tuile throws on purpose. None of them holds a secret, an id or a cookie.
 *
 * @module
 */

/** The base of all of Tuile's errors; `code` is stable, the message is for people. */
export class TuileError extends Error {
  /** A stable name for programs, such as `SESSION_GONE`. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/**
 * Options that cannot work, or that would be unsafe. Thrown when something is made; later only by a
 * call that the options do not allow, and where a server has to be asked: a table that is not there.
 */
export class ConfigurationError extends TuileError {
  constructor(message: string) {
    super('CONFIGURATION', message)
  }
}

/** The WASM engine was asked for where WebAssembly may not run; the `cause` says what forbade it. */
export class EngineUnavailableError extends TuileError {
  constructor(cause: Error) {
    super('ENGINE_UNAVAILABLE', `The WASM engine cannot run here: ${cause.message}`, { cause })
  }
}

/** A write to a session after its `destroy()`. */
export class SessionDestroyedError extends TuileError {
  constructor() {
    super('SESSION_DESTROYED', 'The session has been destroyed; it takes no more changes')
  }
}

/** A change to a session after its response has started, when no cookie can be sent any more. */
export class SessionCommittedError extends TuileError {
  constructor() {
    super(
      'SESSION_COMMITTED',
      'The session was changed after its response started. Change it before you return the ' +
        'response, or use sessions.update(id, fn) while a stream is under way'
    )
  }
}

/** A read from a lazy session, on an asynchronous storage, before its `load()`. */
export class SessionNotLoadedError extends TuileError {
  constructor() {
    super('SESSION_NOT_LOADED', 'The session is lazy: `await session.load()` before you use it')
  }
}

/** A socket has no session, or an operation names one that is not there: nothing was done. */
export class SessionMissingError extends TuileError {
  constructor() {
    super('SESSION_MISSING', 'Session is missing for this socket')
  }
}

/** The session was destroyed, has expired or got another id since it was read: nothing was written. */
export class SessionGoneError extends TuileError {
  constructor() {
    super(
      'SESSION_GONE',
      'The session ended while this request was under way; its changes were dropped'
    )
  }
}

/** A value that cannot be stored; `key` names it. */
export class SessionSerializationError extends TuileError {
  /** The key of the value. */
  readonly key: string

  constructor(key: string, cause: unknown) {
    super('SESSION_SERIALIZATION', `The session value "${key}" cannot be stored as JSON`, { cause })
    this.key = key
  }
}

/**
 * An error that may be gone the next time. Hono answers an error with what its `getResponse` gives,
 * unless the app's `onError` has another answer: here a 503.
 */
abstract class UnavailableError extends TuileError {
  /** The response of an app that has no answer of its own. */
  getResponse(): Response {
    const headers = { 'Cache-Control': 'no-store' }
    return new Response('Service Unavailable', { status: 503, headers })
  }
}

/** The storage failed or was given up on; the `cause` is its own error, or a `TimeoutError`. */
export class SessionStorageError extends UnavailableError {
  /** What was asked of the storage. */
  readonly operation: string

  constructor(operation: string, cause: unknown) {
    super('SESSION_STORAGE', `The session storage failed to ${operation}`, { cause })
    this.operation = operation
  }
}

/** Another request held the lock of the session for longer than `lockTimeout`. Nothing was done. */
export class SessionLockTimeoutError extends UnavailableError {
  constructor(timeout: number) {
    super('SESSION_LOCK_TIMEOUT', `The session was locked by others for ${timeout / 1000} seconds`)
  }
}

/**
 * The lock was lost while the request was under way, because the process or its storage stood still,
 * and another request has changed the session since: nothing was written.
 */
export class SessionLockLostError extends UnavailableError {
  constructor() {
    super(
      'SESSION_LOCK_LOST',
      'The lock of the session was lost, and another request has changed the session since'
    )
  }
}

/** One of the largest values of a session. */
interface LargeValue {
  readonly key: string
  readonly size: number
}

/** The sentence that says what to look at. */
function namesOf(largest: readonly LargeValue[]): string {
  const keys = largest.map(({ key, size }) => `"${key}" (${size} bytes)`).join(', ')
  return `Largest values: ${keys || 'none'}`
}

/** A session whose record is over the `maxSize` of its storage: nothing was written. */
export class SessionTooLargeError extends TuileError {
  /** Bytes of the record. */
  readonly size: number
  /** Bytes that it may have. */
  readonly limit: number
  /** The largest values, as JSON, the largest first. */
  readonly largest: readonly LargeValue[]

  constructor(size: number, limit: number, largest: readonly LargeValue[]) {
    super(
      'SESSION_TOO_LARGE',
      `The session would be ${size} bytes, over the ${limit} of maxSize. ${namesOf(largest)}`
    )
    this.size = size
    this.limit = limit
    this.largest = largest
  }
}

/**
 * There is no secret to verify or sign with: none could be loaded, or each one is retired. The `cause` is
 * what loading failed with. While an older list serves, it is only told as an `error` event.
 */
export class SessionSecretsError extends UnavailableError {
  constructor(message: string, cause?: unknown) {
    super('SESSION_SECRETS', message, { cause })
  }
}

/**
 * The bus failed, or brought what none of us has sealed; the `cause` is its own error. It is only ever
 * an `error` event: requests go on without a bus.
 */
export class SessionBusError extends TuileError {
  constructor(operation: string, cause: unknown) {
    super('SESSION_BUS', `The session bus failed to ${operation}`, { cause })
  }
}

/**
 * What is asked for needs a visitor who has proved who they are a short time ago. Hono answers it with
 * what its `getResponse` gives, unless the app's `onError` has another answer.
 */
export class SessionNotFreshError extends TuileError {
  /** Seconds that the proof may be old. */
  readonly maxAge: number
  /** When the visitor last proved who they are; `null` if never. */
  readonly authenticatedAt: Date | null

  constructor(maxAge: number, authenticatedAt: Date | null) {
    super(
      'SESSION_NOT_FRESH',
      authenticatedAt === null
        ? 'The visitor has not proved who they are'
        : `The visitor proved who they are more than ${maxAge} seconds ago`
    )
    this.maxAge = maxAge
    this.authenticatedAt = authenticatedAt
  }

  /**
   * The response of an app that has no answer of its own: 401 for who never signed in, 403 for who must
   * prove again who they are. Its challenge has the parameters of RFC 9470 §3.
   */
  getResponse(): Response {
    const { maxAge, authenticatedAt, code } = this
    const headers = {
      'Cache-Control': 'no-store',
      'WWW-Authenticate': `Session error="insufficient_user_authentication", max_age="${maxAge}"`,
    }
    const status = authenticatedAt === null ? 401 : 403
    return Response.json({ error: code, maxAge, authenticatedAt }, { status, headers })
  }
}

/**
 * A request that changes something and may have been forged by another site: `site` and `origin` say
 * that the browser told of one, `token` that it told of none and there was no token of the session
 * either. Hono answers it with what its `getResponse` gives, unless the app's `onError` has another
 * answer.
 */
export class CsrfError extends TuileError {
  /** What the request was refused for. */
  readonly reason: 'site' | 'origin' | 'token'

  constructor(reason: 'site' | 'origin' | 'token') {
    super('CSRF', `The request may come from another site: ${reason}`)
    this.reason = reason
  }

  /** The response of an app that has no answer of its own: a 403. */
  getResponse(): Response {
    const { code, reason } = this
    const headers = { 'Cache-Control': 'no-store' }
    return Response.json({ error: code, reason }, { status: 403, headers })
  }
}

/** A cookie that browsers would drop without a word: its `Set-Cookie` line is over 4096 bytes. */
export class CookieOverflowError extends TuileError {
  /** Bytes of the line. */
  readonly size: number
  /** Bytes that browsers accept. */
  readonly limit: number
  /** The largest values, as JSON, the largest first. */
  readonly largest: readonly LargeValue[]

  constructor(size: number, limit: number, largest: readonly LargeValue[]) {
    super(
      'COOKIE_OVERFLOW',
      `The session cookie would be ${size} bytes, over the ${limit} that browsers accept. ` +
        `${namesOf(largest)}. Store less, or use a server storage`
    )
    this.size = size
    this.limit = limit
    this.largest = largest
  }
}
