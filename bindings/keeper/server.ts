/**
 * Keeps sessions in a storage on the server; the cookie holds a signed id.
 *
 * Nothing is written blindly. Each write names the version it was made from; if another request was
 * first, the newest record is read and the work done again on it, so neither request loses anything.
 * A record that has ended meanwhile stays ended.
 *
 * @module
 */
import { chain, type Awaitable } from '../awaitable.ts'
import { MAC_SIZE, PREFIX_SIZE, type OpenedToken } from '../codec/engine.ts'
import {
  SessionGoneError,
  SessionLockLostError,
  SessionStorageError,
  SessionTooLargeError,
} from '../errors.ts'
import { refuse } from '../explanation.ts'
import { ID_SIZE } from '../id.ts'
import { endReason, expiryOf } from '../options.ts'
import type { Owners } from '../owners.ts'
import {
  decodeRecord,
  encodeRecord,
  isShareable,
  largestValues,
  type SessionRecord,
} from '../record.ts'
import type { Origin, SessionState } from '../session-state.ts'
import type { SessionStorage, StoredRecord } from '../storage/contract.ts'
import { fitsSchema, recordOf, type Keeper, type KeeperSettings } from './contract.ts'
import { inTurn } from './turn.ts'

/** Writes of one session that may come between ours before we say that the storage is at fault. */
const MAX_ATTEMPTS = 100
/** Ids that are tried for a new session. One collision of 144 random bits is already a broken host. */
const MAX_IDS = 3
/** Milliseconds of the longest pause before work is done again. */
const MAX_BACKOFF = 50
/** Races that a writer loses before it waits for its turn, where the storage has locks. */
const MAX_RACES = 3

const encoder = new TextEncoder()

/** What the keeper of a storage is made from. */
export interface ServerKeeperSettings extends KeeperSettings {
  /** Bytes that a record may have. */
  readonly maxSize: number
}

/**
 * Makes the keeper of a storage, whose failures are `SessionStorageError`s already.
 *
 * @param owners `null` if the storage does not know whose its records are.
 */
export function createServerKeeper(
  storage: SessionStorage,
  settings: ServerKeeperSettings,
  owners: Owners | null
): Keeper {
  const { deadlines, events, maxSize, schema } = settings
  const sync = storage.sync === true
  const keyOf = rememberLast(settings.keyOf)
  const decode = sync ? createDecoder() : ({ value }: StoredRecord) => decodeRecord(value)

  /** The stored session of a key, or why there is none. */
  const find = (id: string, keyIndex: number, marked: boolean) =>
    chain(
      storage.read(keyOf(id)),
      (stored): Origin | 'unknown-id' | 'corrupt' | ReturnType<typeof endReason> => {
        if (stored === null) return 'unknown-id'
        const record = decode(stored)
        if (record === null) return 'corrupt'
        // A storage may be late in dropping what has ended, and the lifetime may be shorter now.
        const end = Math.min(stored.expiresAt, record.createdAt + deadlines.lifetime)
        if (end <= Date.now()) return endReason(deadlines, record.createdAt)
        const { value: text, version, expiresAt } = stored
        const reissue = keyIndex > 0
        return { id, record, text, version, expiresAt, reissue, flashMarked: marked }
      }
    )

  /** The record that another request has written first, or `null` if the session does not go on. */
  const findNewest = ({ id, flashMarked }: Origin): Awaitable<Origin | null> =>
    chain(find(id, 0, flashMarked), (found) => {
      const newest = typeof found === 'string' || found.record.frozen ? null : found
      events.emit('conflict', () => ({ key: keyOf(id), gone: newest === null }))
      return newest
    })

  /** Prepares to do the work again on the newest record; an error says that it must not be done. */
  const rebase = (
    state: SessionState,
    origin: Origin
  ): Awaitable<SessionGoneError | SessionLockLostError | null> =>
    chain(findNewest(origin), (newest) => {
      if (newest === null) return new SessionGoneError()
      // Under a lock only who does not lock comes between, unless the lock is somebody else's now.
      return chain(state.lease?.isOurs() ?? true, (ours) => {
        if (!ours) return new SessionLockLostError()
        state.rebase(newest)
        return null
      })
    })

  /** Whether nothing can be written of a session any more, whatever its storage says. */
  const hasEnded = ({ frozen, createdAt }: SessionRecord): boolean =>
    frozen || createdAt + deadlines.lifetime <= Date.now()

  /** The storage does what cannot be. */
  const broken = (operation: string, why: string): SessionStorageError => {
    const error = new SessionStorageError(operation, new Error(why))
    events.emit('error', () => ({ error }))
    return error
  }

  /** Goes on at once, or a little later if others may be at it on the same storage. */
  const backOff = <Result>(attempt: number, next: () => Awaitable<Result>): Awaitable<Result> => {
    if (attempt >= MAX_ATTEMPTS) throw broken('write', 'every attempt was a conflict')
    const losses = storage.lock ? attempt % MAX_RACES : attempt
    if (sync || losses === 0) return next()
    const pause = Math.random() * Math.min(MAX_BACKOFF, 2 ** losses)
    return new Promise((resolve) => setTimeout(resolve, pause)).then(next)
  }

  const endOf = (record: SessionRecord, expiresAt: number): number =>
    owners?.endOf(record, expiresAt) ?? expiresAt

  /** @throws SessionTooLargeError if a record is. A code unit is three bytes of UTF-8 at most. */
  const checkSize = (record: SessionRecord, text: string): void => {
    if (text.length * 3 <= maxSize) return
    const size = encoder.encode(text).length
    if (size > maxSize) throw new SessionTooLargeError(size, maxSize, largestValues(record))
  }

  /** Writes a record under a key; `null` if the condition did not hold. */
  const write = (
    state: SessionState,
    createdAt: number,
    ifVersion: number | null
  ): Awaitable<Origin | null> => {
    const { id, origin } = state
    const work = recordOf(state, null, createdAt, null)
    const claimed = owners?.claim(work, keyOf(id), origin?.record, origin?.id === id) ?? work
    return chain(claimed, (record) => {
      const text = encodeRecord(record)
      checkSize(record, text)
      const expiresAt = endOf(record, expiryOf(deadlines, createdAt, Date.now()))
      const version = (ifVersion ?? 0) + 1
      const flashMarked = record.flash.size > 0
      return chain(storage.write(keyOf(id), text, { expiresAt, ifVersion }), (written) =>
        written ? { id, record, text, version, expiresAt, reissue: false, flashMarked } : null
      )
    })
  }

  const create = (state: SessionState, attempt = 1): Awaitable<Origin> =>
    chain(write(state, Date.now(), null), (created) => {
      if (created === null) {
        if (attempt === MAX_IDS) throw broken('create', 'ids collide')
        state.replaceId()
        return create(state, attempt + 1)
      }
      events.emit('create', () => ({ key: keyOf(created.id) }))
      return created
    })

  const change = (state: SessionState, origin: Origin, attempt = 0): Awaitable<Origin> =>
    chain(write(state, origin.record.createdAt, origin.version), (saved) => {
      if (saved === null) {
        const again = () =>
          chain(rebase(state, origin), (error) => {
            if (error) throw error
            return backOff(attempt, () => change(state, state.origin!, attempt + 1))
          })
        const waits = attempt === MAX_RACES && storage.lock && !state.lease
        return waits ? inTurn(storage, keyOf(state.id), again) : again()
      }
      events.emit('save', () => ({ key: keyOf(saved.id) }))
      return saved
    })

  /**
   * Ends the old record on the condition that nobody has changed it: of two requests that both
   * regenerate, one wins. A time that is past ends a record at once; with a grace it stays, frozen,
   * as it was stored, so that it holds nothing that was gained since.
   */
  const retire = (origin: Origin, grace: number): Awaitable<boolean> => {
    const expiresAt = grace > 0 ? Math.min(Date.now() + grace * 1000, origin.expiresAt) : 0
    // From the text: a handler may have changed values of the decoded record in place.
    const frozen: SessionRecord = { ...decodeRecord(origin.text)!, frozen: true }
    const options = { expiresAt, ifVersion: origin.version }
    return storage.write(keyOf(origin.id), encodeRecord(frozen), options)
  }

  /** The new record first, then the end of the old one: a crash between them loses nobody's session. */
  const move = (
    state: SessionState,
    origin: Origin,
    ifVersion: number | null = null,
    attempt = 0
  ): Awaitable<Origin> =>
    chain(write(state, origin.record.createdAt, ifVersion), (moved) => {
      // A record that was there before has been revoked.
      if (moved === null) throw ifVersion ? new SessionGoneError() : broken('create', 'ids collide')
      return chain(retire(origin, state.grace ?? 0), (retired) => {
        if (retired) {
          events.onMove?.(origin.id, moved.id)
          events.emit('regenerate', () => ({ key: keyOf(moved.id), previousKey: keyOf(origin.id) }))
          return moved
        }
        return chain(rebase(state, origin), (error) => {
          if (error) {
            return chain(storage.destroy(keyOf(moved.id)), (): never => {
              throw error
            })
          }
          return backOff(attempt, () => move(state, state.origin!, moved.version, attempt + 1))
        })
      })
    })

  const store = (state: SessionState): Awaitable<Origin> => {
    const { origin } = state
    if (origin === null) return create(state)
    return state.id === origin.id ? change(state, origin) : move(state, origin)
  }

  return {
    async: !sync,

    idOf,

    reload: (origin) =>
      chain(find(origin.id, origin.reissue ? 1 : 0, origin.flashMarked), (found) =>
        typeof found === 'string' || !fitsSchema(schema, found.record) ? null : found
      ),

    look: (id) =>
      chain(find(id, 0, false), (found) =>
        typeof found === 'string' || found.record.frozen ? null : found
      ),

    open(token, explanation) {
      const id = idOf(token)
      if (id === null) {
        refuse(events, 'corrupt', explanation)
        return sync ? null : Promise.resolve(null)
      }
      const key = keyOf(id)
      return chain(find(id, token.keyIndex, token.format === 't'), (found) => {
        if (found === 'expired-idle' || found === 'expired-absolute') {
          events.emit('expire', () => ({ key }))
          explanation?.tell(found)
        } else if (typeof found === 'string') refuse(events, found, explanation)
        else if (!fitsSchema(schema, found.record)) refuse(events, 'schema', explanation)
        else {
          events.emit('load', () => ({ key }))
          return found
        }
        return null
      })
    },

    save(state) {
      const { origin } = state
      if (origin !== null && hasEnded(origin.record)) {
        events.emit('conflict', () => ({ key: keyOf(origin.id), gone: true }))
        throw new SessionGoneError()
      }
      if (owners === null) return store(state)
      return chain(store(state), (stored) =>
        chain(owners.settle(state.origin, stored, state.grace ?? 0), () => stored)
      )
    },

    touch(origin, end) {
      const expiresAt = endOf(origin.record, end)
      const touched = { ...origin, expiresAt }
      if (storage.touch) return chain(storage.touch(keyOf(origin.id), expiresAt), () => touched)
      const { id, text, version } = origin
      return chain(storage.write(keyOf(id), text, { expiresAt, ifVersion: version }), (written) =>
        // Another request has written meanwhile, and moved the deadline with that.
        written ? { ...touched, version: (version ?? 0) + 1 } : origin
      )
    },

    destroy: (origin) => {
      const key = keyOf(origin.id)
      return chain(storage.destroy(key), () => {
        events.emit('destroy', () => ({ key }))
        return chain(owners?.forget(origin), () => undefined)
      })
    },

    needsCookie: (before, after) =>
      before === null ||
      before.id !== after.id ||
      before.reissue ||
      before.flashMarked !== after.flashMarked,

    tokenSize: ({ id }) => PREFIX_SIZE + id.length + 1 + MAC_SIZE,

    token: (ring, { id, flashMarked }) => ring.signText(id, flashMarked ? 't' : 'T'),
  }
}

/** A text that verified is ours: its length tells ids from what the codec signs (a pattern: 65 ns). */
function idOf({ format, text }: OpenedToken): string | null {
  return (format === 'T' || format === 't') && text.length === ID_SIZE ? text : null
}

/**
 * Decodes the records of a storage that gives the same object until the text changes, as those in
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

/** A function that gives its last answer again: a request asks for the key of one id, twice or more. */
function rememberLast(compute: (id: string) => string): (id: string) => string {
  let lastId: string | null = null
  let lastKey = ''
  return (id) => {
    if (id !== lastId) {
      lastKey = compute(id)
      lastId = id
    }
    return lastKey
  }
}
