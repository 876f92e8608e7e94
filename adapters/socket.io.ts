/**
 * The session of a request, on the sockets of socket.io as well.
 *
 * @module
 */
import type { MiddlewareHandler } from 'hono'
import type { DefaultEventsMap, Namespace, Server, Socket } from 'socket.io'
import type { Awaitable } from '../bindings/awaitable.ts'
import { ConfigurationError } from '../bindings/errors.ts'
import { defaultEngine } from '../bindings/codec/select.ts'
import { SessionClients, type ClientEvents, type ClientsOptions } from '../bindings/live/clients.ts'
import type { EndReason } from '../bindings/live/contract.ts'
import { type SessionContext, withSession } from '../bindings/live/with-session.ts'
import type { DefaultFlash, LockWaitOptions, UntypedData } from '../bindings/session.ts'
import type { Sessions } from '../bindings/sessions.ts'
import { isLocalhost } from './localhost.ts'
import {
  BoundSocket,
  checkRotationPolicy,
  type RotationOptions,
  type RotationPolicy,
} from './sockets/bound-socket.ts'
import { clientCookie, type ClientVariables } from './sockets/client-cookie.ts'
import { type AllowedOrigins, createOriginCheck, type OriginCheck } from './sockets/origin.ts'

export { createOriginCheck }
export type {
  AllowedOrigins,
  ClientEvents,
  ClientsOptions,
  ClientVariables,
  OriginCheck,
  RotationOptions,
  RotationPolicy,
  SessionContext,
}

/** A socket of any events. */
// biome-ignore lint/suspicious/noExplicitAny: as socket.io's own defaults
export type AnySocket = Socket<any, any, DefaultEventsMap, any>
/** A server of any events. */
// biome-ignore lint/suspicious/noExplicitAny: as socket.io's own defaults
export type AnyServer = Server<any, any, DefaultEventsMap, any>

/** The options of `bridge`. */
export interface BridgeOptions extends ClientsOptions, RotationOptions {
  /**
   * Which origins may open a socket, besides that of the server: see `createOriginCheck`.
   *
   * @default what socket.io's own `cors.origin` allows
   */
  readonly origins?: AllowedOrigins
  /**
   * What to do with the sockets of a session that has ended. `disconnect`: tell them `session:end` with
   * the reason, and close them; `emit`: only tell them; or your own.
   *
   * @default 'disconnect'
   */
  readonly onEnd?: 'disconnect' | 'emit' | ((socket: AnySocket, reason: EndReason) => void)
  /** Called for each socket of a session whose data were written, by whoever. */
  readonly onChange?: (socket: AnySocket) => void
  /**
   * The context variable that holds the session of a request.
   *
   * @default 'session'
   */
  readonly variable?: string
}

/** What `socket.data` has. Both are looked up when they are read, and are not sent to other servers. */
export interface SocketSession {
  /** The id of the session that the socket has now. */
  readonly sessionId: string | undefined
  /** The id of the browser. */
  readonly clientId: string | undefined
}

/** What a handler of `withSession` gets. */
export type SocketSessionContext<Data extends object, Flash extends object> = SessionContext<
  Data,
  Flash
> & { readonly socket: AnySocket }

interface Binding<Data extends object, Flash extends object> {
  readonly socket: AnySocket
  readonly clientId: string | null
  readonly session: BoundSocket<Data, Flash>
}

/** Sessions on the sockets of one server, and its clients. Made by `bridge`. */
export class SessionBridge<
  Data extends object = UntypedData,
  Flash extends object = DefaultFlash<Data>,
> extends SessionClients<Data, Flash> {
  readonly #bindings = new WeakMap<AnySocket, Binding<Data, Flash>>()
  readonly #byClient = new Map<string, Set<Binding<Data, Flash>>>()
  readonly #options: BridgeOptions
  readonly #policy: RotationPolicy
  readonly #isAllowed: OriginCheck

  /** See `bridge`. */
  constructor(io: AnyServer, sessions: Sessions<Data, Flash>, options: BridgeOptions = {}) {
    if (typeof io?.of !== 'function')
      throw new ConfigurationError('bridge: io is no Server of socket.io')
    const { onEnd = 'disconnect' } = options
    if (typeof onEnd !== 'function' && onEnd !== 'disconnect' && onEnd !== 'emit') {
      throw new ConfigurationError(`onEnd must be 'disconnect', 'emit' or a function`)
    }
    const policy = checkRotationPolicy(options)
    super(sessions, options)
    this.#options = options
    this.#policy = policy
    this.#isAllowed = createOriginCheck(options.origins ?? originsOf(io))
    const join = (namespace: Namespace): void =>
      void namespace.use((socket, next) => void this.#join(socket).then(() => next(), next))
    for (const namespace of io._nsps.values()) join(namespace)
    io.on('new_namespace', join)
  }

  /**
   * The middleware of requests: gives each browser its client id, as `c.var.clientId`, and sees which
   * session it has. It must run before `session(sessions)`.
   */
  http(): MiddlewareHandler<{ Variables: ClientVariables }> {
    const { variable = 'session' } = this.#options
    return clientCookie(this, this.sessions, variable)
  }

  /**
   * Gives a handler the session that a socket has now, under its lock, and commits what it changes:
   * nothing is written if it changes nothing, or throws. Calls of one session wait for each other, and
   * for requests that lock, in all processes. Within a handler, another call for the same session would
   * wait for itself until `lockTimeout`.
   *
   * @param handler Gets `{ sessionId, session, socket }`; `session = null` ends the session.
   * @param onMissing If the socket has no session: an error to throw, a function to call, or anything
   * else to give back. Without it, a `SessionMissingError`.
   *
   * @throws SessionMissingError if there is no session, and no `onMissing`.
   * @throws SessionGoneError if the session ended while the handler changed it; nothing was written.
   * @throws SessionLockTimeoutError if others hold the lock for longer than `lockTimeout`.
   * @throws SessionStorageError if the storage fails.
   * @throws ConfigurationError if the handler calls `regenerateId`: a socket cannot send the cookie.
   */
  withSession<Result, Missing = never>(
    socket: AnySocket,
    handler: (context: SocketSessionContext<Data, Flash>) => Awaitable<Result>,
    onMissing?: Missing | (() => Awaitable<Missing>) | Error,
    options?: LockWaitOptions
  ): Promise<Result | Missing> {
    return withSession(
      this.sessions,
      this.#bindings.get(socket)?.session ?? NO_SESSION,
      (context) => handler(Object.assign(context, { socket })),
      onMissing,
      options
    )
  }

  /** Also where it is known already: a socket may have come again before the browser had the cookie. */
  override async attach(clientId: string, sessionId: string): Promise<void> {
    await super.attach(clientId, sessionId)
    this.onAttach(clientId, sessionId)
  }

  /**
   * A client has a session: its sockets that came without it are to connect again. An honest browser
   * brings the session's cookie then; whoever has a copy of the client id alone has nothing to bring.
   */
  protected override onAttach(clientId: string, sessionId: string): void {
    const { keyOf } = this.follower.sessions
    for (const { socket, session } of [...(this.#byClient.get(clientId) ?? [])]) {
      if (session.id === null || keyOf(session.id) !== keyOf(sessionId)) reconnect(socket)
    }
  }

  /** Finds out whose socket it is, before it is connected. */
  async #join(socket: AnySocket): Promise<void> {
    const { headers, secure } = socket.handshake
    const { origin, host, cookie = '', 'sec-fetch-site': fetchSite } = headers
    if (!this.#isAllowed({ origin, host, fetchSite: fetchSite as string | undefined })) {
      setTimeout(() => socket.conn.close())
      throw Object.assign(new Error('The origin of this page is not allowed'), {
        data: { code: 'ORIGIN' },
      })
    }
    const { pending } = this.sessions
    if (pending) await pending
    const plain = !this.sessions.secureOnly && !secure && isLocalhost(`http://${host}/`)
    const client = this.identify(cookie, { plain })
    const clientId = client.isNew ? null : client.clientId
    const header = (name: string) => headers[name.toLowerCase()] as string | undefined
    const handshake = await this.sessions.recognize(cookie, { plain, header })
    const session = new BoundSocket(this.sessions, this.follower, handshake, this.#policy)
    const binding = { socket, clientId, session }
    this.#bindings.set(socket, binding)
    Object.defineProperties(socket.data, {
      sessionId: { get: () => session.id ?? undefined, configurable: true },
      clientId: { get: () => clientId ?? undefined, configurable: true },
    })
    this.#follow(binding)
    const { id } = handshake
    if (clientId !== null && id !== null) await this.attach(clientId, id)
    this.#keep(binding)
  }

  /** Until the socket is closed, also if it never came to be connected. */
  #keep(binding: Binding<Data, Flash>): void {
    const { socket, clientId, session } = binding
    if (clientId !== null) {
      const bindings = this.#byClient.get(clientId) ?? new Set()
      this.#byClient.set(clientId, bindings.add(binding))
    }
    const forget = (): void => {
      session.stop()
      const bindings = clientId === null ? undefined : this.#byClient.get(clientId)
      bindings?.delete(binding)
      if (bindings?.size === 0) this.#byClient.delete(clientId!)
    }
    socket.once('disconnect', forget)
    if (socket.conn.readyState === 'open') socket.conn.once('close', forget)
    else forget()
  }

  #follow({ socket, session }: Binding<Data, Flash>): void {
    const { onEnd = 'disconnect', onChange } = this.#options
    session.follow({
      onChange: () => onChange?.(socket),
      onRotate: () => reconnect(socket),
      onEnd: (reason) => {
        if (typeof onEnd === 'function') {
          onEnd(socket, reason)
          return
        }
        socket.emit('session:end', { reason })
        if (onEnd === 'disconnect') socket.disconnect(true)
      },
    })
  }
}

/** What a socket has that did not come through the bridge. */
const NO_SESSION = { id: null, check: async (): Promise<void> => undefined }

/** Closes the transport, not the socket: the client then connects again by itself, with its cookies. */
function reconnect(socket: AnySocket): void {
  // Not at once: the socket may be about to be connected.
  setTimeout(() => socket.conn.close())
}

/** What socket.io's own option says of origins, as a check of ours. */
function originsOf(io: AnyServer): AllowedOrigins {
  const { cors } = (io as unknown as { opts?: { cors?: unknown } }).opts ?? {}
  const allowed = (cors as { origin?: unknown } | undefined)?.origin
  if (allowed === true || allowed === '*') return () => true
  const rules = [allowed]
    .flat()
    .filter((rule) => typeof rule === 'string' || rule instanceof RegExp)
  return (origin) =>
    rules.some((rule) => (rule instanceof RegExp ? rule.test(origin) : rule === origin))
}

/**
 * Gives the sockets of socket.io the sessions of requests, on Node and on Bun (`@socket.io/bun-engine`).
 * Call it before the namespaces are used.
 *
 * A socket has the session whose cookie its handshake brings, and gets one in no other way. A socket that
 * came without one is made to connect again when a request gives its browser a session; so is a socket
 * whose session gets a new id, since it belongs to the older one. A socket sees what requests write and
 * the other way round. It is closed when the session ends, be it by a sign-out, a revocation or its time,
 * also in other processes if `sessions` have a `bus`.
 *
 * @param sessions Made by `createSessions`, with a storage on the server.
 * @throws ConfigurationError with the cookie storage, or if an option is wrong.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono'
 * import { Server } from 'socket.io'
 * import { createSessions, memoryStorage } from 'tuile'
 * import { memoryBus } from 'tuile/bus'
 * import { session } from 'tuile/hono'
 * import { bridge } from 'tuile/socket.io'
 *
 * const sessions = createSessions<{ count: number }>({
 *   storage: memoryStorage(),
 *   bus: memoryBus(),
 *   secrets,
 * })
 * const io = new Server()
 * const live = bridge(io, sessions)
 *
 * const app = new Hono().use(live.http()).use(session(sessions))
 * app.get('/', (c) => c.text(`${c.var.session.get('count', 0)} of ${c.var.clientId}`))
 *
 * io.on('connection', (socket) => {
 *   socket.on('count', async (acknowledge) => {
 *     const count = await live.withSession(
 *       socket,
 *       ({ session }) => {
 *         session.update('count', (count = 0) => count + 1)
 *         return session.get('count')
 *       },
 *       'visit the page first'
 *     )
 *     acknowledge(count)
 *   })
 * })
 * assert.match(await (await app.request('/')).text(), /^0 of [\w-]{24}$/)
 * ```
 */
export function bridge<
  Data extends object = UntypedData,
  Flash extends object = DefaultFlash<Data>,
>(
  io: AnyServer,
  sessions: Sessions<Data, Flash>,
  options?: BridgeOptions
): SessionBridge<Data, Flash> {
  return new SessionBridge(io, sessions, options)
}

/**
 * A random id of so many characters of base64url.
 *
 * @throws RangeError if `length` is not an integer from 1 to 1024.
 */
export function generateUid(length = 24): string {
  if (!Number.isInteger(length) || length < 1 || length > 1024) {
    throw new RangeError(`An id has 1 to 1024 characters, not ${length}`)
  }
  const bytes = crypto.getRandomValues(new Uint8Array(Math.ceil((length * 3) / 4)))
  return defaultEngine.encodeBase64url(bytes).slice(0, length)
}
