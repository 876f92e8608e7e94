/**
 * The session of a request, on a WebSocket of Hono: `upgradeWebSocket` of Node, Bun, Deno and Workers.
 *
 * @module
 */
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { WSContext, WSEvents } from 'hono/ws'
import type { Awaitable } from '../bindings/awaitable.ts'
import { memoryBus } from '../bindings/live/bus.ts'
import type {
  EndReason,
  SessionFollower,
  SessionNews,
  SessionWatch,
} from '../bindings/live/contract.ts'
import { type SessionContext, withSession } from '../bindings/live/with-session.ts'
import type { DefaultFlash, LockWaitOptions, UntypedData } from '../bindings/session.ts'
import type { Sessions } from '../bindings/sessions.ts'
import { closeEnded, SESSION_ENDED } from './sockets/ending.ts'
import { comesFromAllowedPage, idOfHandshake } from './sockets/handshake.ts'
import { type AllowedOrigins, createOriginCheck, type OriginCheck } from './sockets/origin.ts'

export {
  createOriginCheck,
  SESSION_ENDED,
  type AllowedOrigins,
  type OriginCheck,
  type SessionContext,
}

/** The session of a socket. */
export interface SocketSession<Data extends object, Flash extends object> {
  /** Its id as it is now; `null` if there is none, or it has ended. */
  readonly id: string | null
  /**
   * Gives a handler the session as it is now, under its lock, and commits what it changes. `onMissing`
   * is an error to throw, a function to call, or what to give back if there is none; without it, a
   * `SessionMissingError`.
   *
   * @throws SessionMissingError, SessionGoneError, SessionLockTimeoutError, SessionStorageError; and
   * ConfigurationError if the handler calls `regenerateId`: a socket cannot send the cookie.
   */
  with<Result, Missing = never>(
    handler: (context: SessionContext<Data, Flash>) => Awaitable<Result>,
    onMissing?: Missing | (() => Awaitable<Missing>) | Error,
    options?: LockWaitOptions
  ): Promise<Result | Missing>
}

/** What a socket does with its session: the events of Hono, and those of the session. */
export interface SessionSocketEvents<Socket> extends WSEvents<Socket> {
  /** The data of the session were written, by whoever. */
  onSessionChange?(ws: WSContext<Socket>): void
  /** The session has ended. After this the socket is closed, unless `closeOnEnd` is false. */
  onSessionEnd?(reason: EndReason, ws: WSContext<Socket>): void
}

/** The options of `sessionSocket`. */
export interface SessionSocketOptions {
  /** Which origins may open a socket, besides that of the server: see `createOriginCheck`. */
  readonly origins?: AllowedOrigins
  /**
   * Whether the socket is closed, with code 4401, when its session ends.
   *
   * @default true
   */
  readonly closeOnEnd?: boolean
  /**
   * Whether the handshake of a socket without a session is answered with 401.
   *
   * @default false
   */
  readonly required?: boolean
}

/**
 * Makes the events of a socket that has the session of its request, for Hono's `upgradeWebSocket`. The
 * socket is told what becomes of the session, goes along when that gets a new id, and is closed when it
 * ends, be it by a sign-out, a revocation or its time, also in other processes if `sessions` have a `bus`.
 *
 * A browser sends its cookies with the handshake from any page: those of other sites are answered
 * with 403 unless `origins` names them. A socket makes no session and sets no cookie.
 *
 * On Workers use it in a Durable Object: of plain Workers, no request may use the socket of another.
 * Hono never calls `onOpen` there: a socket hears of its session from its first message on. For objects
 * that hibernate there is `hibernatingSockets` of `tuile/workers`.
 *
 * @param sessions Made by `createSessions`, with a storage on the server.
 * @param createEvents Called for each socket with the context and its session.
 * @throws ConfigurationError with the cookie storage, or if an origin is none.
 *
 * @example
 * ```ts
 * import { upgradeWebSocket } from '@hono/node-server'
 * import { Hono } from 'hono'
 * import { createSessions, memoryStorage } from 'tuile'
 * import { memoryBus } from 'tuile/bus'
 * import { sessionSocket } from 'tuile/websocket'
 *
 * const sessions = createSessions<{ cart: string[] }>({
 *   storage: memoryStorage(),
 *   bus: memoryBus(),
 *   secrets,
 * })
 * const app = new Hono().get(
 *   '/live',
 *   upgradeWebSocket(
 *     sessionSocket(sessions, (c, session) => ({
 *       async onMessage({ data }, ws) {
 *         const cart = await session.with(
 *           ({ session }) => {
 *             session.update('cart', (cart = []) => [...cart, String(data)])
 *             return session.get('cart')
 *           },
 *           () => []
 *         )
 *         ws.send(JSON.stringify(cart))
 *       },
 *       onSessionChange: (ws) => ws.send('changed'),
 *     }))
 *   )
 * )
 * assert.equal(app.routes.length, 1)
 * ```
 */
export function sessionSocket<
  Data extends object = UntypedData,
  Flash extends object = DefaultFlash<Data>,
  // biome-ignore lint/suspicious/noExplicitAny: each host has a socket of its own
  Socket = any,
>(
  sessions: Sessions<Data, Flash>,
  createEvents: (
    c: Context,
    session: SocketSession<Data, Flash>
  ) => Awaitable<SessionSocketEvents<Socket>>,
  { origins, closeOnEnd = true, required = false }: SessionSocketOptions = {}
): (c: Context) => Promise<WSEvents<Socket>> {
  const isAllowed = createOriginCheck(origins)
  const follower = sessions.follow(memoryBus())

  return async (c) => {
    if (!comesFromAllowedPage(isAllowed, c.req)) {
      throw new HTTPException(403, { message: 'The origin of this page is not allowed' })
    }
    const id = await idOfHandshake(sessions, c.req)
    const isThere = id !== null && (await follower.sessions.look(id)) !== null
    if (required && !isThere) throw new HTTPException(401, { message: 'There is no session' })
    const bound = new BoundSession(sessions, follower, isThere ? id : null)
    const events = await createEvents(c, bound)
    return bound.listen(events, closeOnEnd)
  }
}

class BoundSession<Data extends object, Flash extends object>
  implements SocketSession<Data, Flash>
{
  readonly #sessions: Sessions<Data, Flash>
  readonly #follower: SessionFollower
  readonly #firstId: string | null
  #watch: SessionWatch | null = null

  constructor(sessions: Sessions<Data, Flash>, follower: SessionFollower, id: string | null) {
    this.#sessions = sessions
    this.#follower = follower
    this.#firstId = id
  }

  get id(): string | null {
    return this.#watch === null ? this.#firstId : this.#watch.id
  }

  with<Result, Missing = never>(
    handler: (context: SessionContext<Data, Flash>) => Awaitable<Result>,
    onMissing?: Missing | (() => Awaitable<Missing>) | Error,
    options?: LockWaitOptions
  ): Promise<Result | Missing> {
    return withSession(this.#sessions, () => this.id, handler, onMissing, options)
  }

  /** The events of the host, with those of the session among them. */
  listen<Socket>(
    { onSessionChange, onSessionEnd, ...events }: SessionSocketEvents<Socket>,
    closeOnEnd: boolean
  ): WSEvents<Socket> {
    const hear = (news: SessionNews, ws: WSContext<Socket>): void => {
      if (news.type === 'change') onSessionChange?.(ws)
      if (news.type !== 'end') return
      onSessionEnd?.(news.reason, ws)
      if (closeOnEnd) closeEnded(ws, news.reason)
    }
    /** At the first event that brings the socket: workerd has none for its opening. */
    const open = (ws: WSContext<Socket>): void => {
      if (this.#firstId === null || this.#watch !== null) return
      this.#watch = this.#follower.watch(this.#firstId, (news) => hear(news, ws))
    }
    const stop = (): void => this.#watch?.stop()
    return {
      onOpen: (event, ws) => {
        open(ws)
        events.onOpen?.(event, ws)
      },
      onMessage: (event, ws) => {
        open(ws)
        events.onMessage?.(event, ws)
      },
      onClose: (event, ws) => {
        stop()
        events.onClose?.(event, ws)
      },
      onError: (event, ws) => {
        stop()
        events.onError?.(event, ws)
      },
    }
  }
}
