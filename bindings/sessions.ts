/**
 * The manager: from a Cookie header to a session, and from a session to `Set-Cookie` lines.
 *
 * @module
 */
import { chain, type Awaitable } from './awaitable.ts'
import { Channel } from './channel.ts'
import type { OpenedToken } from './codec/engine.ts'
import { defaultEngine } from './codec/select.ts'
import { Committer, type CommitOptions } from './committer.ts'
import { ConfigurationError } from './errors.ts'
import { SessionEmitter, type SessionEventName, type SessionListener } from './events.ts'
import { createId, storageKey } from './id.ts'
import type { Keeper } from './keeper/contract.ts'
import { createCookieKeeper } from './keeper/cookie.ts'
import { createServerKeeper } from './keeper/server.ts'
import {
  checkDeadlines,
  checkRandom,
  checkStorage,
  isDevelopment,
  isProduction,
  type SessionsOptions,
} from './options.ts'
import { createSessionCookies } from './session-cookie.ts'
import { SessionState, type Origin, type Source } from './session-state.ts'
import { Session, stateOf, type DefaultFlash, type UntypedData } from './session.ts'
import { guardStorage } from './storage-guard.ts'
import type { CookieStorage, SessionStorage } from './storage/contract.ts'
import { cookieStorage } from './storage/cookie.ts'

export type { CommitOptions }

/** How a request came in, as far as its cookie is concerned. */
export interface ReadOptions {
  /**
   * Whether the request came over plain HTTP on localhost. It matters with `cookie.secure: 'auto'`.
   *
   * @default false
   */
  readonly plain?: boolean
}

/** How much to sweep. */
export interface SweepOptions {
  /**
   * How many records to remove at most.
   *
   * @default 1000
   */
  readonly limit?: number
}

/**
 * Reads sessions from Cookie headers and commits them. It knows nothing of any framework; `tuile/hono`
 * is its middleware. With a synchronous storage (cookie, memory) nothing it returns is a promise.
 *
 * Made by `createSessions`.
 */
export class Sessions<
  Data extends object = UntypedData,
  Flash extends object = DefaultFlash<Data>,
> {
  /** Where the sessions are kept. */
  readonly storage: SessionStorage | CookieStorage
  /** The name of the cookie. With `cookie.secure: 'auto'`, the one for HTTPS. */
  readonly cookieName: string

  readonly #events: SessionEmitter
  readonly #keeper: Keeper
  readonly #committer: Committer
  readonly #secure: Channel
  readonly #plain: Channel
  readonly #development: boolean = isDevelopment()
  readonly #sweep: ((limit: number) => Awaitable<number>) | undefined

  /** See `createSessions`. */
  constructor(options: SessionsOptions<Data>) {
    const { storage = cookieStorage(), cookie } = options
    checkRandom()
    checkStorage(storage)
    if (!('stateless' in storage) && storage.volatile && isProduction()) warnOfVolatileStorage()
    this.storage = storage
    const deadlines = checkDeadlines(options)
    const cookies = createSessionCookies(cookie, deadlines.lifetime / 1000)
    this.#secure = new Channel(cookies.secure, options.secrets)
    this.#plain =
      cookies.plain === null ? this.#secure : new Channel(cookies.plain, options.secrets)
    this.cookieName = cookies.secure.name

    this.#events = new SessionEmitter(options.onEvent)
    const settings = {
      deadlines,
      schema: options.schema,
      events: this.#events,
      keyOf: (id: string) => storageKey(defaultEngine, id),
    }
    if ('stateless' in storage) {
      this.#keeper = createCookieKeeper(settings)
    } else {
      const guarded = guardStorage(storage, this.#events)
      this.#keeper = createServerKeeper(guarded, settings)
      this.#sweep = guarded.sweep
    }
    this.#committer = new Committer(this.#keeper, deadlines, (state) => this.#channel(state.plain))
  }

  /** Whether the storage answers with promises, so that a session must be waited for. */
  get async(): boolean {
    return this.#keeper.async
  }

  /** Whether there is one cookie only: `cookie.secure` is not `'auto'`. */
  get secureOnly(): boolean {
    return this.#plain === this.#secure
  }

  /**
   * The session of a Cookie header. Whatever the header is, there is a session: without a cookie that
   * verifies and whose session still lives, it is a new, empty one, and nothing is asked of the
   * storage. Why a cookie was refused is told as a `reject` or `expire` event.
   *
   * @throws SessionStorageError if the storage fails.
   */
  read(
    cookieHeader: string | null | undefined,
    { plain = false }: ReadOptions = {}
  ): Awaitable<Session<Data, Flash>> {
    const token = cookieHeader ? this.#openToken(cookieHeader, plain) : null
    const source = token && this.#sourceOf(() => this.#keeper.open(token))
    const session = this.#session(source, plain)
    const state = stateOf(session)
    state.accessed = true
    // A synchronous server storage is asked at the first access.
    const eager = this.#keeper.async || 'stateless' in this.storage
    return eager ? chain(state.load(), () => session) : session
  }

  /**
   * The same, but nothing at all is done before the session is used: for middleware. On an
   * asynchronous storage, `await session.load()` first.
   */
  defer(
    cookieHeader: string | null | undefined,
    { plain = false }: ReadOptions = {}
  ): Session<Data, Flash> {
    if (!cookieHeader) return this.#session(null, plain)
    const open = (): Awaitable<Origin | null> => {
      const token = this.#openToken(cookieHeader, plain)
      return token && this.#keeper.open(token)
    }
    const flashWaits = (): boolean => this.#channel(plain).flashWaits(cookieHeader)
    return this.#session(this.#sourceOf(open, flashWaits), plain)
  }

  /**
   * Writes what was done to a session, if anything was, and gives the `Set-Cookie` lines to send:
   * one or none. May be called again; it then writes what was done since.
   *
   * @throws SessionGoneError if the session was destroyed, has expired or got another id meanwhile.
   * Nothing was written, and no cookie must be set.
   * @throws SessionStorageError if the storage fails.
   * @throws SessionSerializationError if a value is no JSON.
   * @throws CookieOverflowError if the session does not fit its cookie.
   */
  commit(session: Session<Data, Flash>, options: CommitOptions = {}): Awaitable<string[]> {
    const state = stateOf(session)
    if (options.final) state.closed = true
    if (state.untouched) return []
    const commit = () => this.#committer.commit(state, options)
    // So that what fails at once rejects, as what fails later does.
    return this.#keeper.async
      ? Promise.resolve(state.load()).then(commit)
      : chain(state.load(), commit)
  }

  /** Whether a session was used, so that the response depends on the cookie: `Vary: Cookie`. */
  used(session: Session<Data, Flash>): boolean {
    return stateOf(session).accessed
  }

  /**
   * The session of an id, or `null` if there is none: for tools and sockets.
   *
   * @throws ConfigurationError with the cookie storage, which keeps no sessions.
   */
  get(id: string): Awaitable<Session<Data, Flash> | null> {
    this.#needServer()
    return chain(this.#keeper.open({ format: 'T', text: id, keyIndex: 0 }), (origin) => {
      if (origin === null) return null
      return this.#session({ async: false, flashWaits: () => true, load: () => origin }, false)
    })
  }

  /**
   * Destroys the session of an id; `false` if there is none.
   *
   * @throws ConfigurationError with the cookie storage, which keeps no sessions.
   */
  destroy(id: string): Awaitable<boolean> {
    return chain(this.get(id), (session) => {
      if (session === null) return false
      session.destroy()
      return chain(this.commit(session), () => true)
    })
  }

  /**
   * Changes the session of an id by a function, and writes it; `false` if there is none.
   *
   * @throws ConfigurationError with the cookie storage, which keeps no sessions.
   */
  update(
    id: string,
    change: (session: Session<Data, Flash>) => Awaitable<unknown>
  ): Awaitable<boolean> {
    return chain(this.get(id), (session) => {
      if (session === null) return false
      return chain(change(session), () => chain(this.commit(session), () => true))
    })
  }

  /**
   * Removes records that have ended, and says how many. They are never served either way. With a
   * storage that does so by itself, or keeps nothing, there is nothing to do: 0.
   */
  sweep({ limit = 1000 }: SweepOptions = {}): Awaitable<number> {
    if (this.#sweep === undefined) return 0
    return chain(this.#sweep(limit), (count) => {
      if (count > 0) this.#events.emit('cleanup', () => ({ count }))
      return count
    })
  }

  /** Listens to an event; the function that comes back ends that. */
  on<Name extends SessionEventName>(name: Name, listener: SessionListener<Name>): () => void {
    return this.#events.on(name, listener)
  }

  #sourceOf(open: () => Awaitable<Origin | null>, flashWaits: () => boolean = () => true): Source {
    const { async } = this.#keeper
    return { async, flashWaits, load: async ? () => Promise.resolve(open()) : open }
  }

  #session(source: Source | null, plain: boolean): Session<Data, Flash> {
    return new Session(new SessionState(source, newId, plain, this.#development))
  }

  #openToken(cookieHeader: string, plain: boolean): OpenedToken | null {
    const opened = this.#channel(plain).open(cookieHeader)
    if (typeof opened === 'object') return opened
    if (opened !== 'none') this.#events.emit('reject', () => ({ reason: opened }))
    return null
  }

  #channel(plain: boolean): Channel {
    return plain ? this.#plain : this.#secure
  }

  #needServer(): void {
    if ('stateless' in this.storage) {
      throw new ConfigurationError('The cookie storage keeps no sessions to be found by id')
    }
  }
}

let warnedOfVolatileStorage = false

function warnOfVolatileStorage(): void {
  if (warnedOfVolatileStorage) return
  warnedOfVolatileStorage = true
  console.warn(
    'tuile: sessions are kept in the memory of this process. They end with it, and no other process ' +
      'sees them; in production, use a storage that lasts'
  )
}

function newId(): string {
  return createId(defaultEngine)
}

/**
 * Makes the manager of sessions.
 *
 * @throws ConfigurationError if a secret is missing, short or well known, if the cookie's options
 * contradict each other, if a time is not a positive number, or if the storage lacks a method.
 *
 * @example
 * ```ts
 * import { createSessions } from 'tuile'
 *
 * const sessions = createSessions<{ userId: number }>({ secrets })
 *
 * const session = await sessions.read(null) // the Cookie header, or null
 * session.set('userId', 42)
 * const [setCookie] = await sessions.commit(session)
 *
 * const cookie = setCookie.split(';')[0]
 * const next = await sessions.read(cookie)
 * assert.equal(next.get('userId'), 42)
 * ```
 */
export function createSessions<
  Data extends object = UntypedData,
  Flash extends object = DefaultFlash<Data>,
>(options: SessionsOptions<Data>): Sessions<Data, Flash> {
  return new Sessions(options)
}
