/**
 * Owners: which sessions of a storage are whose, to list them, to end them, and to have only so many.
 *
 * The storage's index names candidates: an entry is there before its record is, and may outlive it.
 * What a session's owner is, its record alone says, so an index that is late or stale harms nobody.
 *
 * @module
 */
import { atATime } from './at-a-time.ts'
import { chain, isPromise, type Awaitable } from './awaitable.ts'
import { SessionStorageError } from './errors.ts'
import type { SessionEmitter } from './events.ts'
import type { Deadlines } from './options.ts'
import { decodeRecord, type RecordOwner, type SessionRecord } from './record.ts'
import type { Origin, SessionState } from './session-state.ts'
import type { OwnerIndex, SessionStorage } from './storage/contract.ts'

/** One of an owner's sessions. */
export interface OwnedSession {
  /** The key under which it is stored: no id, and fit for a page. `sessions.keyOf` gives the same. */
  readonly key: string
  /** When it was created, in milliseconds since the epoch. */
  readonly createdAt: number
  /** When it ends at the latest, in milliseconds since the epoch. */
  readonly expiresAt: number
  /**
   * When it was used last, in milliseconds since the epoch, to within `touchEvery`; in the last
   * `idleTimeout` of its lifetime it may have been used since. `null` without an `idleTimeout`.
   */
  readonly lastSeenAt: number | null
  /** What was set as `session.labels`. */
  readonly labels: Readonly<Record<string, string>>
}

/** Which of an owner's sessions to end: all, but for one, or one alone. */
export interface Selection {
  readonly except: SessionState | undefined
  readonly only: string | undefined
}

/** What can be done with the sessions of an owner. */
export interface OwnerControl {
  /** The sessions of an owner, the newest first. */
  list(userId: string): Awaitable<OwnedSession[]>
  /** Ends sessions of an owner, and says how many; `null` where nobody can count them. */
  revoke(userId: string, selection: Selection): Promise<number | null>
}

/** What owners are made with. */
export interface OwnersSettings {
  readonly deadlines: Deadlines
  readonly events: SessionEmitter
  readonly keyOf: (id: string) => string
  /** The key of an owner in the index: a hash. */
  readonly ownerKeyOf: (userId: string) => string
  /** How many sessions an owner may have, and how many are left when there are more. */
  readonly max: number
  readonly kept: number
}

interface Candidate extends OwnedSession {
  /** When it became the owner's, in milliseconds since the epoch. */
  readonly since: number
}

/** Sessions of an owner that are read or ended at a time, so that a storage still answers others. */
const AT_A_TIME = 16
/** Failures in a row after which the storage is taken to be down. */
const MAX_FAILURES = 32
/** The newest sign-in first; of the same millisecond in one order, whoever looks. */
function byNewest(left: Candidate, right: Candidate): number {
  return right.since - left.since || (left.key < right.key ? 1 : -1)
}

/** Does something whose failure harms nobody; it has been told as an event. */
function quietly(call: () => Awaitable<unknown>): Awaitable<unknown> {
  try {
    const result = call()
    return isPromise(result) ? result.catch(() => undefined) : result
  } catch {
    return undefined
  }
}

/** The owners of the sessions in one storage. */
export class Owners implements OwnerControl {
  readonly #storage: SessionStorage
  readonly #index: OwnerIndex
  readonly #settings: OwnersSettings
  /** How many keys the index has of an owner whose record is about to be written. */
  readonly #counts = new WeakMap<RecordOwner, number | null>()

  /** Both are guarded: their failures are `SessionStorageError`s. */
  constructor(storage: SessionStorage, index: OwnerIndex, settings: OwnersSettings) {
    this.#storage = storage
    this.#index = index
    this.#settings = settings
  }

  /**
   * Puts a record into the index that is about to be written under a key, unless it is there.
   *
   * @param before The record that it follows.
   */
  claim(
    record: SessionRecord,
    key: string,
    before: SessionRecord | undefined
  ): Awaitable<SessionRecord> {
    const { owner, createdAt } = record
    if (owner === null) return record
    const known = before?.owner?.id === owner.id ? before.owner : undefined
    if (known?.until !== undefined) {
      return { ...record, owner: { ...owner, since: known.since, until: known.until } }
    }
    const until = createdAt + this.#settings.deadlines.lifetime
    const claimed = {
      ...record,
      owner: { ...owner, since: Date.now(), until },
      // As it is now: the handler may go on while the index is written.
      data: new Map(record.data),
      flash: new Map(record.flash),
    }
    return chain(this.#index.add(this.#indexKeyOf(owner.id), key, until), (count) => {
      this.#counts.set(claimed.owner, typeof count === 'number' ? count : null)
      return claimed
    })
  }

  /** When a record ends that would end at `expiresAt`: never after its entry in the index. */
  endOf({ owner }: SessionRecord, expiresAt: number): number {
    return Math.min(expiresAt, owner?.until ?? Infinity)
  }

  /** Brings the index up to what was written, and sees to it that an owner has not too many. */
  settle(before: Origin | null, after: Origin): Awaitable<unknown> {
    const [left, right] = [before?.record.owner, after.record.owner]
    if (left?.id === right?.id) return undefined
    const key = this.#settings.keyOf(after.id)
    const leave = (): Awaitable<unknown> =>
      left && this.#index.remove(this.#indexKeyOf(left.id), key)
    return chain(quietly(leave), () => right && this.#trim(right))
  }

  /** Takes a session out of the index that was destroyed. */
  forget(key: string, { owner }: SessionRecord): Awaitable<unknown> {
    if (owner === null) return undefined
    return quietly(() => this.#index.remove(this.#indexKeyOf(owner.id), key))
  }

  list(userId: string): Awaitable<OwnedSession[]> {
    return chain(this.#candidates(userId), (candidates) =>
      candidates.map(({ since: _, ...session }) => session)
    )
  }

  /**
   * Ends each session as it is found, a bounded number at a time, and goes on if one fails: whatever
   * stands in the way, each call makes progress.
   */
  async revoke(userId: string, { except, only }: Selection): Promise<number> {
    const { keyOf } = this.#settings
    const spared = except && keyOf(except.id)
    const keys = only === undefined ? await this.#index.keys(this.#indexKeyOf(userId)) : [only]
    // Another order each time: what fails each time must not keep us from the others.
    const shuffled = keys
      .map((key) => ({ key, place: Math.random() }))
      .sort((left, right) => left.place - right.place)
    let revoked = 0
    let failures = 0
    let failure: unknown
    await this.#each(shuffled, async ({ key }) => {
      if (key === spared || failures >= MAX_FAILURES) return
      try {
        if ((await this.#find(key, userId)) === null) return
        await this.#end(key, userId)
        revoked++
        failures = 0
      } catch (error) {
        failures++
        failure ??= error
      }
    })
    if (failure !== undefined) throw failure
    // An index that may have lost entries does not say that there are no more sessions.
    const gaps = await this.#index.gaps?.()
    if (gaps) throw this.#incomplete(gaps)
    return revoked
  }

  #incomplete(why: string): SessionStorageError {
    const error = new SessionStorageError('find by owner', new Error(why))
    this.#settings.events.emit('error', () => ({ error }))
    return error
  }

  /**
   * Ends the oldest sessions of an owner who has too many. Of parallel sign-ins the last one to look sees
   * all, and whatever the others end is not among the newest of all either.
   */
  #trim(owner: RecordOwner): Awaitable<unknown> {
    const { max, kept } = this.#settings
    const count = this.#counts.get(owner) ?? null
    if (count !== null && count <= max) return undefined
    return chain(this.#index.keys(this.#indexKeyOf(owner.id)), (keys) => {
      if (keys.length <= max) return undefined
      return chain(this.#candidates(owner.id, keys), (candidates) => {
        if (candidates.length <= max) return undefined
        return this.#each(candidates.slice(kept), ({ key }) => this.#end(key, owner.id))
      })
    })
  }

  #end(key: string, userId: string): Awaitable<unknown> {
    return chain(this.#storage.destroy(key), () => {
      this.#settings.events.emit('destroy', () => ({ key }))
      return quietly(() => this.#index.remove(this.#indexKeyOf(userId), key))
    })
  }

  /** The sessions that are the owner's, the newest first. */
  #candidates(userId: string, known?: readonly string[]): Awaitable<Candidate[]> {
    return chain(known ?? this.#index.keys(this.#indexKeyOf(userId)), (keys) => {
      const candidates: Candidate[] = []
      const look = (key: string): Awaitable<unknown> =>
        chain(this.#find(key, userId), (found) => found && candidates.push(found))
      return chain(this.#each(keys, look), () => candidates.sort(byNewest))
    })
  }

  /** Does work on each of some things: at once where nothing is waited for, else some at a time. */
  #each<Item>(
    items: readonly Item[],
    work: (item: Item) => Awaitable<unknown>
  ): Awaitable<unknown> {
    if (this.#storage.sync !== true) return atATime(AT_A_TIME, items, async (item) => work(item))
    const pending = items.map(work).filter(isPromise)
    return pending.length > 0 ? Promise.all(pending) : undefined
  }

  #find(key: string, userId: string): Awaitable<Candidate | null> {
    const { idleTimeout, lifetime } = this.#settings.deadlines
    return chain(this.#storage.read(key), (stored) => {
      const record = stored && decodeRecord(stored.value)
      if (stored === null || record?.owner?.id !== userId) return null
      const { createdAt, owner } = record
      const expiresAt = Math.min(stored.expiresAt, createdAt + lifetime)
      if (expiresAt <= Date.now()) return null
      const lastSeenAt = idleTimeout && Math.max(createdAt, expiresAt - idleTimeout)
      const { labels, since = 0 } = owner
      return { key, createdAt, expiresAt, lastSeenAt, labels, since }
    })
  }

  #indexKeyOf(userId: string): string {
    return this.#settings.ownerKeyOf(userId)
  }
}
