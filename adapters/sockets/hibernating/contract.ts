/**
 * What hibernating sockets are made from, and what they are.
 *
 * @module
 */
import type { Awaitable } from '../../../bindings/awaitable.ts'
import type { EndReason } from '../../../bindings/live/contract.ts'
import type { SessionContext } from '../../../bindings/live/with-session.ts'
import type { DefaultFlash, LockWaitOptions, UntypedData } from '../../../bindings/session.ts'
import type { AlarmStorage } from '../../../bindings/storage/durable-object/alarm.ts'
import type { RotationOptions } from '../bound-socket.ts'
import type { AllowedOrigins } from '../origin.ts'

/** What is used of a socket that may outlive its object. */
export interface HibernatingSocket {
  send(message: string): void
  close(code?: number, reason?: string): void
  serializeAttachment(attachment: unknown): void
  deserializeAttachment(): unknown
}

/** What is used of the state of an object that has such sockets. */
export interface HibernatingState<Socket extends HibernatingSocket = HibernatingSocket> {
  readonly storage: AlarmStorage
  acceptWebSocket(socket: Socket, tags?: string[]): void
  getWebSockets(tag?: string): Socket[]
}

/** The options of `hibernatingSockets`. */
export interface HibernatingSocketsOptions<Socket extends HibernatingSocket = HibernatingSocket>
  extends RotationOptions {
  /** Which origins may open a socket, besides that of the server: see `createOriginCheck`. */
  readonly origins?: AllowedOrigins
  /**
   * Whether the handshake of a socket without a session is answered with 401. One that brings an id which
   * was superseded a moment ago is closed with code 4409 instead, so that the client tries once more.
   *
   * @default false
   */
  readonly required?: boolean
  /**
   * Whether a socket is closed, with code 4401, when its session ends.
   *
   * @default true
   */
  readonly closeOnEnd?: boolean
  /**
   * Seconds after which every session is looked up in the storage, whatever the bus has told: from 1
   * to 86400. It is how long news that were lost can go unnoticed; the object is woken for it.
   *
   * @default 600
   */
  readonly recheckEvery?: number
  /** The data of the session of a socket were written, by whoever. */
  readonly onSessionChange?: (ws: Socket) => void
  /** The session of a socket has ended. After this it is closed, unless `closeOnEnd` is false. */
  readonly onSessionEnd?: (reason: EndReason, ws: Socket) => void
}

/** The sockets of an object. */
export interface HibernatingSockets<
  Data extends object = UntypedData,
  Flash extends object = DefaultFlash<Data>,
  Socket extends HibernatingSocket = HibernatingSocket,
> {
  /**
   * Answers a handshake, and takes the news of a `durableObjectBus`; `null` for any other request.
   * A page of another site gets 403, a handshake without a session 401 if it is `required`, and while
   * the storage is down 503.
   */
  answer(request: Request): Promise<Response> | null
  /** The id of a socket's session as it is now; `null` if it has none, or that has ended. */
  idOf(ws: Socket): string | null
  /**
   * Gives a handler the session of a socket as it is now, under its lock, and commits what it changes:
   * `SocketSession.with` of `sessionSocket`, with the same rules.
   *
   * @throws SessionMissingError, SessionGoneError, SessionLockTimeoutError, SessionStorageError; and
   * ConfigurationError if the handler calls `regenerateId`: a socket cannot send the cookie.
   */
  with<Result, Missing = never>(
    ws: Socket,
    handler: (context: SessionContext<Data, Flash>) => Awaitable<Result>,
    onMissing?: Missing | (() => Awaitable<Missing>) | Error,
    options?: LockWaitOptions
  ): Promise<Result | Missing>
  /**
   * Looks at all sessions and ends the sockets of those that are over: to be called by the object's
   * `alarm`, which may also do what else you like. It plans the next one.
   */
  alarm(): Promise<void>
}
