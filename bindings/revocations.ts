/**
 * Revocations: how sessions end that are kept in cookies, which nobody can take back.
 *
 * A storage keeps a list of those that have ended, and an epoch for each owner whose sessions were
 * ended all at once. Both are kept for as long as a cookie from before could live, and no longer.
 *
 * @module
 */
import { all, chain, type Awaitable } from './awaitable.ts'
import { ConfigurationError, SessionGoneError } from './errors.ts'
import type { SessionEmitter } from './events.ts'
import { type Explanation, refuse } from './explanation.ts'
import type { Deadlines } from './options.ts'
import type { OwnedSession, OwnerControl, Selection } from './owners.ts'
import type { RecordOwner, SessionRecord } from './record.ts'
import type { Origin } from './session-state.ts'
import type { SessionStorage } from './storage/contract.ts'

/** What revocations are made with. */
export interface RevocationsSettings {
  readonly deadlines: Deadlines
  readonly events: SessionEmitter
  readonly keyOf: (id: string) => string
  /** The key of an owner's epoch: a hash, of no id. */
  readonly ownerKeyOf: (userId: string) => string
  /** Makes the text of an epoch that no other had. */
  readonly createEpoch: () => string
}

type Verdict = 'live' | 'frozen' | 'ended'

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

  /** The session of a cookie that verified: frozen if it has moved on, `null` if it was ended. */
  admit(origin: Origin, explanation: Explanation | null): Awaitable<Origin | null> {
    return chain(this.#judge(origin, origin.record), (verdict) => {
      if (verdict === 'live') return origin
      if (verdict === 'frozen') return { ...origin, record: { ...origin.record, frozen: true } }
      refuse(this.#settings.events, 'revoked', explanation)
      return null
    })
  }

  /**
   * Prepares the record of a session to be put into its cookie.
   *
   * @param grace Seconds that the old cookie may still be read, if the session has a new id.
   * @throws SessionGoneError if the session was ended meanwhile.
   */
  claim(record: SessionRecord, before: Origin | null, grace: number): Awaitable<SessionRecord> {
    if (before === null) return this.#stamp(record)
    return chain(this.#judge(before, record), (verdict) => {
      if (verdict !== 'live' || before.record.frozen) return this.#gone(before)
      if (record.id === before.id) return this.#stamp(record)
      return chain(this.#list(before, grace, null), (listed) =>
        // Of two requests that both regenerate, one wins.
        listed ? this.#stamp(record) : this.#gone(before)
      )
    })
  }

  /** Ends a session. */
  end(origin: Origin): Awaitable<unknown> {
    return chain(this.#list(origin, 0, null), (listed) => {
      if (listed) return undefined
      // It has a new id and may still be read, or has ended already.
      return chain(this.#storage.read(this.#settings.keyOf(origin.id)), (entry) =>
        entry === null ? undefined : this.#list(origin, 0, entry.version)
      )
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
    let written = false
    while (!written) {
      const current = await this.#storage.read(key)
      const expiresAt = Date.now() + deadlines.lifetime
      const options = { expiresAt, ifVersion: current?.version ?? null }
      written = await this.#storage.write(key, createEpoch(), options)
    }
  }

  /** Whether a session goes on as `record`. Who has just signed in did so after any revocation. */
  #judge({ id, record: { owner } }: Origin, record: SessionRecord): Awaitable<Verdict> {
    const { keyOf, ownerKeyOf } = this.#settings
    const keys = [keyOf(id)]
    if (owner !== null && !isNew(record.owner)) keys.push(ownerKeyOf(owner.id))
    return chain(all(keys.map((key) => this.#storage.read(key))), ([entry, epoch]) => {
      if (epoch && epoch.value !== owner?.epoch) return 'ended'
      if (!entry) return 'live'
      return Number(entry.value) > Date.now() ? 'frozen' : 'ended'
    })
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

  /** Puts a session on the list, until the last of its cookies would have ended. */
  #list({ id, record }: Origin, grace: number, ifVersion: number | null): Awaitable<boolean> {
    const endsAt = Date.now() + grace * 1000
    const expiresAt = record.createdAt + this.#settings.deadlines.lifetime
    return this.#storage.write(this.#settings.keyOf(id), `${endsAt}`, { expiresAt, ifVersion })
  }

  #gone({ id }: Origin): never {
    this.#settings.events.emit('conflict', () => ({ key: this.#settings.keyOf(id), gone: true }))
    throw new SessionGoneError()
  }
}
