/**
 * Finds the sessions of a storage on the server: reads records, and judges them.
 *
 * @module
 */
import { chain, isPromise, type Awaitable } from '../awaitable.ts'
import type { OpenedToken } from '../codec/engine.ts'
import { ID_SIZE, isId, SESSION_KEY_SIZE, sessionKeyOf } from '../id.ts'
import { endReason } from '../options.ts'
import { decodeRecord, isShareable, type SessionRecord } from '../record.ts'
import type { Origin } from '../session-state.ts'
import type { SessionStorage, StoredRecord } from '../storage/contract.ts'
import {
  fitsSchema,
  isRefusal,
  LATE,
  refusal,
  type Found,
  type KeeperSettings,
} from './contract.ts'

/** What the keeper of a server storage is made from. */
export interface ServerKeeperSettings extends KeeperSettings {
  /** The storage key of the snapshot that a rotation leaves for its `grace`, by the old id. */
  readonly snapshotKeyOf: (id: string) => string
  /** Bytes that a record may have. */
  readonly maxSize: number
}

/** The id in a verified token: it is ours, so its length tells it from everything else. */
export function idOf({ format, text }: OpenedToken): string | null {
  return (format === 'T' || format === 't') && text.length === ID_SIZE ? text : null
}

/** Finds sessions. */
export interface Records {
  /** The session of a verified token, or why there is none. */
  find(token: OpenedToken): Awaitable<Found>
  /**
   * The session of an id, or why there is none: only with the current rotation, or in its grace.
   *
   * @param fresh Whether to ask past copies that may be behind.
   */
  findById(id: string, reissue: boolean, flashMarked: boolean, fresh?: boolean): Awaitable<Found>
  /** The session of an id, whatever its rotation is now. */
  current(id: string): Awaitable<Origin | null>
}

/** Makes the records of a storage, whose failures are `SessionStorageError`s already. */
export function createRecords(
  storage: SessionStorage,
  { deadlines, schema, keyOf, snapshotKeyOf }: ServerKeeperSettings
): Records {
  const decode =
    storage.sync === true
      ? createDecoder()
      : ({ value }: StoredRecord): SessionRecord | null => decodeRecord(value)

  const mayLag = storage.consistency === 'eventual'

  /** What is stored under a key, as the session of its own rotation. */
  const judge = (
    id: string,
    key: string,
    stored: StoredRecord | null,
    reissue: boolean,
    flashMarked: boolean
  ): Found => {
    if (stored === null) return refusal('unknown-id', key)
    const record = decode(stored)
    if (record === null) return refusal('corrupt', key)
    // A storage may be late in dropping what has ended, and the lifetime may be shorter now.
    const end = Math.min(stored.expiresAt, record.createdAt + deadlines.lifetime)
    if (end <= Date.now()) {
      return refusal(endReason(deadlines, record.createdAt), key)
    }
    const { value: text, version, expiresAt } = stored
    const isCurrent = record.snapshot || id.startsWith(record.rotation, SESSION_KEY_SIZE)
    const currentId = isCurrent ? id : sessionKeyOf(id) + record.rotation
    return { id: currentId, record, text, version, expiresAt, reissue, flashMarked }
  }

  /** The snapshot that the rotation of an id has left, or that it was superseded. */
  const findSnapshot = (id: string, key: string, current: Origin): Awaitable<Found> => {
    const { graceUntil, rotatedAt } = current.record
    const now = Date.now()
    const superseded = refusal('superseded', key, now - rotatedAt < LATE ? current : null)
    if (graceUntil <= now) return superseded
    return chain(storage.read(snapshotKeyOf(id)), (stored) => {
      if (stored === null) return superseded
      const snapshot = judge(id, key, stored, false, false)
      return isRefusal(snapshot) ? superseded : snapshot
    })
  }

  const settle = (id: string, key: string, found: Found, isFresh: boolean): Awaitable<Found> => {
    if (isRefusal(found)) return found
    if (!fitsSchema(schema, found.record)) return refusal('schema', key, found)
    if (found.id === id) return found
    if (isFresh) return findSnapshot(id, key, found)
    // A copy that is behind does not know a newer id yet.
    return chain(storage.read(key, { fresh: true }), (stored) =>
      settle(id, key, judge(id, key, stored, found.reissue, found.flashMarked), true)
    )
  }

  const findById = (
    id: string,
    reissue: boolean,
    flashMarked: boolean,
    fresh = false
  ): Awaitable<Found> => {
    const key = keyOf(id)
    const isFresh = fresh || !mayLag
    const stored = fresh && mayLag ? storage.read(key, { fresh }) : storage.read(key)
    // Without a closure where nothing is waited for: this is the path of every request.
    if (!isPromise(stored)) {
      return settle(id, key, judge(id, key, stored, reissue, flashMarked), isFresh)
    }
    return stored.then((record) =>
      settle(id, key, judge(id, key, record, reissue, flashMarked), isFresh)
    )
  }

  return {
    find(token) {
      const id = idOf(token)
      if (id !== null) return findById(id, token.keyIndex > 0, token.format === 't')
      const found = refusal('corrupt', null)
      return storage.sync ? found : Promise.resolve(found)
    },

    findById,

    current(id) {
      if (!isId(id)) return storage.sync ? null : Promise.resolve(null)
      const key = keyOf(id)
      return chain(storage.read(key), (stored) => {
        const found = judge(id, key, stored, false, false)
        return isRefusal(found) ? null : found
      })
    },
  }
}

/**
 * Decodes the records of a storage that gives the same object until the string changes, as those in
 * memory do: once, unless a handler could change what other requests get too. Behind real HTTP, where
 * code and data are cold, `JSON.parse` of a small record took 5 µs of a request's 110.
 */
function createDecoder(): (stored: StoredRecord) => SessionRecord | null {
  const decoded = new WeakMap<StoredRecord, SessionRecord>()
  return (stored) => {
    const known = decoded.get(stored)
    if (known !== undefined) return known
    const record = decodeRecord(stored.value)
    if (record !== null && isShareable(record)) decoded.set(stored, record)
    return record
  }
}
