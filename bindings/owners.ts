/**
 * Owners: which sessions of a storage are whose, to list them, to end them, and to have only so many.
 *
 * The storage's index names candidates: an entry is there before its record is, and may outlive it.
 * What a session's owner is, its record alone says, so an index that is late or stale harms nobody.
 *
 * @module
 */
import { all, chain, isPromise, type Awaitable } from './awaitable.ts'
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
  /** How many sessions an owner may have; `Infinity` for any number. */
  readonly max: number
}

interface Candidate {
  readonly key: string
  readonly record: SessionRecord & { readonly owner: RecordOwner }
  readonly expiresAt: number
}

/** Sorts by time, and what came in the same millisecond by key: the same way for who ever looks. */
function rankOf(key: string): string {
  return Date.now().toString(36).padStart(9, '0') + key.slice(0, 8)
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

  /** Both are guarded: their failures are `SessionStorageError`s. */
  constructor(storage: SessionStorage, index: OwnerIndex, settings: OwnersSettings) {
    this.#storage = storage
    this.#index = index
    this.#settings = settings
  }

  /**
   * Puts a record into the index that is about to be written under a key, unless it is there.
   *
   * @param before The record that it follows, and whether that has the same key.
   */
  claim(
    record: SessionRecord,
    key: string,
    before: SessionRecord | undefined,
    sameKey: boolean
  ): Awaitable<SessionRecord> {
    const { owner, createdAt } = record
    if (owner === null) return record
    const known = before?.owner?.id === owner.id ? before.owner : undefined
    if (sameKey && known?.rank !== undefined) {
      return { ...record, owner: { ...owner, rank: known.rank, until: known.until } }
    }
    const until = createdAt + this.#settings.deadlines.lifetime
    const claimed: SessionRecord = {
      ...record,
      owner: { ...owner, rank: known?.rank ?? rankOf(key), until },
      // As it is now: the handler may go on while the index is written.
      data: new Map(record.data),
      flash: new Map(record.flash),
    }
    return chain(this.#index.add(this.#indexKeyOf(owner.id), key, until), () => claimed)
  }

  /** When a record ends that would end at `expiresAt`: never after its entry in the index. */
  endOf({ owner }: SessionRecord, expiresAt: number): number {
    return Math.min(expiresAt, owner?.until ?? Infinity)
  }

  /** Brings the index up to what was written, and sees to it that an owner has not too many. */
  settle(before: Origin | null, after: Origin, grace: number): Awaitable<unknown> {
    const { keyOf, max } = this.#settings
    const [left, right] = [before?.record.owner, after.record.owner]
    const sameOwner = left?.id === right?.id
    const leave = (): Awaitable<unknown> => {
      if (before === null || !left || (sameOwner && before.id === after.id)) return undefined
      const [owner, key] = [this.#indexKeyOf(left.id), keyOf(before.id)]
      if (grace === 0) return this.#index.remove(owner, key)
      return this.#index.add(owner, key, Math.min(before.expiresAt, Date.now() + grace * 1000))
    }
    return chain(quietly(leave), () =>
      right && !sameOwner && max < Infinity ? this.#trim(right.id, max) : undefined
    )
  }

  /** Takes a session out of the index that was destroyed. */
  forget({ id, record: { owner } }: Origin): Awaitable<unknown> {
    if (owner === null) return undefined
    return quietly(() => this.#index.remove(this.#indexKeyOf(owner.id), this.#settings.keyOf(id)))
  }

  list(userId: string): Awaitable<OwnedSession[]> {
    const { idleTimeout } = this.#settings.deadlines
    return chain(this.#candidates(userId), (candidates) =>
      candidates
        .filter(({ record }) => !record.frozen)
        .map(({ key, record: { createdAt, owner }, expiresAt }) => {
          const lastSeenAt = idleTimeout && Math.max(createdAt, expiresAt - idleTimeout)
          return { key, createdAt, expiresAt, lastSeenAt, labels: owner.labels }
        })
    )
  }

  /**
   * A session that gets another id meanwhile is in the index under both keys, but we may look for the
   * new record before it is there and for the old one after it has gone. So we look until there is
   * nothing, and at least twice.
   */
  async revoke(userId: string, { except, only }: Selection): Promise<number> {
    const { keyOf } = this.#settings
    const sparedKeys = except ? [except.id, except.origin?.id ?? except.id].map(keyOf) : []
    const sparedRank = except?.origin?.record.owner?.rank
    const isSpared = ({ key, record: { owner } }: Candidate): boolean =>
      (only !== undefined && key !== only) ||
      sparedKeys.includes(key) ||
      (sparedRank !== undefined && sparedRank === owner.rank)
    let revoked = 0
    for (let pass = 1, found = 0; found > 0 || pass <= 2; pass++) {
      const candidates = await this.#candidates(userId)
      const ended = candidates.filter((candidate) => !isSpared(candidate))
      await all(ended.map((candidate) => this.#end(candidate)))
      revoked += ended.filter(({ record }) => !record.frozen).length
      found = ended.length
    }
    return revoked
  }

  /**
   * Ends the oldest sessions of an owner who has more than `max`. Of parallel sign-ins the last one to
   * look sees all, and whatever the others end is not among the newest of all either.
   */
  #trim(userId: string, max: number): Awaitable<unknown> {
    return chain(this.#candidates(userId), (candidates) => {
      const live = candidates.filter(({ record }) => !record.frozen)
      // One that gets another id at this moment is there twice, with one rank.
      const ranks = [...new Set(live.map(({ record }) => record.owner.rank))]
      const kept = new Set(ranks.slice(0, max))
      const ended = live.filter(({ record }) => !kept.has(record.owner.rank))
      return all(ended.map((candidate) => this.#end(candidate)))
    })
  }

  #end({ key, record }: Candidate): Awaitable<unknown> {
    return chain(this.#storage.destroy(key), () => {
      this.#settings.events.emit('destroy', () => ({ key }))
      return quietly(() => this.#index.remove(this.#indexKeyOf(record.owner.id), key))
    })
  }

  /** The records that are the owner's, the newest first. */
  #candidates(userId: string): Awaitable<Candidate[]> {
    return chain(this.#index.keys(this.#indexKeyOf(userId)), (keys) =>
      chain(all(keys.map((key) => this.#find(key, userId))), (found) =>
        found
          .filter((candidate) => candidate !== null)
          .sort(({ record: { owner: left } }, { record: { owner: right } }) =>
            (left.rank ?? '') < (right.rank ?? '') ? 1 : -1
          )
      )
    )
  }

  #find(key: string, userId: string): Awaitable<Candidate | null> {
    return chain(this.#storage.read(key), (stored) => {
      const record = stored && decodeRecord(stored.value)
      if (stored === null || record?.owner?.id !== userId) return null
      const end = record.createdAt + this.#settings.deadlines.lifetime
      const expiresAt = Math.min(stored.expiresAt, end)
      if (expiresAt <= Date.now()) return null
      return { key, record: { ...record, owner: record.owner }, expiresAt }
    })
  }

  #indexKeyOf(userId: string): string {
    return this.#settings.ownerKeyOf(userId)
  }
}
