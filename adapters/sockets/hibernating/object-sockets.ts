/**
 * What an object does with its sockets.
 *
 * What it has in memory is lost whenever it sleeps, and a timer would keep it awake. So all that is known
 * of a socket goes with it, in its tag and its attachment, and the object's alarm takes the place of
 * timers.
 *
 * @module
 */
import type { Awaitable } from '../../../bindings/awaitable.ts'
import { atATime } from '../../../bindings/at-a-time.ts'
import { memoryBus } from '../../../bindings/live/bus.ts'
import type { EndReason, KeyedNews, SessionFollower } from '../../../bindings/live/contract.ts'
import { LOOKS_AT_A_TIME, NEWS_DELAY, RETRY } from '../../../bindings/live/follower.ts'
import { bringsNews } from '../../../bindings/live/object-bus.ts'
import { type SessionContext, withSession } from '../../../bindings/live/with-session.ts'
import type { LockWaitOptions } from '../../../bindings/session.ts'
import type { Sessions } from '../../../bindings/sessions.ts'
import { wakeBy } from '../../../bindings/storage/durable-object/alarm.ts'
import { checkRotationPolicy, type RotationPolicy } from '../bound-socket.ts'
import { closeEnded, closeRotated } from '../ending.ts'
import { comesFromAllowedPage, type HandshakeRequest, sessionOfHandshake } from '../handshake.ts'
import { boundOf, rebind } from './bound.ts'
import type {
  HibernatingSocket,
  HibernatingSockets,
  HibernatingSocketsOptions,
  HibernatingState,
} from './contract.ts'
import { createOriginCheck, type OriginCheck } from '../origin.ts'

/** What Workers have besides the standard. */
declare const WebSocketPair: new () => { readonly 0: unknown; readonly 1: unknown }

/** The sockets of an object: see `hibernatingSockets`. */
export class ObjectSockets<
  Data extends object,
  Flash extends object,
  Socket extends HibernatingSocket,
> implements HibernatingSockets<Data, Flash, Socket>
{
  readonly #state: HibernatingState<Socket>
  readonly #sessions: Sessions<Data, Flash>
  readonly #follower: SessionFollower
  readonly #isAllowed: OriginCheck
  readonly #options: HibernatingSocketsOptions<Socket> & { readonly recheckEvery: number }
  readonly #policy: RotationPolicy

  constructor(
    state: HibernatingState<Socket>,
    sessions: Sessions<Data, Flash>,
    options: HibernatingSocketsOptions<Socket> & { readonly recheckEvery: number }
  ) {
    this.#state = state
    this.#sessions = sessions
    this.#options = options
    this.#policy = checkRotationPolicy(options)
    this.#isAllowed = createOriginCheck(options.origins)
    this.#follower = sessions.follow(memoryBus())
    this.#follower.listen((news) => this.#hear(news))
  }

  answer(request: Request): Promise<Response> | null {
    if (bringsNews(request)) return this.#receive(request)
    const isHandshake = request.headers.get('Upgrade')?.toLowerCase() === 'websocket'
    return isHandshake ? this.#accept(request) : null
  }

  idOf(ws: Socket): string | null {
    return boundOf(ws)?.id ?? null
  }

  async with<Result, Missing = never>(
    ws: Socket,
    handler: (context: SessionContext<Data, Flash>) => Awaitable<Result>,
    onMissing?: Missing | (() => Awaitable<Missing>) | Error,
    options?: LockWaitOptions
  ): Promise<Result | Missing> {
    const idOf = (): string | null => this.idOf(ws)
    const source = {
      get id() {
        return idOf()
      },
      check: async (): Promise<void> => {
        const id = idOf()
        if (id !== null) await this.#look(id)
      },
    }
    return withSession(this.#sessions, source, handler, onMissing, options)
  }

  async alarm(): Promise<void> {
    const ids = new Set(this.#state.getWebSockets().flatMap((ws) => this.idOf(ws) ?? []))
    await atATime(LOOKS_AT_A_TIME, ids, (id) => this.#look(id))
    const ends = this.#state.getWebSockets().flatMap((ws) => boundOf(ws)?.end ?? [])
    if (ends.length > 0) await this.#wakeBy(Math.min(...ends))
  }

  async #receive(request: Request): Promise<Response> {
    this.#follower.receive(await request.text())
    return new Response(null, { status: 204 })
  }

  async #accept({ url, headers }: Request): Promise<Response> {
    const request: HandshakeRequest = { url, header: (name) => headers.get(name) ?? undefined }
    if (!comesFromAllowedPage(this.#isAllowed, request)) return refusal(403)
    try {
      const { id, isLate } = await sessionOfHandshake(this.#sessions, request)
      if (id === null && this.#options.required && !isLate) return refusal(401)
      const pair = new WebSocketPair()
      const ws = pair[1] as Socket
      if (id !== null) await this.#bind(ws, id)
      else this.#state.acceptWebSocket(ws)
      // The client was faster than its new cookie, and is to come again with that.
      if (isLate) closeRotated(ws)
      const init = { status: 101, webSocket: pair[0] } as ResponseInit
      return new Response(null, init)
    } catch (error) {
      const { getResponse } = error as { getResponse?: () => Response }
      if (getResponse) return getResponse.call(error)
      throw error
    }
  }

  async #bind(ws: Socket, id: string): Promise<void> {
    const end = Date.now() + this.#options.recheckEvery * 1000 // until the look says when
    this.#state.acceptWebSocket(ws, [this.#follower.sessions.keyOf(id)])
    rebind(ws, { id, end })
    // No message says what happened between the handshake and now.
    await this.#look(id)
    await this.#wakeBy(boundOf(ws)?.end ?? end)
  }

  /** Wakes when a session ends, or it is time to look at all of them. */
  async #wakeBy(end: number): Promise<void> {
    const now = Date.now()
    const recheck = now + this.#options.recheckEvery * 1000
    // An end that is past is one of which the storage could not be asked.
    await wakeBy(this.#state.storage, Math.min(Math.max(end, now + RETRY), recheck))
  }

  /** Looks a session up, and tells what has become of it that nobody has told us. */
  async #look(id: string): Promise<void> {
    const { look, keyOf } = this.#follower.sessions
    try {
      let found = await look(id)
      if (found === null) {
        await new Promise((resolve) => setTimeout(resolve, NEWS_DELAY))
        found = await look(id)
      }
      for (const ws of this.#socketsOf(keyOf(id))) {
        const bound = boundOf(ws)!
        if (found === null) this.#end(ws, bound.end <= Date.now() ? 'expired' : 'gone')
        else if (bound.id !== found.id) this.#rotate(ws, found.id, found.expiresAt)
        else if (bound.end !== found.expiresAt) rebind(ws, { ...bound, end: found.expiresAt })
      }
    } catch {
      // The storage has told its failure as an event. Nobody is signed out because it is down.
    }
  }

  #hear(news: KeyedNews): void {
    if (news.type === 'note') return
    const sockets = this.#socketsOf(news.key)
    if (news.type === 'rotate') {
      const id = sockets.map((ws) => this.idOf(ws)).find((id) => id !== null)
      // The storage has the last word: a message that is sent once more must not do anything.
      if (id) void this.#look(id)
      return
    }
    for (const ws of sockets) {
      if (news.type === 'end') this.#end(ws, news.reason)
      else this.#call(() => this.#options.onSessionChange?.(ws))
    }
  }

  #rotate(ws: Socket, id: string, end: number): void {
    const follows = this.#policy === 'follow'
    rebind(ws, follows ? { id, end } : null)
    if (follows) this.#call(() => this.#options.onSessionChange?.(ws))
    else this.#call(() => closeRotated(ws))
  }

  #end(ws: Socket, reason: EndReason): void {
    rebind(ws, null)
    this.#call(() => this.#options.onSessionEnd?.(reason, ws))
    if (this.#options.closeOnEnd ?? true) this.#call(() => closeEnded(ws, reason))
  }

  /** The sockets that have the session of a key. */
  #socketsOf(key: string): Socket[] {
    return this.#state.getWebSockets(key).filter((ws) => boundOf(ws) !== null)
  }

  #call(listener: () => void): void {
    try {
      listener()
    } catch (error) {
      this.#follower.sessions.events.emit('error', () => ({ error }))
    }
  }
}

function refusal(status: 401 | 403): Response {
  const why = status === 401 ? 'There is no session' : 'The origin of this page is not allowed'
  return new Response(why, { status })
}
