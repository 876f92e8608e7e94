/**
 * Sockets of a Durable Object that sleeps while they are silent, each with the session of its handshake.
 *
 * @module
 */
import { ConfigurationError } from '../../bindings/errors.ts'
import { checkRecheckEvery } from '../../bindings/live/bus.ts'
import type { DefaultFlash, UntypedData } from '../../bindings/session.ts'
import type { Sessions } from '../../bindings/sessions.ts'
import type {
  HibernatingSocket,
  HibernatingSockets,
  HibernatingSocketsOptions,
  HibernatingState,
} from './hibernating/contract.ts'
import { ObjectSockets } from './hibernating/object-sockets.ts'

export type { HibernatingSocket, HibernatingSockets, HibernatingSocketsOptions, HibernatingState }

/**
 * The sockets of a Durable Object, each with the session of its handshake, for objects that hibernate:
 * between two messages the object leaves memory, and the sockets stay open. Make it in the constructor
 * of the object, which runs whenever that wakes.
 *
 * A socket hears of changes of its session from requests that the object itself serves, and from Workers
 * that have a `durableObjectBus`. It is closed with code 4401 when the session ends, and with 4409 when
 * the session gets a new id, so that the client connects again with the new cookie. The alarm of the object
 * finds what ends by its time.
 *
 * A socket's attachment has a property `tuile`, which must be kept:
 * `ws.serializeAttachment({ ...ws.deserializeAttachment(), nick })`. Without it the socket has no session.
 *
 * @param state The first argument of the object's constructor.
 * @param sessions Made by `createSessions`, with a storage on the server.
 * @throws ConfigurationError with the cookie storage, if the object cannot have such sockets, if an
 * origin is none, or if `recheckEvery` is out of its range.
 *
 * @example
 * ```ts
 * import {
 *   createSessions,
 *   durableObjectStorage,
 *   hibernatingSockets,
 *   type DurableObjectNamespace,
 *   type HibernatingSocket,
 *   type HibernatingSockets,
 *   type HibernatingState,
 * } from 'tuile/workers'
 *
 * type Bindings = { SESSIONS: DurableObjectNamespace; SESSION_SECRET: string }
 * type User = { name: string }
 *
 * export class Room {
 *   readonly #sockets: HibernatingSockets<User>
 *
 *   constructor(state: HibernatingState, env: Bindings) {
 *     const storage = durableObjectStorage(env.SESSIONS)
 *     const sessions = createSessions<User>({ storage, secrets: env.SESSION_SECRET })
 *     this.#sockets = hibernatingSockets(state, sessions, {
 *       required: true,
 *       onSessionChange: (ws) => ws.send('changed'),
 *     })
 *   }
 *   fetch(request: Request) {
 *     return this.#sockets.answer(request) ?? new Response('Not Found', { status: 404 })
 *   }
 *   async webSocketMessage(ws: HibernatingSocket, message: string) {
 *     const name = await this.#sockets.with(ws, ({ session }) => session.get('name'), null)
 *     ws.send(`${name}: ${message}`)
 *   }
 *   alarm() {
 *     return this.#sockets.alarm()
 *   }
 * }
 * ```
 */
export function hibernatingSockets<
  Data extends object = UntypedData,
  Flash extends object = DefaultFlash<Data>,
  Socket extends HibernatingSocket = HibernatingSocket,
>(
  state: HibernatingState<Socket>,
  sessions: Sessions<Data, Flash>,
  options: HibernatingSocketsOptions<Socket> = {}
): HibernatingSockets<Data, Flash, Socket> {
  if (typeof state?.acceptWebSocket !== 'function') {
    throw new ConfigurationError('hibernatingSockets needs the state of a Durable Object')
  }
  const { recheckEvery = 600 } = options
  checkRecheckEvery(recheckEvery)
  return new ObjectSockets(state, sessions, { ...options, recheckEvery })
}
