/**
 * The manager: from a Cookie header to a session, and from a session to `Set-Cookie` lines.
 *
 * @module
 */
import { chain, type Awaitable } from './awaitable.ts'
import { createBackend, type Backend } from './backend.ts'
import { purposesOf, ringOf } from './channel.ts'
import { defaultEngine } from './codec/select.ts'
import { Committer, type CommitOptions } from './committer.ts'
import { ConfigurationError } from './errors.ts'
import { SessionEmitter, type SessionEventName, type SessionListener } from './events.ts'
import { Explanation, watched } from './explanation.ts'
import { createId, createRotation, isId, rotationOf, sessionKeyOf, storageKey } from './id.ts'
import type { Keeper } from './keeper/contract.ts'
import { rotationOfNumber } from './record.ts'
import type { NewsListener, SessionBus, SessionFollower, SessionWatch } from './live/contract.ts'
import {
  checkDeadlines,
  checkOperation,
  checkRandom,
  isDevelopment,
  type Operation,
  type SessionsOptions,
} from './options.ts'
import type { OwnedSession } from './owners.ts'
import { LiveSecrets } from './secrets.ts'
import { createSessionCookies, type SessionCookieOptions } from './session-cookie.ts'
import { SessionState, type Host, type Source } from './session-state.ts'
import {
  Session,
  stateOf,
  type DefaultFlash,
  type LockWaitOptions,
  type UntypedData,
} from './session.ts'
import { CookieSource, loadedSource, report, type SourceContext } from './source.ts'
import type { CookieStorage, SessionStorage } from './storage/contract.ts'
import { cookieStorage } from './storage/cookie.ts'
import type { SweepingOptions, SweepOptions } from './sweeper.ts'
import { type ReadOptions, PLAIN, SECURE, type SessionAnswer, Transports } from './transport.ts'

export type { ReadOptions, CommitOptions, SweepingOptions, SweepOptions }

/** How `update` waits for its turn. */
export interface UpdateOptions extends LockWaitOptions {
  /**
   * Whether the function runs under the session's lock.
   *
   * @default the option `lock` of `createSessions`
   */
  readonly lock?: boolean
}

/** Which of an owner's sessions to end; without any of these, all. */
export interface RevokeOptions {
  /** This one stays: the one of the request, after a new password for example. */
  // biome-ignore lint/suspicious/noExplicitAny: of any data
  readonly except?: Session<any, any> | undefined
  /** Only the one with this key, as `listByOwner` gives it. */
  readonly only?: string | undefined
}

/** What `sessions.with` gives. */
export interface SessionWork<Result> {
  /** What the function returned. */
  readonly result: Result
  /** The `Set-Cookie` lines to send: one or none, or more with `cookie.chunks`. */
  readonly setCookie: string[]
  /** What else there is to send, with other transports than the cookie. */
  readonly answer: SessionAnswer
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
  readonly #secrets: LiveSecrets
  readonly #backend: Backend
  readonly #keeper: Keeper
  readonly #committer: Committer
  readonly #transports: Transports
  readonly #operation: Operation
  readonly #source: SourceContext
  readonly #host: Host
  readonly #keyOf: (id: string) => string
  readonly #cookie: SessionCookieOptions | undefined
  readonly #lifetime: number
  #follower: SessionFollower | null = null
  readonly #development: boolean = isDevelopment()

  /** See `createSessions`. */
  constructor(options: SessionsOptions<Data>) {
    const { storage = cookieStorage(), cookie, schema, maxPerOwner, transport } = options
    checkRandom()
    this.storage = storage
    const deadlines = checkDeadlines(options)
    const cookies = createSessionCookies(cookie, deadlines.lifetime / 1000)
    const events = new SessionEmitter(options.onEvent)
    const secrets = new LiveSecrets(options.secrets, (error) =>
      events.emit('error', () => ({ error }))
    )
    this.#secrets = secrets
    const purposes = purposesOf(storage)
    const transports = new Transports(transport ?? ['cookie'], cookies, secrets, purposes)
    this.#transports = transports
    this.cookieName = cookies.secure.name
    this.#cookie = cookie
    this.#lifetime = deadlines.lifetime

    const operation = checkOperation(options)
    const keyOf = (id: string): string => storageKey(defaultEngine, id)
    const countsRotations = 'stateless' in storage
    const createNewId = (): string => {
      const id = createId(defaultEngine)
      return countsRotations ? sessionKeyOf(id) + rotationOfNumber(0) : id
    }
    const nextRotation = (rotation: string): string =>
      countsRotations ? rotationOfNumber(Number(rotation) + 1) : createRotation(defaultEngine)
    const settings = { deadlines, operation, events, keyOf, schema, maxPerOwner }
    const backend = createBackend(storage, settings)
    const { keeper } = backend
    this.#events = events
    this.#operation = operation
    this.#keyOf = keyOf
    this.#backend = backend
    this.#keeper = keeper
    this.#committer = new Committer(
      keeper,
      deadlines,
      events,
      ({ way }) => transports.channels[way]!
    )
    this.#source = {
      keeper,
      events,
      emptyOnError: operation.onStorageError === 'empty',
      mayLag: 'consistency' in storage && storage.consistency === 'eventual',
    }
    const { cookieName } = this
    this.#host = {
      cookieName,
      csrfRing: () => ringOf(cookieName, secrets.list, { sign: 'csrf' }),
      createId: createNewId,
      nextId: ({ id }) => sessionKeyOf(id) + nextRotation(rotationOf(id)),
      lock: async (state, signal) =>
        watched(state.explanation, () => backend.locks().lock(state, signal)),
      transportOf: (way) => transports.kindOf(way),
      checkOwners: () => void backend.owners(),
      trackMutations: this.#development,
    }
    if (options.bus) this.follow(options.bus)
  }

  /** Whether the storage answers with promises, so that a session must be waited for. */
  get async(): boolean {
    return this.#keeper.async
  }

  /** Whether every request takes the lock of its session: the option `lock`. */
  get locking(): boolean {
    return this.#operation.lock
  }

  /** Whether there is one cookie only: `cookie.secure` is not `'auto'`. */
  get secureOnly(): boolean {
    const { channels } = this.#transports
    return channels[PLAIN] === channels[SECURE]
  }

  /** Whether sessions come in cookies alone: the default of the option `transport`. */
  get cookieOnly(): boolean {
    return this.#transports.cookieOnly
  }

  /**
   * What a request must wait for before it asks for its session: secrets that are not loaded yet, or
   * are very old. It is `null` but with `rotatingSecrets`. The middleware and `with` wait by themselves.
   */
  get pending(): Promise<void> | null {
    return this.#secrets.pending
  }

  /**
   * Waits until there are secrets: at once, but with `rotatingSecrets`, which load them.
   *
   * @throws SessionSecretsError if they could not be loaded, or each one is retired.
   */
  async ready(): Promise<void> {
    return this.#secrets.ready()
  }

  /**
   * The session of a Cookie header. Whatever the header is, there is a session: without a cookie that
   * verifies and whose session still lives, it is a new, empty one, and nothing is asked of the
   * storage. Why a cookie was refused is told as a `reject` or `expire` event.
   *
   * With the option `lock` it waits for the lock, which the next `commit` gives back: there must be
   * one, whatever happens. `with` sees to that.
   *
   * @throws SessionStorageError if the storage fails.
   * @throws SessionLockTimeoutError if others hold the lock for longer than `lockTimeout`.
   * @throws SessionSecretsError if there is no secret: `ready()` waits for the first.
   */
  read(
    cookieHeader: string | null | undefined,
    arrival: ReadOptions = {}
  ): Awaitable<Session<Data, Flash>> {
    const session = this.defer(cookieHeader, arrival)
    const state = stateOf(session)
    state.accessed = true
    if (state.lockOnLoad) return chain(state.lock(), () => session)
    // A synchronous server storage is asked at the first access, the cookie is verified now.
    const eager = this.#keeper.async || 'stateless' in this.storage || state.storedId === null
    return eager ? chain(state.load(), () => session) : session
  }

  /**
   * The same, but nothing at all is done before the session is used: for middleware. On an
   * asynchronous storage, and with the option `lock`, `await session.load()` first.
   *
   * @throws SessionSecretsError if there is no secret.
   */
  defer(cookieHeader: string | null | undefined, arrival: ReadOptions = {}): Session<Data, Flash> {
    const explanation = this.#explanation()
    // Now, not when something has been stored for which no cookie can be made.
    if (!this.#secrets.fixed) watched(explanation, () => this.#secrets.list)
    if (this.#transports.cookieOnly) {
      return this.#receive(arrival.plain ? PLAIN : SECURE, cookieHeader, explanation)
    }
    const { way, received } = this.#transports.find(cookieHeader, arrival)
    return this.#receive(way, received, explanation)
  }

  #receive(
    way: number,
    received: string | null | undefined,
    explanation: Explanation | null
  ): Session<Data, Flash> {
    if (!received) {
      explanation?.tell('no-cookie')
      return this.#session(null, way, '', explanation)
    }
    const channel = this.#transports.channels[way]!
    const source = new CookieSource(this.#source, channel, received, explanation)
    const session = this.#session(source, way, received, explanation)
    if (this.#operation.lock) stateOf(session).lockOnLoad = true
    return session
  }

  /**
   * Writes what was done to a session, if anything was, and gives the `Set-Cookie` lines to send:
   * one or none, or more with `cookie.chunks`. Of a session that came in another header, `answerOf`
   * gives that. May be called again; it then writes what was done since. It also gives the lock back,
   * if there is one.
   *
   * @throws SessionGoneError if the session was destroyed, has expired or got another id meanwhile.
   * Nothing was written, and no cookie must be set.
   * @throws SessionLockLostError if the lock was lost and another request has changed the session:
   * nothing was written.
   * @throws SessionStorageError if the storage fails.
   * @throws SessionSerializationError if a value is no JSON.
   * @throws CookieOverflowError if the session does not fit its cookie.
   * @throws SessionTooLargeError if it is over `maxSize` in a storage on a server.
   */
  commit(session: Session<Data, Flash>, options: CommitOptions = {}): Awaitable<string[]> {
    const state = stateOf(session)
    if (options.final) state.closed = true
    const { onStorageError, sweepProbability } = this.#operation
    const tolerant = onStorageError !== 'throw'
    const written = state.explanation
      ? state.explanation.watch(() => this.#commit(state, options, tolerant))
      : this.#commit(state, options, tolerant)
    const committed =
      state.way <= PLAIN ? written : chain(written, (lines) => this.#keepAnswer(state, lines))
    if (sweepProbability === 0 || Math.random() >= sweepProbability) return committed
    return chain(committed, (lines) => {
      this.#backend.sweeper.sweepAfter(options.waitUntil)
      return lines
    })
  }

  /**
   * Reads the session of a Cookie header under its lock, gives it to a function, and commits it: for
   * sockets, queues, and handlers of no framework. If the function fails, nothing is written.
   *
   * The cookie storage has no locks; there it is done without.
   *
   * @throws SessionLockTimeoutError if others hold the lock for longer than `lockTimeout`.
   * @throws SessionGoneError and the others of `commit`.
   * @throws SessionSecretsError if there is no secret.
   *
   * @example
   * ```ts
   * import { createSessions, memoryStorage } from 'tuile'
   *
   * const sessions = createSessions<{ visits: number }>({ storage: memoryStorage(), secrets })
   * const { result, setCookie } = await sessions.with(null, async (session) => {
   *   session.set('visits', session.get('visits', 0) + 1)
   *   return session.get('visits')
   * })
   * assert.equal(result, 1)
   * assert.equal(setCookie.length, 1)
   * ```
   */
  async with<Result>(
    cookieHeader: string | null | undefined,
    use: (session: Session<Data, Flash>) => Awaitable<Result>,
    options: ReadOptions & LockWaitOptions = {}
  ): Promise<SessionWork<Result>> {
    const { pending } = this
    if (pending) await pending
    const session = this.defer(cookieHeader, options)
    const state = stateOf(session)
    state.accessed = true
    await ('stateless' in this.storage ? state.load() : state.lock(options.signal))
    try {
      const result = await use(session)
      const setCookie = await this.commit(session, { final: true })
      return { result, setCookie, answer: this.answerOf(session) }
    } finally {
      state.closed = true
      await state.unlock()
    }
  }

  /** What a response says of a session that was committed, beside its `Set-Cookie` lines. */
  answerOf(session: Session<Data, Flash>): SessionAnswer {
    const { answer, way } = stateOf(session)
    const header = answer === null ? null : ([this.#transports.headerOf(way), answer] as const)
    return { header, vary: this.#transports.vary }
  }

  #keepAnswer(state: SessionState, [line]: string[]): string[] {
    if (line !== undefined) state.answer = line
    return []
  }

  /** Whether a session was used, so that the response depends on the cookie: `Vary: Cookie`. */
  used(session: Session<Data, Flash>): boolean {
    return stateOf(session).accessed
  }

  /**
   * Why a session is what it is, as `explain` events tell it: for middleware, which may add to it. It
   * is `null` in production, unless somebody listens to these events.
   */
  explanation(session: Session<Data, Flash>): Explanation | null {
    return stateOf(session).explanation
  }

  /**
   * The session of an id, or `null` if there is none, or it has a newer id by now: for tools and sockets.
   *
   * @throws ConfigurationError with the cookie storage, which keeps no sessions.
   */
  get(id: string): Awaitable<Session<Data, Flash> | null> {
    this.#backend.locks()
    if (!isId(id)) return this.async ? Promise.resolve(null) : null
    return chain(this.#keeper.find({ format: 'T', text: id, keyIndex: 0 }), (found) => {
      const origin = report(this.#source, found, null)
      if (origin === null || origin.record.snapshot) return null
      const session = this.#session(loadedSource(origin), SECURE)
      return chain(stateOf(session).load(), () => session)
    })
  }

  /**
   * Destroys the session of an id, also if the session has a newer id by now; `false` if there is none.
   *
   * @throws ConfigurationError with the cookie storage, which keeps no sessions.
   */
  destroy(id: string): Awaitable<boolean> {
    this.#backend.locks()
    return chain(this.#keeper.current(id), (current) =>
      current === null ? false : chain(this.#keeper.destroy(current), () => true)
    )
  }

  /**
   * Changes the session of an id by a function, and writes it; `false` if there is none, or it has a
   * newer id by now.
   *
   * @throws ConfigurationError with the cookie storage, which keeps no sessions.
   */
  update(
    id: string,
    change: (session: Session<Data, Flash>) => Awaitable<unknown>,
    { lock = this.#operation.lock, signal }: UpdateOptions = {}
  ): Awaitable<boolean> {
    return chain(this.get(id), (session) => {
      if (session === null) return false
      const state = stateOf(session)
      const work = (): Awaitable<boolean> =>
        chain(change(session), () => chain(this.#commit(state, {}, false), () => true))
      if (!lock) return work()
      const locked = async (): Promise<boolean> => {
        await state.lock(signal)
        try {
          const { origin } = state
          return origin !== null && !origin.record.snapshot && (await work())
        } finally {
          await state.unlock()
        }
      }
      return locked()
    })
  }

  /**
   * Says whose a session is, as `session.owner` and `session.labels` do.
   *
   * @throws TypeError, ConfigurationError, SessionDestroyedError and SessionCommittedError as those do.
   */
  owner(
    session: Session<Data, Flash>,
    userId: string,
    labels?: Readonly<Record<string, string>>
  ): void {
    session.owner = userId
    if (labels !== undefined) session.labels = labels
  }

  /**
   * The sessions of an owner that live, the newest sign-in first. Every one of them is read.
   *
   * @throws ConfigurationError if the storage keeps no owners; the cookie storage never lists any.
   * @throws SessionStorageError if the storage fails.
   */
  async listByOwner(userId: string): Promise<OwnedSession[]> {
    return this.#backend.owners().list(userId)
  }

  /**
   * Ends the sessions of an owner, and says how many; with the cookie storage nobody knows: `null`.
   * Requests under way that have one of them get a `SessionGoneError` when they commit a change.
   *
   * @throws ConfigurationError if the storage keeps no owners, or if the cookie storage is asked for
   * `only` one.
   * @throws SessionCommittedError with the cookie storage, if the response of `except` has started: it
   * needs a new cookie.
   * @throws SessionStorageError if the storage fails. Some may have ended; doing it again is safe.
   */
  async revokeByOwner(
    userId: string,
    { except, only }: RevokeOptions = {}
  ): Promise<number | null> {
    const owners = this.#backend.owners()
    const spared = except && stateOf(except)
    await spared?.load()
    return owners.revoke(userId, { except: spared, only })
  }

  /**
   * The id that a Cookie header brings, verified, without asking the storage whether there is such a
   * session: for `watch`. `null` without one; why it was refused is a `reject` event.
   *
   * @throws ConfigurationError with the cookie storage, which keeps no sessions.
   */
  idOf(cookieHeader: string | null | undefined, options?: ReadOptions): string | null {
    this.#backend.locks()
    return stateOf(this.defer(cookieHeader, options)).storedId
  }

  /**
   * The session that a handshake brings: its id, or `null` if there is none. `isLate` says that an older id
   * of a session came, which was superseded a moment ago: the client should come again, with the newer one.
   *
   * @throws ConfigurationError with the cookie storage, which keeps no sessions.
   * @throws SessionStorageError if the storage fails, whatever `onStorageError` says.
   */
  async recognize(
    cookieHeader: string | null | undefined,
    options?: ReadOptions
  ): Promise<{ readonly id: string | null; readonly isLate: boolean }> {
    this.#backend.locks()
    const { pending } = this
    if (pending) await pending
    const state = stateOf(this.defer(cookieHeader, options))
    await state.load()
    if (state.failure !== null) throw state.failure
    const { origin, refused } = state
    if (origin === null) return { id: null, isLate: refused?.isLate === true }
    const isLate = origin.record.snapshot
    return { id: isLate ? null : origin.id, isLate }
  }

  /**
   * Calls a listener with the changes of a stored session from now on: its data were written, it got a new
   * id, it ended; also if another process does it. If it has ended already, the listener hears that soon.
   *
   * @param session A session that was committed, or an id.
   * @throws ConfigurationError without the option `bus`, or with the cookie storage, which keeps no
   * sessions that could be followed.
   *
   * @example
   * ```ts
   * import { createSessions, memoryStorage } from 'tuile'
   * import { memoryBus } from 'tuile/bus'
   *
   * const sessions = createSessions({ storage: memoryStorage(), secrets, bus: memoryBus() })
   * const session = await sessions.read(null)
   * session.set('cart', [])
   * await sessions.commit(session)
   *
   * const news: string[] = []
   * const watch = sessions.watch(session, ({ type }) => news.push(type))
   * await sessions.update(session.id, (session) => session.set('cart', ['bread']))
   * watch.stop()
   * assert.deepEqual(news, ['change'])
   * ```
   */
  watch(session: Session<Data, Flash> | string, listener: NewsListener): SessionWatch {
    if (this.#follower === null) {
      throw new ConfigurationError('watch needs a bus: createSessions({ bus: memoryBus() })')
    }
    return this.#follower.watch(typeof session === 'string' ? session : session.id, listener)
  }

  /**
   * What follows these sessions: with the option `bus`, on that; else on this one from now on. For
   * adapters of sockets.
   *
   * @throws ConfigurationError with the cookie storage, which keeps no sessions that could be followed.
   */
  follow(bus: SessionBus): SessionFollower {
    this.#backend.locks()
    if (this.#follower !== null) return this.#follower
    this.#follower = bus.follow({
      events: this.#events,
      keyOf: this.#keyOf,
      look: (id) => this.#keeper.current(id),
      secrets: this.#secrets,
      cookieName: this.cookieName,
      cookie: this.#cookie,
      lifetime: this.#lifetime,
      storage: this.storage as SessionStorage,
      timeout: this.#operation.timeout,
    })
    return this.#follower
  }

  /** The key under which a session is stored, as events and lists name it: fit for a log. */
  keyOf(session: Session<Data, Flash>): string {
    return this.#keyOf(session.id)
  }

  /**
   * Removes records that have ended, and says how many. They are never served either way. With a
   * storage that does so by itself, or keeps nothing, there is nothing to do: 0.
   */
  sweep(options?: SweepOptions): Awaitable<number> {
    return this.#backend.sweeper.sweep(options)
  }

  /**
   * Sweeps again and again, until `stopSweeping()`; the timer keeps no process alive. `false` if it
   * does so already, or if the storage needs no sweeping.
   *
   * @throws ConfigurationError if an option is not a positive number.
   *
   * @example
   * ```ts
   * import { createSessions, memoryStorage } from 'tuile'
   *
   * const sessions = createSessions({ storage: memoryStorage(), secrets })
   * assert.equal(sessions.startSweeping({ interval: 600 }), true)
   * assert.equal(sessions.stopSweeping(), true)
   * ```
   */
  startSweeping(options?: SweepingOptions): boolean {
    return this.#backend.sweeper.start(options)
  }

  /** Stops what `startSweeping` has started; `false` if nothing was. */
  stopSweeping(): boolean {
    return this.#backend.sweeper.stop()
  }

  /** Listens to an event; the function that comes back ends that. */
  on<Name extends SessionEventName>(name: Name, listener: SessionListener<Name>): () => void {
    return this.#events.on(name, listener)
  }

  #session(
    source: Source | null,
    way: number,
    received = '',
    explanation: Explanation | null = null
  ): Session<Data, Flash> {
    return new Session(new SessionState(source, this.#host, way, received, explanation))
  }

  #explanation(): Explanation | null {
    const wanted = this.#development || this.#events.hears('explain')
    return wanted ? new Explanation(this.#events) : null
  }

  #commit(state: SessionState, options: CommitOptions, tolerant: boolean): Awaitable<string[]> {
    if (state.lease !== null) return this.#commitLocked(state, options, tolerant)
    if (state.untouched) {
      if (!state.accessed) state.explanation?.tell('unused')
      return []
    }
    if (!this.#keeper.async) {
      state.ensureLoaded()
      return this.#committer.commit(state, options, tolerant)
    }
    // So that what fails at once rejects, as what fails later does.
    return Promise.resolve(state.load()).then(() =>
      this.#committer.commit(state, options, tolerant)
    )
  }

  async #commitLocked(
    state: SessionState,
    options: CommitOptions,
    tolerant: boolean
  ): Promise<string[]> {
    try {
      return await this.#committer.commit(state, options, tolerant)
    } finally {
      await state.unlock()
    }
  }
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
