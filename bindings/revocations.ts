/**
 * Revocations: how sessions end that are kept in cookies, which nobody can take back.
 *
 * A storage keeps one entry for each session that has ended or rotated, and an epoch for each owner whose
 * sessions were ended all at once. Both are kept for longer than any cookie from before lives.
 *
 * ```text
 * "ended"                                      the session is over, whichever cookie of it comes
 * {"n":3,"t":1763700000000,"g":{"2":1763…}}    rotations below 3 are over since t; 2 has a grace
 * ```
 *
 * @module
 */
import { all, chain, type Awaitable } from './awaitable.ts'
import { ConfigurationError, SessionGoneError, SessionStorageError } from './errors.ts'
import type { SessionEmitter } from './events.ts'
import { LATE, refusal, type Found } from './keeper/contract.ts'
import type { Deadlines } from './options.ts'
import type { OwnedSession, OwnerControl, Selection } from './owners.ts'
import { CLOCK_SKEW, type RecordOwner, type SessionRecord } from './record.ts'
import type { Origin } from './session-state.ts'
import type { SessionStorage, StoredRecord } from './storage/contract.ts'

/** What revocations are made with. */
export interface RevocationsSettings {
  readonly deadlines: Deadlines
  readonly events: SessionEmitter
  readonly keyOf: (id: string) => string
  /** The key of an owner's epoch: a hash, of no id. */
  readonly ownerKeyOf: (userId: string) => string
  /** Makes an epoch that no other had. */
  readonly createEpoch: () => string
}

const ENDED = 'ended'
/** Graces of one session that last at a time. Older rotations end with the oldest of them. */
const MAX_GRACES = 8
/** Entries of others that may come between ours before the storage is at fault. */
const MAX_ATTEMPTS = 20

/** What an entry says of a session that has rotated. */
interface Rotated {
  /** The number of the current rotation. */
  readonly n: number
  /** When it became that, in milliseconds since the epoch. */
  readonly t: number
  /** Until when older rotations may be read, by their numbers. */
  readonly g: Readonly<Record<string, number>>
}

type Verdict = 'live' | 'snapshot' | 'late' | 'superseded' | 'ended'

/** What an entry says. One that cannot be read ends its session: a revocation fails closed. */
function decodeEntry(entry: StoredRecord | null): Rotated | typeof ENDED | null {
  if (entry === null) return null
  try {
    const { n, t, g } = JSON.parse(entry.value)
    const isRotated = Number.isSafeInteger(n) && Number.isSafeInteger(t)
    return isRotated ? { n, t, g: Object(g) } : ENDED
  } catch {
    return ENDED
  }
}

const numberOf = ({ rotation }: SessionRecord): number => Number(rotation)

/** Whether an owner was set by this request: those of records have an epoch, be it none. */
function isNew(owner: RecordOwner | null): owner is RecordOwner {
  return owner !== null && !('epoch' in owner)
}

/** The revocations in one storage, whose failures are `SessionStorageError`s already. */
export class Revocations implements OwnerControl {
  readonly async: boolean
  readonly #storage: SessionStorage
  readonly #settings: RevocationsSettings

  constructor(storage: SessionStorage, settings: RevocationsSettings) {
    this.async = storage.sync !== true
    this.#storage = storage
    this.#settings = settings
  }

  /** The session of a cookie that verified, a snapshot if its rotation is in its grace, or a refusal. */
  admit(origin: Origin): Awaitable<Found> {
    const key = this.#settings.keyOf(origin.id)
    return chain(this.#judge(origin, origin.record), ({ verdict }): Found => {
      if (verdict === 'live') return origin
      if (verdict === 'snapshot') return { ...origin, record: { ...origin.record, snapshot: true } }
      if (verdict === 'ended') return refusal('revoked', key)
      return refusal('superseded', key, verdict === 'late' ? origin : null)
    })
  }

  /** Whether a cookie that was live is so still. */
  isCurrent(origin: Origin): Awaitable<boolean> {
    return chain(this.#judge(origin, origin.record), ({ verdict }) => verdict === 'live')
  }

  /**
   * Prepares the record of a session to be put into its cookie.
   *
   * @param grace Seconds for which the old cookie may still be read, if the session has rotated.
   * @throws SessionGoneError if the session has ended or rotated meanwhile.
   */
  claim(record: SessionRecord, before: Origin | null, grace: number): Awaitable<SessionRecord> {
    if (before === null) return this.#stamp(record)
    return chain(this.#judge(before, record), ({ verdict, entry }) => {
      if (verdict !== 'live' || before.record.snapshot) return this.#gone(before)
      if (record.rotation === before.record.rotation) return this.#stamp(record)
      const rotated = this.#rotate(record, before, grace, decodeEntry(entry))
      return chain(this.#put(before, rotated, entry), (written) =>
        // Of two requests that rotate at once, one wins.
        written ? this.#stamp(record) : this.#gone(before)
      )
    })
  }

  /** Ends a session, whatever its rotation is now. */
  end(origin: Origin, attempt = 0): Awaitable<unknown> {
    return chain(this.#storage.read(this.#settings.keyOf(origin.id)), (entry) => {
      if (decodeEntry(entry) === ENDED) return undefined
      return chain(this.#put(origin, ENDED, entry), (written) => {
        if (written) return undefined
        if (attempt === MAX_ATTEMPTS) throw this.#broken('write')
        return this.end(origin, attempt + 1)
      })
    })
  }

  list(): Awaitable<OwnedSession[]> {
    throw new ConfigurationError('The cookie storage keeps no sessions that could be listed')
  }

  async revoke(userId: string, { except, only }: Selection): Promise<null> {
    if (only !== undefined) this.list()
    await this.#endAll(userId)
    const owner = except?.view.owner
    // It gets the new epoch as one that signs in does.
    if (owner?.id === userId) except?.own({ id: owner.id, labels: owner.labels })
    return null
  }

  /** Begins a new epoch of an owner. */
  async #endAll(userId: string): Promise<void> {
    const { ownerKeyOf, createEpoch, deadlines } = this.#settings
    const key = ownerKeyOf(userId)
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const current = await this.#storage.read(key)
      const expiresAt = Date.now() + deadlines.lifetime + CLOCK_SKEW
      const options = { expiresAt, ifVersion: current?.version ?? null, keep: true }
      if (await this.#storage.write(key, createEpoch(), options)) return
    }
    throw this.#broken('write')
  }

  /** Whether a session goes on as `record`. Who has just signed in did so after any revocation. */
  #judge(
    { id, record: before }: Origin,
    record: SessionRecord
  ): Awaitable<{ verdict: Verdict; entry: StoredRecord | null }> {
    const { keyOf, ownerKeyOf } = this.#settings
    const { owner } = before
    const keys = [keyOf(id)]
    if (owner !== null && !isNew(record.owner)) keys.push(ownerKeyOf(owner.id))
    return chain(all(keys.map((key) => this.#storage.read(key))), ([entry = null, epoch]) => {
      const ended = epoch && epoch.value !== owner?.epoch
      return { verdict: ended ? 'ended' : verdictOf(numberOf(before), decodeEntry(entry)), entry }
    })
  }

  /** What the entry of a session says once it has rotated. */
  #rotate(
    record: SessionRecord,
    before: Origin,
    grace: number,
    entry: Rotated | typeof ENDED | null
  ): Rotated {
    const now = Date.now()
    const graces = Object.entries(entry === null || entry === ENDED ? {} : entry.g)
    if (grace > 0) graces.push([`${numberOf(before.record)}`, now + grace * 1000])
    const lasting = graces.filter(([, until]) => until > now).slice(-MAX_GRACES)
    return { n: numberOf(record), t: now, g: Object.fromEntries(lasting) }
  }

  /** Gives the record its owner's epoch, unless it has one. */
  #stamp(record: SessionRecord): Awaitable<SessionRecord> {
    const { owner } = record
    if (!isNew(owner)) return record
    const stamped = { ...record, data: new Map(record.data), flash: new Map(record.flash) }
    return chain(this.#storage.read(this.#settings.ownerKeyOf(owner.id)), (epoch) => ({
      ...stamped,
      owner: { id: owner.id, labels: owner.labels, epoch: epoch?.value },
    }))
  }

  /** Writes the entry of a session, until the last of its cookies has ended by anybody's clock. */
  #put(
    { id, record }: Origin,
    value: Rotated | typeof ENDED,
    before: StoredRecord | null
  ): Awaitable<boolean> {
    const expiresAt = record.createdAt + this.#settings.deadlines.lifetime + CLOCK_SKEW
    const options = { expiresAt, ifVersion: before?.version ?? null, keep: true }
    const text = value === ENDED ? ENDED : JSON.stringify(value)
    return this.#storage.write(this.#settings.keyOf(id), text, options)
  }

  #broken(operation: string): SessionStorageError {
    const error = new SessionStorageError(operation, new Error('every attempt was a conflict'))
    this.#settings.events.emit('error', () => ({ error }))
    return error
  }

  #gone({ id }: Origin): never {
    this.#settings.events.emit('conflict', () => ({ key: this.#settings.keyOf(id), gone: true }))
    throw new SessionGoneError()
  }
}

/** What an entry says of a cookie with the rotation of a number. */
function verdictOf(number: number, entry: Rotated | typeof ENDED | null): Verdict {
  if (entry === null) return 'live'
  if (entry === ENDED) return 'ended'
  if (number >= entry.n) return 'live'
  const now = Date.now()
  if ((entry.g[number] ?? 0) > now) return 'snapshot'
  return now - entry.t < LATE ? 'late' : 'superseded'
}
