/**
 * What is inside a session: where it came from, what it looks like now, and what was done to it.
 *
 * A request's work is kept as a list of changes, each a function of a draft. They are applied at once,
 * so that the handler sees them, and applied again to the newest record if another request has written
 * meanwhile: neither loses anything.
 *
 * @module
 */
import type { Awaitable } from './awaitable.ts'
import type { TokenRing } from './codec/engine.ts'
import type { Explanation } from './explanation.ts'
import { decodeRecord, type FlashMessage, type SessionOwner, type SessionRecord } from './record.ts'

/** A stored session that came with a request. */
export interface Origin {
  /** Its id; of a snapshot, the older one that it is a snapshot of. */
  readonly id: string
  readonly record: SessionRecord
  /** The record's text, as it is stored. */
  readonly text: string
  /** The version that the storage gave it; `null` in a cookie. */
  readonly version: number | null
  /** When it ends, in milliseconds since the epoch. */
  readonly expiresAt: number
  /** Whether its cookie should be sent again: an older secret signed it. */
  readonly reissue: boolean
  /** Whether its cookie says that a flash message waits. */
  readonly flashMarked: boolean
}

/** A token that came with a request and is no session for it. */
export interface RefusedToken {
  /** The session that goes on all the same: only `destroy()` reaches it. */
  readonly current: Origin | null
  /**
   * Whether this is a late request of a browser that has a newer rotation: nothing is stored, so that no
   * cookie replaces the newer one.
   */
  readonly isLate: boolean
  /** Whether the client had better forget the token. */
  readonly isRemovable: boolean
}

/** How to find out which session came with a request. */
export interface Source {
  /** Finds the session; `null` if none came. */
  load(): Awaitable<Origin | null>
  /** Whether `load` returns a promise. */
  readonly async: boolean
  /** The id of the session that may have come, verified, without asking the storage. */
  readonly id: string | null
  /** Why `load` gave `null` although a session may be there: an empty one stands in for it. */
  readonly failure: unknown
  /** The token that came, if it is no session. */
  readonly refused?: RefusedToken | null
  /** Whether no request brought the session, so that flash messages go on waiting. */
  readonly background?: boolean
  /** Whether the cookie says, unverified, that a flash message waits to be delivered. */
  flashWaits(): boolean
}

/** By what a session came, and goes back: its cookie, `Authorization: Bearer`, or another header. */
export type TransportKind = 'cookie' | 'bearer' | 'header'

/** The lock of a session, held. */
export interface Lease {
  /** The storage key that it is for. */
  readonly key: string
  /** Whether it was given back before the session was committed: its client has gone. */
  readonly abandoned: boolean
  /** Whether nobody else can have had it since it was taken, as far as the clock of this process says. */
  readonly certain: boolean
  /** Whether the storage says that nobody else has it. */
  isOurs(): Awaitable<boolean>
  /** Gives it to the next request. Never rejects. */
  release(): Promise<void>
}

/** What a state needs from its manager. */
export interface Host {
  /** Makes the id of a new session. */
  createId(): string
  /** The id that a session has after its next rotation. */
  nextId(origin: Origin): string
  /** Takes the lock of a session, and makes the session the newest one. */
  lock(state: SessionState, signal?: AbortSignal): Promise<void>
  /** The name of the cookie for HTTPS, for which the keys are. */
  readonly cookieName: string
  /** What signs and opens tokens against forged requests. */
  csrfRing(): TokenRing
  /** What kind of transport a way is. */
  transportOf(way: number): TransportKind
  /** Throws where a session cannot have an owner. */
  checkOwners(): void
  /** Whether to notice values that are changed in place. */
  readonly trackMutations: boolean
}

/** A record in work. */
export interface Draft {
  readonly data: Map<string, unknown>
  readonly flash: Map<string, FlashMessage>
  owner: SessionOwner | null
  authenticatedAt: number | null
}

/** One change of a draft, which can be made again on another one. */
export type Change = (draft: Draft) => void

/** What a session looks like while nothing was changed: no map is made for it. */
interface View {
  readonly data: ReadonlyMap<string, unknown>
  readonly flash: ReadonlyMap<string, FlashMessage>
  readonly owner: SessionOwner | null
  readonly authenticatedAt: number | null
}

const NO_FLASH: ReadonlyMap<string, FlashMessage> = new Map()
const EMPTY_VIEW: View = { data: new Map(), flash: NO_FLASH, owner: null, authenticatedAt: null }

/** Stands for all keys, among those that a handler has looked at under a lock. */
const EVERY_KEY = Symbol('every key')

/** The state of a session. Only the manager and `Session` see it. */
export class SessionState {
  /** The stored session that came, once it is loaded. */
  origin: Origin | null = null
  /** What the session holds now, with the changes. `flash` is for the next request. */
  view: View = EMPTY_VIEW
  /** The flash messages that the last request left, without those that were taken out. */
  incoming: ReadonlyMap<string, FlashMessage> = NO_FLASH
  /** What was done, in order. */
  changes: Change[] = []
  /** The token that came, if it is no session. */
  refused: RefusedToken | null = null
  /** Seconds that the old id may still be read, if the session gets a new one. */
  grace: number | null = null
  /** When the cookie that the response sends was made, where the record keeps that; else 0. */
  cookieAt = 0
  accessed = false
  touched = false
  destroyed = false
  /** Whether the client was told to forget its token. */
  removed = false
  /** Whether the response has started, so that no change can be kept any more. */
  closed = false
  /** The lock that the session is worked on under. */
  lease: Lease | null = null
  /** Whether `session.load()` takes the lock first. */
  lockOnLoad = false
  /** Why this session stands in for one that could not be read, if so: nothing of it is kept. */
  failure: unknown = null
  /** Which of the manager's channels the session came by, and goes back by. */
  readonly way: number
  /** What that channel was given to look for the session in: the Cookie header, or nothing. */
  readonly received: string
  /** What goes back in a header of the response, if the session came in one: the last line. */
  answer: string | null = null
  /** What is told of the request, if somebody wants to know. */
  readonly explanation: Explanation | null

  /** How many of the changes the record that is being written holds. */
  written = 0

  #source: Source | null
  readonly #background: boolean
  #loading: Promise<void> | null = null
  #locking: Promise<void> | null = null
  /** Whether the session could not be loaded, so that there cannot be anything to write. */
  #unread = false
  /** Whether the session has been committed before. */
  #settled = false
  #id: string | null = null
  /** When this request said that its visitor proved who they are. */
  #authenticatedAt: number | null = null
  /** The messages that came with the request, which the next record must not hold. */
  #delivered: ReadonlyMap<string, FlashMessage> = NO_FLASH
  /** The keys that were read or set since the lock was taken; `null` without a lock. */
  #seen: Set<string | symbol> | null = null
  /** The view, once it is this request's own. */
  #draft: Draft | null = null
  readonly #host: Host
  readonly #handedOut: Map<string, string> | null

  constructor(
    source: Source | null,
    host: Host,
    way: number,
    received: string,
    explanation: Explanation | null
  ) {
    this.way = way
    this.explanation = explanation
    this.received = received
    this.#source = source
    this.#background = source?.background === true
    this.#host = host
    this.#handedOut = host.trackMutations ? new Map() : null
  }

  /**
   * Whether there is nothing to commit: nobody looked at the session, and no flash message has to be
   * delivered either; or it could not be loaded, and asking again would only fail again.
   */
  get untouched(): boolean {
    if (this.#source === null) return false
    if (this.#unread) return !this.destroyed
    return !this.accessed && !this.#source.flashWaits()
  }

  /** What signs tokens against forged requests, and opens them under a name. */
  get csrf(): { readonly name: string; readonly ring: TokenRing } {
    return { name: this.#host.cookieName, ring: this.#host.csrfRing() }
  }

  /** By what the session came, and goes back. */
  get transport(): TransportKind {
    return this.#host.transportOf(this.way)
  }

  /** The id, made when it is first asked for. */
  get id(): string {
    return (this.#id ??= this.origin?.id ?? this.#host.createId())
  }

  /** The id under which the session is stored, as far as the request says that there is one. */
  get storedId(): string | null {
    return this.#source === null ? (this.origin?.id ?? null) : this.#source.id
  }

  /** Whether there is something to write. */
  get dirty(): boolean {
    if (this.destroyed) return true
    // A session that was never stored and holds nothing leaves nothing, whatever was tried with it.
    if (this.origin === null) {
      const { data, flash, owner, authenticatedAt } = this.view
      return data.size > 0 || flash.size > 0 || owner !== null || authenticatedAt !== null
    }
    return this.grace !== null || this.changes.length > 0 || this.#delivered.size > 0
  }

  /** Loads the session if that can be done at once; `false` if `load` must be waited for first. */
  ensureLoaded(): boolean {
    if (this.#source === null) return true
    if (this.#source.async) return false
    this.#unread = true
    this.#adopt(this.#source.load() as Origin | null)
    return true
  }

  /** Loads the session, once. */
  load(): Awaitable<void> {
    if (this.#source === null || this.ensureLoaded()) return
    const failed = (error: unknown): never => {
      this.#unread = true
      throw error
    }
    this.#loading ??= (this.#source.load() as Promise<Origin | null>)
      .then((origin) => this.#adopt(origin), failed)
      .finally(() => {
        this.#loading = null
      })
    return this.#loading
  }

  /** Takes the lock, once, and makes the session the newest one. */
  lock(signal?: AbortSignal): Awaitable<void> {
    if (this.lease !== null) return
    this.#locking ??= this.#host.lock(this, signal).finally(() => {
      this.#locking = null
    })
    return this.#locking
  }

  /** Has the lock from now on. */
  hold(lease: Lease | null): void {
    this.lease = lease
    this.#seen = lease === null ? null : new Set()
  }

  /** Gives the lock back, if there is one. */
  async unlock(): Promise<void> {
    const { lease } = this
    this.hold(null)
    await lease?.release()
  }

  /** Notes that a value was read or set, which matters under a lock: without a name, all of them. */
  see(key: string | symbol = EVERY_KEY): void {
    this.#seen?.add(key)
  }

  /**
   * Whether the work may be done again on a newer record of the session: under a lock, only if nothing
   * has changed that the handler has looked at or set.
   */
  mayRebase({ record }: Origin): boolean {
    const seen = this.#seen
    if (seen === null || this.origin === null) return true
    // From the string: a handler may have changed values of the decoded record in place.
    const before = decodeRecord(this.origin.text)!
    const keys = seen.has(EVERY_KEY)
      ? new Set([...before.data.keys(), ...record.data.keys()])
      : [...seen].filter((key) => typeof key === 'string')
    const isSame = (left: unknown, right: unknown): boolean =>
      JSON.stringify(left) === JSON.stringify(right)
    return (
      [...keys].every((key) => isSame(before.data.get(key), record.data.get(key))) &&
      [...this.view.flash.keys()].every((key) =>
        isSame(before.flash.get(key), record.flash.get(key))
      ) &&
      before.owner?.id === record.owner?.id &&
      isSame(before.owner?.labels, record.owner?.labels) &&
      before.authenticatedAt === record.authenticatedAt
    )
  }

  /**
   * Takes what is stored now for what was read before; `null` if it is no session for this request any
   * more, as `refused` says. `false` if there are pending changes but the session no longer exists for
   * this request.
   */
  refresh(newest: Origin | null, refused: RefusedToken | null): boolean {
    this.#handedOut?.clear()
    const idle = this.changes.length === 0 && this.grace === null && !this.#settled
    if (idle) {
      this.#id = null
      this.#adopt(newest)
      this.refused = refused
    } else if (newest === null || newest.record.snapshot) return false
    else this.rebase(newest)
    return true
  }

  #adopt(origin: Origin | null): void {
    const source = this.#source
    if (source !== null) {
      this.failure = source.failure
      this.refused = source.refused ?? null
      this.#source = null
    }
    this.origin = origin
    this.view = EMPTY_VIEW
    this.incoming = NO_FLASH
    this.#delivered = NO_FLASH
    if (origin === null) return
    const { data, flash, snapshot, owner, authenticatedAt } = origin.record
    this.view = { data, flash: this.#background ? flash : NO_FLASH, owner, authenticatedAt }
    // The messages in a snapshot are for whoever has the newer rotation.
    if (snapshot || this.#background) return
    this.incoming = flash
    this.#delivered = flash
  }

  /** Makes a change, now and whenever the work is done again. */
  change(change: Change): void {
    const { data, flash, owner, authenticatedAt } = this.view
    this.#draft ??= { data: new Map(data), flash: new Map(flash), owner, authenticatedAt }
    this.view = this.#draft
    change(this.#draft)
    this.changes.push(change)
  }

  /** Gives the session to a user, or to nobody. */
  own(owner: SessionOwner | null): void {
    if (owner !== null) this.#host.checkOwners()
    const proof = this.#authenticatedAt
    this.change((draft) => {
      // That somebody else proved who they are says nothing of this user.
      if (draft.owner !== null && draft.owner.id !== owner?.id) draft.authenticatedAt = proof
      draft.owner = owner
    })
  }

  /** The visitor has proved who they are, now. */
  authenticate(): void {
    const now = Date.now()
    this.#authenticatedAt = now
    this.change((draft) => {
      draft.authenticatedAt = now
    })
  }

  /** Takes a flash message out, or all of them: they are not seen any more. */
  takeOut(key?: string): void {
    const rest = new Map(this.incoming)
    if (key === undefined) rest.clear()
    else rest.delete(key)
    this.incoming = rest
  }

  /**
   * Gives the session a new id: the same session key with another rotation. A snapshot and a session
   * that is not stored have no rotation to change; they get an id of their own.
   */
  regenerate(grace: number): void {
    this.grace = grace
    const { origin } = this
    const rotates = origin !== null && !origin.record.snapshot
    this.#id = rotates ? this.#host.nextId(origin) : this.#host.createId()
  }

  /** Whether the handler said that its visitor has just authenticated. */
  get authenticates(): boolean {
    return this.#authenticatedAt !== null
  }

  /** Does the work on an empty session instead: the handler of a snapshot has signed somebody in. */
  startAnew(): void {
    this.origin = null
    this.#draft = { data: new Map(), flash: new Map(), owner: null, authenticatedAt: null }
    this.view = this.#draft
    for (const change of this.changes) change(this.#draft)
  }

  /** Gives a session that was never stored another id, should its own be taken. */
  replaceId(): void {
    this.#id = this.#host.createId()
  }

  /** Does the work again on a newer record of the same session. */
  rebase(origin: Origin): void {
    const flash = new Map(origin.record.flash)
    for (const [key, { mark }] of this.#delivered) {
      if (flash.get(key)?.mark === mark) flash.delete(key)
    }
    this.origin = origin
    const { data, owner, authenticatedAt } = origin.record
    this.#draft = { data: new Map(data), flash, owner, authenticatedAt }
    this.view = this.#draft
    for (const change of this.changes) change(this.#draft)
  }

  /** The work has been written as `origin`; what came later is still to be written. */
  settle(origin: Origin | null): void {
    this.#settled = true
    this.origin = origin
    this.changes = this.changes.slice(this.written)
    if (this.#draft && this.changes.length === 0) this.#draft.owner = origin?.record.owner ?? null
    this.grace = null
    this.cookieAt = 0
    this.touched = false
    this.refused = null
    this.#delivered = NO_FLASH
  }

  /** Remembers what an object looked like when the handler got it, in development. */
  handOut(key: string, value: unknown): unknown {
    if (this.#handedOut === null || typeof value !== 'object' || value === null) return value
    if (!this.#handedOut.has(key)) this.#handedOut.set(key, JSON.stringify(value))
    return value
  }

  /** The keys of values that were mutated in place after the handler got them. */
  mutatedKeys(): string[] {
    if (this.#handedOut === null) return []
    return [...this.#handedOut]
      .filter(([key, before]) => JSON.stringify(this.view.data.get(key)) !== before)
      .map(([key]) => key)
  }
}
