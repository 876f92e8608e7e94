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
import type { EndReason } from '../bindings/live/contract.ts'
import type { SessionContext } from '../bindings/live/with-session.ts'
import type { DefaultFlash, LockWaitOptions, UntypedData } from '../bindings/session.ts'
import type { Sessions } from '../bindings/sessions.ts'
import {
  BoundSocket,
  checkRotationPolicy,
  type RotationOptions,
  type RotationPolicy,
} from './sockets/bound-socket.ts'
import { closeEnded, closeRotated, SESSION_ENDED, SESSION_ROTATED } from './sockets/ending.ts'
import { comesFromAllowedPage, sessionOfHandshake } from './sockets/handshake.ts'
import { type AllowedOrigins, createOriginCheck, type OriginCheck } from './sockets/origin.ts'

export {
  createOriginCheck,
  SESSION_ENDED,
  SESSION_ROTATED,
  type AllowedOrigins,
  type OriginCheck,
  type RotationOptions,
  type RotationPolicy,
  type SessionContext,
}

/** The session of a socket. */
export interface SocketSession<Data extends object, Flash extends object> {
  /** Its id as it is now; `null` if there is none, or it has ended, or the socket is being closed. */
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
export interface SessionSocketOptions extends RotationOptions {
  /** Which origins may open a socket, besides that of the server: see `createOriginCheck`. */
  readonly origins?: AllowedOrigins
  /**
   * Whether the socket is closed, with code 4401, when its session ends.
   *
   * @default true
   */
  readonly closeOnEnd?: boolean
  /**
   * Whether the handshake of a socket without a session is answered with 401. One that brings an id which
   * was superseded a moment ago is closed with code 4409 instead, so that the client tries once more.
   *
   * @default false
   */
  readonly required?: boolean
}

/**
 * Makes the events of a socket that has the session of its request, for Hono's `upgradeWebSocket`. The
 * socket hears of changes of the session. It is closed with code 4401 when the session ends, be it by a
 * sign-out, a revocation or its time, and with 4409 when the session gets a new id, so that the client
 * connects again with the new cookie; also in other processes if `sessions` have a `bus`.
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
 * @throws ConfigurationError with the cookie storage, or if an option is wrong.
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
  { origins, closeOnEnd = true, required = false, ...rotation }: SessionSocketOptions = {}
): (c: Context) => Promise<WSEvents<Socket>> {
  const isAllowed = createOriginCheck(origins)
  const policy = checkRotationPolicy(rotation)
  const follower = sessions.follow(memoryBus())

  return async (c) => {
    if (!comesFromAllowedPage(isAllowed, c.req)) {
      throw new HTTPException(403, { message: 'The origin of this page is not allowed' })
    }
    const handshake = await sessionOfHandshake(sessions, c.req)
    if (required && handshake.id === null) {
      if (!handshake.isLate) throw new HTTPException(401, { message: 'There is no session' })
      // To a script in a browser, 401 is an error like any other: only the code says to come again.
      return { onOpen: (_, ws) => closeRotated(ws), onMessage: (_, ws) => closeRotated(ws) }
    }
    const bound = new BoundSocket(sessions, follower, handshake, policy)
    const events = await createEvents(c, bound)
    return listen(bound, events, closeOnEnd)
  }
}

/** The events of the runtime, with those of the session among them. */
function listen<Data extends object, Flash extends object, Socket>(
  bound: BoundSocket<Data, Flash>,
  { onSessionChange, onSessionEnd, ...events }: SessionSocketEvents<Socket>,
  closeOnEnd: boolean
): WSEvents<Socket> {
  /** At the first event that brings the socket: workerd has none for its opening. */
  const follow = (ws: WSContext<Socket>): void =>
    bound.follow({
      onChange: () => onSessionChange?.(ws),
      onRotate: () => closeRotated(ws),
      onEnd: (reason) => {
        onSessionEnd?.(reason, ws)
        if (closeOnEnd) closeEnded(ws, reason)
      },
    })
  return {
    onOpen: (event, ws) => {
      follow(ws)
      events.onOpen?.(event, ws)
    },
    onMessage: (event, ws) => {
      follow(ws)
      events.onMessage?.(event, ws)
    },
    onClose: (event, ws) => {
      bound.stop()
      events.onClose?.(event, ws)
    },
    onError: (event, ws) => {
      bound.stop()
      events.onError?.(event, ws)
    },
  }
}
