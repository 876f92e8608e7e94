/**
 * A session, as a request's handler sees it.
 *
 * @module
 */
import { SessionCommittedError, SessionDestroyedError, SessionNotLoadedError } from './errors.ts'
import type { SessionState, TransportKind } from './session-state.ts'

/** The data of a session that was given no type: any key, any value. */
// biome-ignore lint/suspicious/noExplicitAny: untyped sessions are for those who want no types
export type UntypedData = Record<string, any>

/** The flash messages that go with some data: untyped with untyped data, else none. */
export type DefaultFlash<Data> = string extends keyof Data ? UntypedData : Record<never, never>

type Key<Values> = keyof Values & string
type ValueOf<Data, Flash, Name> =
  | (Name extends keyof Data ? Data[Name] : never)
  | (Name extends keyof Flash ? Flash[Name] : never)

/** How `regenerateId` retires the old id. */
export interface RegenerateOptions {
  /**
   * Seconds for which requests already under way may still read the old session, as it was, without
   * writing. With 0 the old id is dead at once.
   *
   * @default 0
   */
  readonly grace?: number
}

/** How to wait for a lock. */
export interface LockWaitOptions {
  /**
   * Ends the wait, which then rejects with the signal's reason: that of a request, for example. If it aborts
   * while the lock is held, the client has gone: the lock is given back, though the handler may go on.
   */
  readonly signal?: AbortSignal | undefined
}

/** Characters of a label that are kept: a User-Agent may have thousands. */
const MAX_LABEL = 256

let open: <Data extends object, Flash extends object>(session: Session<Data, Flash>) => SessionState

/**
 * The data of one visitor for the length of a request. All methods are synchronous; what they change
 * is written once, when the manager commits the session.
 *
 * A session that nothing is set in is never stored and sets no cookie. A value that was got from the
 * session and is mutated in place is not tracked: give it back with `set`, or use `update`.
 *
 * @example
 * ```ts
 * import { createSessions } from 'tuile'
 *
 * const sessions = createSessions<{ visits: number }, { notice: string }>({ secrets })
 * const session = await sessions.read(null)
 * session.update('visits', (visits = 0) => visits + 1)
 * session.flash('notice', 'Welcome')
 * assert.equal(session.get('visits'), 1)
 * assert.equal(session.get('notice'), undefined) // a flash is for the next request
 * ```
 */
export class Session<Data extends object = UntypedData, Flash extends object = DefaultFlash<Data>> {
  readonly #state: SessionState

  static {
    open = (session) => session.#state
  }

  /** Sessions are made by `createSessions(…).read()`. */
  constructor(state: SessionState) {
    this.#state = state
  }

  /**
   * The session's id, 40 characters: 16 that name the session and stay, and 24 that change with
   * `regenerateId()`. Never log it.
   */
  get id(): string {
    return this.#read().id
  }

  /** Whether no stored session came with the request. */
  get isNew(): boolean {
    return this.#read().origin === null
  }

  /** Whether there is something to write: a change, a new id, a flash message that was delivered. */
  get dirty(): boolean {
    return this.#read().dirty
  }

  /** Whether `destroy()` was called. */
  get destroyed(): boolean {
    return this.#state.destroyed
  }

  /**
   * By what the session came, and goes back: `'cookie'`, `'bearer'` or `'header'`, see the option
   * `transport`. Browsers send cookies by themselves; what comes in a header, a script has sent.
   */
  get transport(): TransportKind {
    return this.#state.transport
  }

  /**
   * Whose session this is: the user's id, or `null`. Set it at sign-in, after `regenerateId()`: then
   * `sessions.listByOwner` finds the session and `sessions.revokeByOwner` ends it. It is no value:
   * `all` does not show it and `clear` leaves it. `regenerateId` keeps it.
   *
   * @throws TypeError if it is set to anything but `null` or a string that is not empty; of a number,
   * `String(user.id)` makes one.
   * @throws ConfigurationError if it is set and the storage keeps no owners.
   * @throws SessionDestroyedError if it is set after `destroy()`.
   * @throws SessionCommittedError if it is set after the response has started.
   *
   * @example
   * ```ts
   * import { createSessions, memoryStorage } from 'tuile'
   *
   * const sessions = createSessions({ storage: memoryStorage(), secrets })
   * const session = await sessions.read(null)
   * session.owner = 'ada'
   * session.labels = { device: 'Firefox on Linux' }
   * await sessions.commit(session)
   *
   * const [first] = await sessions.listByOwner('ada')
   * assert.equal(first.labels.device, 'Firefox on Linux')
   * assert.equal(await sessions.revokeByOwner('ada'), 1)
   * ```
   */
  get owner(): string | null {
    const state = this.#read()
    return state.destroyed ? null : (state.view.owner?.id ?? null)
  }

  set owner(userId: string | null) {
    const state = this.#write()
    if (userId !== null && (typeof userId !== 'string' || userId === '')) {
      throw new TypeError('owner must be null or a string that is not empty: String(user.id)')
    }
    if (userId === (state.view.owner?.id ?? null)) return
    state.own(userId === null ? null : { id: userId, labels: {} })
  }

  /**
   * What lists of the owner's sessions tell of this one, such as the device and the address: texts,
   * of which 256 characters each are kept. They are of the owner: set that first.
   *
   * @throws TypeError if they are set and there is no owner, or if one is no text.
   * @throws SessionDestroyedError if they are set after `destroy()`.
   * @throws SessionCommittedError if they are set after the response has started.
   */
  get labels(): Readonly<Record<string, string>> {
    const state = this.#read()
    return state.destroyed ? {} : { ...state.view.owner?.labels }
  }

  set labels(labels: Readonly<Record<string, string>>) {
    const state = this.#write()
    const entries = Object.entries(labels)
    if (state.view.owner === null) throw new TypeError('labels need an owner: set that first')
    if (!entries.every(([, label]) => typeof label === 'string')) {
      throw new TypeError('labels must be texts')
    }
    const kept = Object.fromEntries(
      entries.map(([name, label]) => [name, label.slice(0, MAX_LABEL)])
    )
    state.change((draft) => {
      if (draft.owner !== null) draft.owner = { ...draft.owner, labels: kept }
    })
  }

  /**
   * Loads a lazy session from an asynchronous storage, once however often it is called. Any other
   * session is loaded already, or loads by itself. With the option `lock` it waits for the lock first.
   *
   * @throws SessionStorageError if the storage fails.
   * @throws SessionLockTimeoutError if others hold the lock for longer than `lockTimeout`.
   */
  async load(): Promise<this> {
    const state = this.#state
    await (state.lockOnLoad ? state.lock() : state.load())
    return this
  }

  /**
   * Waits until no other request that locks has this session, then reads it again: what it holds now
   * stays as it is until the commit, which gives the lock back. Twice is no error; a new session need
   * not wait. If the session has ended meanwhile, it is a new, empty one.
   *
   * Without a lock nothing is lost either. It is for handlers that read something, think, and write.
   *
   * @throws SessionLockTimeoutError if others hold the lock for longer than `lockTimeout`.
   * @throws SessionGoneError if something was changed before, and the session has ended meanwhile.
   * @throws SessionCommittedError after the response has started.
   * @throws SessionStorageError if the storage fails.
   * @throws ConfigurationError with the cookie storage: a cookie cannot be locked.
   *
   * @example
   * ```ts
   * import { createSessions, memoryStorage } from 'tuile'
   *
   * const sessions = createSessions<{ stock: number }>({ storage: memoryStorage(), secrets })
   * const session = await sessions.read(null) // the Cookie header, or null
   * await session.lock()
   * session.set('stock', session.get('stock', 10) - 1)
   * assert.equal((await sessions.commit(session)).length, 1)
   * ```
   */
  async lock({ signal }: LockWaitOptions = {}): Promise<this> {
    await this.#state.lock(signal)
    return this
  }

  /**
   * The value of a key; if there is none, the flash message of that name that the last request left;
   * else the fallback. `null`, `0`, `''` and `false` are values.
   */
  get<Name extends Key<Data> | Key<Flash>>(key: Name): ValueOf<Data, Flash, Name> | undefined
  get<Name extends Key<Data> | Key<Flash>>(
    key: Name,
    fallback: Exclude<ValueOf<Data, Flash, Name>, undefined>
  ): Exclude<ValueOf<Data, Flash, Name>, undefined>
  get<Name extends Key<Data> | Key<Flash>, Fallback>(
    key: Name,
    fallback: Fallback
  ): Exclude<ValueOf<Data, Flash, Name>, undefined> | Fallback
  get(key: string, fallback?: unknown): unknown {
    const state = this.#read()
    if (state.destroyed) return fallback
    state.see(key)
    const { data } = state.view
    if (data.has(key)) return state.handOut(key, data.get(key))
    const message = state.incoming.get(key)
    return message === undefined ? fallback : message.value
  }

  /** Whether `get` would find something. */
  has(key: Key<Data> | Key<Flash>): boolean {
    const state = this.#read()
    state.see(key)
    return !state.destroyed && (state.view.data.has(key) || state.incoming.has(key))
  }

  /**
   * Sets a value; `undefined` removes it. The value must survive JSON.
   *
   * @throws SessionDestroyedError after `destroy()`.
   * @throws SessionCommittedError after the response has started.
   */
  set<Name extends Key<Data>>(key: Name, value: Data[Name] | undefined): void {
    const state = this.#write()
    state.see(key)
    const { data } = state.view
    // An object that is set again may have been changed in place; a primitive cannot have been.
    const comparable = typeof value !== 'object' || value === null
    if (comparable && Object.is(data.get(key), value) && data.has(key) === (value !== undefined)) {
      return
    }
    state.change((draft) => {
      if (value === undefined) draft.data.delete(key)
      else draft.data.set(key, value)
    })
  }

  /**
   * Removes a value. One that is not there is no error, and no change.
   *
   * @throws SessionDestroyedError after `destroy()`.
   * @throws SessionCommittedError after the response has started.
   */
  unset(key: Key<Data>): void {
    const state = this.#write()
    state.see(key)
    if (state.view.data.has(key)) state.change((draft) => void draft.data.delete(key))
  }

  /** A shallow copy of all values, without flash messages. */
  all(): Partial<Data> {
    const state = this.#read()
    if (state.destroyed) return {}
    state.see()
    for (const [key, value] of state.view.data) state.handOut(key, value)
    return Object.fromEntries(state.view.data) as Partial<Data>
  }

  /**
   * Removes all values and all flash messages; the session and its id stay.
   *
   * @throws SessionDestroyedError after `destroy()`.
   * @throws SessionCommittedError after the response has started.
   */
  clear(): void {
    const state = this.#write()
    state.see()
    state.takeOut()
    state.change((draft) => {
      draft.data.clear()
      draft.flash.clear()
    })
  }

  /**
   * Gives what `get` would, and removes it.
   *
   * @throws SessionDestroyedError after `destroy()`.
   * @throws SessionCommittedError after the response has started.
   */
  pull<Name extends Key<Data> | Key<Flash>>(key: Name): ValueOf<Data, Flash, Name> | undefined {
    const state = this.#write()
    const value = this.get(key)
    if (state.view.data.has(key)) state.change((draft) => void draft.data.delete(key))
    else state.takeOut(key)
    return value
  }

  /**
   * Changes a value by a function of the one before. It is called now, and again with the newest
   * value if another request has written meanwhile, so that nothing is lost: a counter stays exact.
   * The function should do nothing but compute. `undefined` removes the value.
   *
   * @throws SessionDestroyedError after `destroy()`.
   * @throws SessionCommittedError after the response has started.
   */
  update<Name extends Key<Data>>(
    key: Name,
    next: (previous: Data[Name] | undefined) => Data[Name] | undefined
  ): void {
    this.#write().change((draft) => {
      const value = next(draft.data.get(key) as Data[Name] | undefined)
      if (value === undefined) draft.data.delete(key)
      else draft.data.set(key, value)
    })
  }

  /**
   * Leaves a message for the next request, and for that one only. `undefined` leaves none.
   *
   * @throws SessionDestroyedError after `destroy()`.
   * @throws SessionCommittedError after the response has started.
   */
  flash<Name extends Key<Flash>>(key: Name, value: Flash[Name] | undefined): void {
    const message = value === undefined ? null : { value, mark: newMark() }
    this.#write().change((draft) => {
      if (message === null) draft.flash.delete(key)
      else draft.flash.set(key, message)
    })
  }

  /** The flash message of that name that the last request left, or the fallback. */
  getFlash<Name extends Key<Flash>>(key: Name): Flash[Name] | undefined
  getFlash<Name extends Key<Flash>>(
    key: Name,
    fallback: Exclude<Flash[Name], undefined>
  ): Exclude<Flash[Name], undefined>
  getFlash<Name extends Key<Flash>, Fallback>(
    key: Name,
    fallback: Fallback
  ): Exclude<Flash[Name], undefined> | Fallback
  getFlash(key: string, fallback?: unknown): unknown {
    const state = this.#read()
    const message = state.destroyed ? undefined : state.incoming.get(key)
    return message === undefined ? fallback : message.value
  }

  /** A copy of all flash messages that the last request left. */
  allFlash(): Partial<Flash> {
    const state = this.#read()
    const messages = state.destroyed ? [] : [...state.incoming]
    return Object.fromEntries(messages.map(([key, { value }]) => [key, value])) as Partial<Flash>
  }

  /**
   * Leaves all flash messages that came for the next request as well.
   *
   * @throws SessionDestroyedError after `destroy()`.
   * @throws SessionCommittedError after the response has started.
   */
  reflash(): void {
    this.keep(...([...this.#write().incoming.keys()] as Key<Flash>[]))
  }

  /**
   * Leaves some of the flash messages that came for the next request as well. A name without one is
   * no error.
   *
   * @throws SessionDestroyedError after `destroy()`.
   * @throws SessionCommittedError after the response has started.
   */
  keep(...keys: Key<Flash>[]): void {
    const state = this.#write()
    for (const key of keys) {
      const message = state.incoming.get(key)
      if (message === undefined) continue
      const kept = { value: message.value, mark: newMark() }
      state.change((draft) => void draft.flash.set(key, kept))
    }
  }

  /**
   * Gives the session a new id and retires the old one for good: call it at sign-in and whenever a
   * visitor gains rights (OWASP ASVS 5.0 §7.2.4). The session stays, with its data and its record. In
   * the cookie storage, the old cookie still works unless there is a storage for `revocations`.
   *
   * Of two requests that rotate at once one wins; the commit of the other is a `SessionGoneError`.
   *
   * @throws SessionDestroyedError after `destroy()`.
   * @throws SessionCommittedError after the response has started.
   * @throws RangeError if `grace` is not a number of seconds.
   */
  regenerateId({ grace = 0 }: RegenerateOptions = {}): void {
    if (!Number.isFinite(grace) || grace < 0) {
      throw new RangeError(`grace must be a number of seconds, not ${grace}`)
    }
    this.#write().regenerate(grace)
  }

  /**
   * When the visitor last proved who they are, as `authenticate()` has said; `null` if never. It is no
   * value: `all` does not show it and `clear` leaves it. `regenerateId` keeps it, and so does the
   * snapshot of a `grace`, as it was. With another `owner` it is gone.
   */
  get authenticatedAt(): Date | null {
    const state = this.#read()
    const { authenticatedAt } = state.view
    return state.destroyed || authenticatedAt === null ? null : new Date(authenticatedAt)
  }

  /**
   * Says that the visitor has just proved who they are: call it at sign-in, and when a password, a
   * passkey or a code was asked again. It sets `authenticatedAt` to now, for `requireFresh` of
   * `tuile/hono`, and gives the session a new id, as `regenerateId` does.
   *
   * @throws SessionDestroyedError after `destroy()`.
   * @throws SessionCommittedError after the response has started.
   * @throws RangeError if `grace` is not a number of seconds.
   *
   * @example
   * ```ts
   * import { createSessions, memoryStorage } from 'tuile'
   *
   * const sessions = createSessions({ storage: memoryStorage(), secrets })
   * const session = await sessions.read(null) // the Cookie header, or null
   * assert.equal(session.authenticatedAt, null)
   *
   * session.authenticate() // the password was right
   * session.set('userId', 42)
   * assert.ok(Date.now() - session.authenticatedAt!.getTime() < 1000)
   * ```
   */
  authenticate(options?: RegenerateOptions): void {
    this.regenerateId(options)
    this.#state.authenticate()
  }

  /**
   * Ends the session at commit: its record is removed, whatever its id is by then, and the browser's
   * cookie is deleted, also if it was refused. Twice is no error.
   */
  destroy(): void {
    const state = this.#state
    if (state.destroyed) return
    checkOpen(state)
    state.accessed = true
    state.destroyed = true
  }

  /**
   * Moves the idle deadline forward at commit even if `touchEvery` has not passed. Without an
   * `idleTimeout` there is nothing to move.
   *
   * @throws SessionDestroyedError after `destroy()`.
   * @throws SessionCommittedError after the response has started.
   */
  touch(): void {
    this.#write().touched = true
  }

  #read(): SessionState {
    const state = this.#state
    state.accessed = true
    if (!state.ensureLoaded()) throw new SessionNotLoadedError()
    return state
  }

  #write(): SessionState {
    const state = this.#read()
    if (state.destroyed) throw new SessionDestroyedError()
    checkOpen(state)
    return state
  }
}

/** A mark that tells a flash message from any other one of its name. */
function newMark(): string {
  return Math.random().toString(36).slice(2, 8)
}

function checkOpen({ closed, explanation }: SessionState): void {
  if (!closed) return
  explanation?.tell('response-started')
  throw new SessionCommittedError()
}

/** What is inside a session, for the manager. */
export function stateOf<Data extends object, Flash extends object>(
  session: Session<Data, Flash>
): SessionState {
  return open(session)
}
