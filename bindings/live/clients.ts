/**
 * Clients: browsers that keep an id of their own beside the session, and which session each has.
 *
 * @module
 */
import type { TokenRing } from '../codec/engine.ts'
import { defaultEngine } from '../codec/select.ts'
import { SessionMissingError } from '../errors.ts'
import { randomString, sessionKeyOf } from '../id.ts'
import { checkSecrets, deriveKeys } from '../keyring.ts'
import { MadeFromSecrets } from '../secrets.ts'
import { createSessionCookies, type SessionCookie } from '../session-cookie.ts'
import type { Session } from '../session.ts'
import type { ReadOptions, Sessions } from '../sessions.ts'
import { memoryBus } from './bus.ts'
import type { KeyedNews, SessionFollower } from './contract.ts'
import { Emitter } from './emitter.ts'
import { Pointers } from './pointers.ts'

/** The options of clients. */
export interface ClientsOptions {
  /**
   * The name of the client's cookie. Its attributes are those of the session's.
   *
   * @default the name of the session's cookie, and `.cid`
   */
  readonly clientKey?: string
  /**
   * Seconds that the browser keeps the client's cookie.
   *
   * @default 31536000, a year
   */
  readonly clientMaxAge?: number
  /**
   * Whether each response sends the client's cookie again, so that its time begins anew.
   *
   * @default true
   */
  readonly clientAlwaysRoll?: boolean
  /**
   * Whether records that have ended are removed by a timer, as `sessions.startSweeping()` does.
   *
   * @default false
   */
  readonly autoCleanup?: boolean
  /**
   * Seconds between two such removals, from 60 to 86400.
   *
   * @default a quarter of lifetime
   */
  readonly autoCleanupInterval?: number
}

/** What is told of clients and their sessions. */
export type ClientEvents = {
  /**
   * A client's session was written, or became its session. `isNew`: the session was created just now;
   * `isInit`: this process had not known that the client has it.
   */
  sessionSet: {
    readonly clientId: string
    readonly sessionId: string
    readonly isNew: boolean
    readonly isInit: boolean
  }
  /** A client's session ended, or is another one now. */
  sessionDestroy: { readonly clientId: string; readonly sessionId: string }
  /** So many records that had ended were removed. */
  cleanup: number
}

/** A client id: 24 characters of base64url. */
const CLIENT_ID = /^[A-Za-z0-9_-]{24}$/

interface Pair {
  readonly clientId: string
  readonly sessionId: string
}

/** Pairs that one process remembers; of those before, the storage knows. */
const MAX_PAIRS = 100_000
/** Sessions that were created and that no client has come for yet. */
const MAX_CREATED = 10_000
const YEAR = 31_536_000

function keepTo(
  limit: number,
  kept: { size: number; keys(): Iterator<string>; delete(key: string): unknown }
): void {
  if (kept.size > limit) kept.delete(kept.keys().next().value as string)
}

/** The clients of some sessions. Made by `bridge`. */
export class SessionClients<Data extends object, Flash extends object> {
  protected readonly sessions: Sessions<Data, Flash>
  protected readonly follower: SessionFollower
  readonly #emitter: Emitter<ClientEvents>
  readonly #pointers: Pointers
  readonly #secure: SessionCookie
  readonly #plain: SessionCookie
  readonly #rings: MadeFromSecrets<readonly [secure: TokenRing, plain: TokenRing]>
  readonly #alwaysRoll: boolean
  readonly #byClient = new Map<string, Pair>()
  readonly #byKey = new Map<string, Pair>()
  readonly #created = new Set<string>()
  /** Notes of this process, which come back to it as they are. */
  readonly #own = new WeakSet<object>()
  readonly #offs: (() => void)[]

  constructor(sessions: Sessions<Data, Flash>, options: ClientsOptions = {}) {
    const {
      clientKey = `${sessions.cookieName}.cid`,
      clientMaxAge = YEAR,
      clientAlwaysRoll = true,
      autoCleanup = false,
      autoCleanupInterval,
    } = options
    this.sessions = sessions
    // Without a bus this process is all there is.
    this.follower = sessions.follow(memoryBus())
    const { sessions: followed } = this.follower
    const { events, cookie, secrets } = followed
    const cookies = createSessionCookies(
      { ...cookie, name: clientKey, maxAge: clientMaxAge },
      clientMaxAge
    )
    const ringOf = (name: string, list: readonly string[]): TokenRing =>
      defaultEngine.createRing(name, deriveKeys(defaultEngine, checkSecrets(list), 'client', name))
    this.#secure = cookies.secure
    this.#plain = cookies.plain ?? cookies.secure
    this.#rings = new MadeFromSecrets(secrets, (list) => [
      ringOf(this.#secure.name, list),
      ringOf(this.#plain.name, list),
    ])
    this.#alwaysRoll = clientAlwaysRoll
    this.#pointers = new Pointers(followed)
    this.#emitter = new Emitter((error) => events.emit('error', () => ({ error })))
    this.#offs = [
      events.on('create', ({ key }) => {
        this.#created.add(key)
        keepTo(MAX_CREATED, this.#created)
      }),
      events.on('cleanup', ({ count }) => this.#emitter.emit('cleanup', count)),
      this.follower.listen((news) => this.#hear(news)),
    ]
    if (autoCleanup) this.startAutoCleanup(autoCleanupInterval)
  }

  /** Listens to an event; the function that comes back ends that. */
  on<Name extends keyof ClientEvents>(
    name: Name,
    listener: (event: ClientEvents[Name]) => void
  ): () => void {
    return this.#emitter.on(name, listener)
  }

  /** Listens to the next event of a name. */
  once<Name extends keyof ClientEvents>(
    name: Name,
    listener: (event: ClientEvents[Name]) => void
  ): () => void {
    return this.#emitter.once(name, listener)
  }

  /** Listens no more. */
  off<Name extends keyof ClientEvents>(
    name: Name,
    listener: (event: ClientEvents[Name]) => void
  ): void {
    this.#emitter.off(name, listener)
  }

  /** The session that a client has, or `undefined`. */
  async getSessionId(clientId: string): Promise<string | undefined> {
    const id =
      this.#byClient.get(clientId)?.sessionId ?? (await this.#pointers.read(`c/${clientId}`))
    // As it is now: what is remembered may be an older id of the session.
    return id === null ? undefined : (await this.follower.sessions.look(id))?.id
  }

  /** The client that has a session, or `undefined`. */
  async getClientId(sessionId: string): Promise<string | undefined> {
    const key = this.follower.sessions.keyOf(sessionId)
    const known = this.#byKey.get(key)?.clientId
    if (known !== undefined) return known
    if ((await this.follower.sessions.look(sessionId)) === null) return undefined
    return (await this.#pointers.read(`s/${sessionKeyOf(sessionId)}`)) ?? undefined
  }

  /** The data of a session, or `undefined` if there is none. */
  async getById(sessionId: string): Promise<Partial<Data> | undefined> {
    const session = await this.sessions.get(sessionId)
    return session?.all()
  }

  /** The data of a client's session, or `undefined` if it has none. */
  async getByClientId(clientId: string): Promise<Partial<Data> | undefined> {
    const id = await this.getSessionId(clientId)
    return id === undefined ? undefined : this.getById(id)
  }

  /**
   * Replaces the data of a session, which must be there.
   *
   * @param maxAge Seconds that the session may last from now, within its `lifetime`, until it is written
   * again.
   * @throws SessionMissingError if there is none.
   * @throws RangeError if `maxAge` is no positive number.
   */
  async setById(sessionId: string, data: Partial<Data>, maxAge?: number): Promise<boolean> {
    if (maxAge !== undefined && !(maxAge > 0)) {
      throw new RangeError(`maxAge must be a number of seconds, not ${maxAge}`)
    }
    const values = new Map<string, unknown>(Object.entries(data))
    const replace = (session: Session<Data, Flash>): void => {
      for (const key of Object.keys(session.all())) {
        if (!values.has(key)) session.unset(key as never)
      }
      for (const [key, value] of values) session.set(key as never, value as never)
    }
    if (!(await this.sessions.update(sessionId, replace, { lock: true }))) {
      throw new SessionMissingError()
    }
    if (maxAge !== undefined) await this.#endBy(sessionId, Date.now() + maxAge * 1000)
    return true
  }

  /**
   * Replaces the data of a client's session, which must be there.
   *
   * @throws SessionMissingError if there is none.
   * @throws RangeError if `maxAge` is no positive number.
   */
  async setByClientId(clientId: string, data: Partial<Data>, maxAge?: number): Promise<boolean> {
    const id = await this.getSessionId(clientId)
    if (id === undefined) throw new SessionMissingError()
    return this.setById(id, data, maxAge)
  }

  /** Ends a session; `false` if there is none. */
  async destroyById(sessionId: string): Promise<boolean> {
    return this.sessions.destroy(sessionId)
  }

  /** Ends a client's session; `false` if it has none. */
  async destroyByClientId(clientId: string): Promise<boolean> {
    const id = await this.getSessionId(clientId)
    return id !== undefined && this.destroyById(id)
  }

  /** Removes records that have ended, and says how many: `sessions.sweep()`. */
  async cleanup(): Promise<number> {
    return this.sessions.sweep()
  }

  /** Does so again and again, every so many seconds; `false` if it does already. */
  startAutoCleanup(interval?: number): boolean {
    return this.sessions.startSweeping(interval === undefined ? {} : { interval })
  }

  /** Stops that; `false` if it was not going on. */
  stopAutoCleanup(): boolean {
    return this.sessions.stopSweeping()
  }

  /** Tells that the record of a session was written in the storage by other means. */
  notifyStoreSet(sessionId: string, isNew = false): void {
    const key = this.follower.sessions.keyOf(sessionId)
    if (!isNew) {
      this.follower.tell({ type: 'change', key })
      return
    }
    this.#created.add(key)
    const pair = this.#byKey.get(key)
    if (pair) this.#emitter.emit('sessionSet', { ...pair, isNew, isInit: false })
  }

  /** Tells that the record of a session was removed from the storage by other means. */
  notifyStoreDestroy(sessionId: string): void {
    const key = this.follower.sessions.keyOf(sessionId)
    this.follower.tell({ type: 'end', key, reason: 'destroyed' })
  }

  /** Tells that so many records were removed from the storage by other means. */
  notifyStoreCleanup(count: number): void {
    this.#emitter.emit('cleanup', count)
  }

  /**
   * The client of a Cookie header, verified, or a new one; and the `Set-Cookie` line to send, if any.
   */
  identify(
    cookieHeader: string | null | undefined,
    { plain = false }: ReadOptions = {}
  ): { readonly clientId: string; readonly isNew: boolean; readonly setCookie: string | null } {
    const ring = this.#rings.current[plain ? 1 : 0]
    const opened = cookieHeader ? ring.open(cookieHeader) : 'none'
    const known = typeof opened === 'object' && CLIENT_ID.test(opened.text) ? opened : null
    const clientId = known?.text ?? randomString(defaultEngine)
    const sends = known === null || known.keyIndex > 0 || this.#alwaysRoll
    const cookie = plain ? this.#plain : this.#secure
    const setCookie = sends ? cookie.set(ring.signText(clientId, 'T'), YEAR) : null
    return { clientId, isNew: known === null, setCookie }
  }

  /** Says which session a client has. A failure of the storage is an event: the others learn it later. */
  async attach(clientId: string, sessionId: string): Promise<void> {
    const key = this.follower.sessions.keyOf(sessionId)
    const isNew = this.#created.delete(key)
    const known = this.#byKey.get(key)
    if (known?.clientId === clientId && known.sessionId === sessionId) return
    if (known?.clientId !== clientId) await this.#point(clientId, sessionId)
    const note = { clientId, sessionId, isNew }
    this.#own.add(note)
    this.follower.tell({ type: 'note', key, note })
  }

  /** Writes the pointers between a client and its session, unless they are there. */
  async #point(clientId: string, sessionId: string): Promise<void> {
    const sessionKey = sessionKeyOf(sessionId)
    try {
      const pointed = await this.#pointers.read(`c/${clientId}`)
      if (pointed !== null && sessionKeyOf(pointed) === sessionKey) return
      await this.#pointers.write(`c/${clientId}`, sessionId)
      await this.#pointers.write(`s/${sessionKey}`, clientId)
    } catch {
      // Already emitted as an `error` event.
    }
  }

  /** Called when a client gets a session, here or in another process. */
  protected onAttach(_clientId: string, _sessionId: string): void {}

  /** Listens to nothing any more. */
  close(): void {
    for (const off of this.#offs) off()
  }

  /** Moves the end of a session. Written meanwhile, it has the end of that. */
  async #endBy(id: string, expiresAt: number): Promise<void> {
    const { storage, keyOf } = this.follower.sessions
    const key = keyOf(id)
    if (storage.touch) {
      await storage.touch(key, expiresAt)
      return
    }
    const stored = await storage.read(key)
    if (stored) await storage.write(key, stored.value, { expiresAt, ifVersion: stored.version })
  }

  #hear(news: KeyedNews): void {
    if (news.type === 'note') {
      void this.#hearNote(news.key, news.note as Pair & { readonly isNew: boolean })
      return
    }
    const pair = this.#byKey.get(news.key)
    if (pair === undefined) return
    if (news.type === 'end') {
      this.#unpair(news.key, pair)
      this.#emitter.emit('sessionDestroy', pair)
    } else if (news.type === 'rotate') void this.#renew(news.key, pair)
    else this.#emitter.emit('sessionSet', { ...pair, isNew: false, isInit: false })
  }

  async #hearNote(key: string, note: Pair & { readonly isNew: boolean }): Promise<void> {
    const { clientId, sessionId, isNew } = note
    const before = this.#byClient.get(clientId)
    const isOther = before && this.follower.sessions.keyOf(before.sessionId) !== key
    // A message that is late, or is sent once more, takes no session away: the storage knows better.
    const isTrusted = !isOther || this.#own.has(note)
    if (!isTrusted && !(await this.#isPointedTo(clientId, sessionId))) return
    const isInit = this.#byKey.get(key)?.clientId !== clientId
    this.#pair(key, { clientId, sessionId })
    this.#emitter.emit('sessionSet', { clientId, sessionId, isNew, isInit })
    if (isInit) this.onAttach(clientId, sessionId)
  }

  async #isPointedTo(clientId: string, sessionId: string): Promise<boolean> {
    try {
      const pointed = await this.#pointers.read(`c/${clientId}`)
      return pointed === null || sessionKeyOf(pointed) === sessionKeyOf(sessionId)
    } catch {
      return true // Already emitted as an `error` event.
    }
  }

  /** Learns the new id of a session. */
  async #renew(key: string, { clientId, sessionId }: Pair): Promise<void> {
    try {
      const found = await this.follower.sessions.look(sessionId)
      if (found === null || this.#byKey.get(key)?.sessionId !== sessionId) return
      if (found.id === sessionId) return
      this.#pair(key, { clientId, sessionId: found.id })
      const event = { clientId, sessionId: found.id, isNew: false, isInit: false }
      this.#emitter.emit('sessionSet', event)
    } catch {
      // Already emitted as an `error` event; the next request of the client brings the new id.
    }
  }

  #pair(key: string, pair: Pair): void {
    const previous = this.#byClient.get(pair.clientId)
    const previousKey = previous && this.follower.sessions.keyOf(previous.sessionId)
    if (previous !== undefined && previousKey !== undefined && previousKey !== key) {
      this.#unpair(previousKey, previous)
      this.#emitter.emit('sessionDestroy', previous)
    }
    this.#byClient.set(pair.clientId, pair)
    this.#byKey.set(key, pair)
    keepTo(MAX_PAIRS, this.#byClient)
    keepTo(MAX_PAIRS, this.#byKey)
  }

  #unpair(key: string, { clientId, sessionId }: Pair): void {
    this.#byKey.delete(key)
    if (this.#byClient.get(clientId)?.sessionId === sessionId) this.#byClient.delete(clientId)
  }
}
