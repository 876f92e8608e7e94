/**
 * Writes the sessions of a storage on the server.
 *
 * Nothing is written blindly. Each write names the version it was made from; if another request was
 * first, the newest record is read and the work done again on it, so neither request loses anything.
 * A session that has ended meanwhile stays ended. A rotation is such a write too, to the same record.
 *
 * @module
 */
import { chain, type Awaitable } from '../awaitable.ts'
import {
  SessionGoneError,
  SessionLockLostError,
  SessionStorageError,
  SessionTooLargeError,
} from '../errors.ts'
import { rotationOf } from '../id.ts'
import { expiryOf } from '../options.ts'
import type { Owners } from '../owners.ts'
import { decodeRecord, encodeRecord, largestValues, type SessionRecord } from '../record.ts'
import type { Origin, SessionState } from '../session-state.ts'
import type { SessionStorage } from '../storage/contract.ts'
import { isRefusal, recordOf } from './contract.ts'
import type { Records, ServerKeeperSettings } from './records.ts'
import { inTurn } from './turn.ts'

/** Writes of one session that may come between ours before we say that the storage is at fault. */
const MAX_ATTEMPTS = 100
/** Ids that are tried for a new session. One collision of 96 random bits is already a broken host. */
const MAX_IDS = 3
/** Milliseconds of the longest pause before work is done again. */
const MAX_BACKOFF = 50
/** Races that a writer loses before it waits for its turn, where the storage has locks. */
const MAX_RACES = 3

const encoder = new TextEncoder()

/** Writes sessions. */
export interface Writes {
  /** Writes the work on a session. */
  save(state: SessionState): Awaitable<Origin>
  /** When a record ends that would end at `expiresAt`. */
  endOf(record: SessionRecord, expiresAt: number): number
}

/** Makes the writes of a storage, whose failures are `SessionStorageError`s already. */
export function createWrites(
  storage: SessionStorage,
  records: Records,
  settings: ServerKeeperSettings,
  owners: Owners | null
): Writes {
  const { deadlines, events, keyOf, maxSize, snapshotKeyOf } = settings
  const sync = storage.sync === true

  /** Another request was first, and this one cannot go on. */
  const gone = (id: string): SessionGoneError => {
    events.emit('conflict', () => ({ key: keyOf(id), gone: true }))
    return new SessionGoneError()
  }

  /** The storage does what cannot be. */
  const broken = (operation: string, why: string): SessionStorageError => {
    const error = new SessionStorageError(operation, new Error(why))
    events.emit('error', () => ({ error }))
    return error
  }

  /** Whether the lock of a session may be somebody else's by now; without a lock, no. */
  const hasLostLock = ({ lease }: SessionState): Awaitable<boolean> =>
    lease !== null && !lease.abandoned && chain(lease.isOurs(), (ours) => !ours)

  /** Prepares to do the work again on the newest record, or throws. */
  const rebase = (state: SessionState, origin: Origin): Awaitable<void> =>
    chain(records.findById(origin.id, false, origin.flashMarked, true), (found) => {
      if (isRefusal(found) || found.record.snapshot) throw gone(origin.id)
      events.emit('conflict', () => ({ key: keyOf(origin.id), gone: false }))
      return chain(hasLostLock(state), (lost) => {
        // What was read under the lock has changed: doing the work again would overwrite that.
        if (lost || !state.mayRebase(found)) throw new SessionLockLostError()
        state.rebase(found)
      })
    })

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

  /** Writes the work on a session; `null` if the condition did not hold. */
  const write = (
    state: SessionState,
    graceUntil: number,
    ifVersion: number | null
  ): Awaitable<Origin | null> => {
    const { id, origin } = state
    const key = keyOf(id)
    const now = Date.now()
    const work = recordOf(state, now)
    const timed = graceUntil > work.graceUntil ? { ...work, graceUntil } : work
    return chain(owners?.claim(timed, key, origin?.record) ?? timed, (record) => {
      const text = encodeRecord(record)
      checkSize(record, text)
      const expiresAt = endOf(record, expiryOf(deadlines, record.createdAt, now))
      const version = (ifVersion ?? 0) + 1
      const flashMarked = record.flash.size > 0
      return chain(storage.write(key, text, { expiresAt, ifVersion }), (written) => {
        if (!written) return null
        const after = { id, record, text, version, expiresAt, reissue: false, flashMarked }
        return owners === null ? after : chain(owners.settle(origin, after), () => after)
      })
    })
  }

  const create = (state: SessionState, attempt = 1): Awaitable<Origin> =>
    chain(write(state, 0, null), (created) => {
      if (created === null) {
        if (attempt === MAX_IDS) throw broken('create', 'ids collide')
        state.replaceId()
        return create(state, attempt + 1)
      }
      events.emit('create', () => ({ key: keyOf(created.id) }))
      return created
    })

  /**
   * Keeps the session as it is, for requests that come with its id until the grace is over. It is written
   * before the rotation, so that no such request finds nothing, and taken back if that fails.
   */
  const keepSnapshot = (origin: Origin, expiresAt: number): Awaitable<unknown> => {
    const key = snapshotKeyOf(origin.id)
    // From the string: a handler may have changed values of the decoded record in place.
    const text = encodeRecord({ ...decodeRecord(origin.text)!, snapshot: true })
    const put = (ifVersion: number | null): Awaitable<boolean> =>
      storage.write(key, text, { expiresAt, ifVersion })
    return chain(put(null), (written) => {
      if (written) return undefined
      // Of another request that rotates at this moment, or that has failed to.
      return chain(storage.read(key), (stored) => stored && put(stored.version))
    })
  }

  /** Takes the snapshot back if another request has rotated first, and without a grace. */
  const dropSnapshot = (origin: Origin): Awaitable<unknown> =>
    chain(records.current(origin.id), (current) => {
      const rotated = current !== null && current.id !== origin.id
      if (!rotated || current.record.graceUntil > origin.record.graceUntil) return undefined
      return storage.destroy(snapshotKeyOf(origin.id))
    })

  /** Writes a change of a stored session once; `null` if another request was first. */
  const attemptChange = (state: SessionState, origin: Origin): Awaitable<Origin | null> => {
    const { grace } = state
    const now = Date.now()
    const before = origin.record.graceUntil
    if (grace === null || grace === 0) {
      const saved = write(state, 0, origin.version)
      // A rotation with a grace that failed may have left one.
      if (grace === null || before <= now) return saved
      return chain(saved, (after) =>
        after === null ? null : chain(storage.destroy(snapshotKeyOf(origin.id)), () => after)
      )
    }
    const graceUntil = Math.min(now + grace * 1000, origin.expiresAt)
    return chain(keepSnapshot(origin, graceUntil), () =>
      // Later than any grace before: it tells who came second that the snapshot is of who came first.
      chain(write(state, Math.max(graceUntil, before + 1), origin.version), (saved) =>
        saved === null ? chain(dropSnapshot(origin), () => null) : saved
      )
    )
  }

  const change = (state: SessionState, origin: Origin, attempt = 0): Awaitable<Origin> =>
    chain(attemptChange(state, origin), (saved) => {
      if (saved === null) {
        const again = () =>
          chain(rebase(state, origin), () =>
            backOff(attempt, () => change(state, state.origin!, attempt + 1))
          )
        const waits = attempt === MAX_RACES && storage.lock && !state.lease
        return waits ? inTurn(storage, keyOf(state.id), again) : again()
      }
      const rotated = rotationOf(saved.id) !== origin.record.rotation
      events.emit(rotated ? 'regenerate' : 'save', () => ({ key: keyOf(saved.id) }))
      return saved
    })

  const store = (state: SessionState): Awaitable<Origin> => {
    const { origin, lease } = state
    if (origin === null) return create(state)
    if (lease === null || lease.certain) return change(state, origin)
    // The process, or the storage, stood still: the lock may have been another's in between.
    return chain(hasLostLock(state), (lost) => {
      if (lost) throw new SessionLockLostError()
      return change(state, origin)
    })
  }

  return {
    endOf,

    save(state) {
      if (state.origin?.record.snapshot && state.authenticates) state.startAnew()
      const { origin } = state
      if (origin !== null) {
        const { snapshot, createdAt } = origin.record
        if (snapshot || createdAt + deadlines.lifetime <= Date.now()) throw gone(origin.id)
      }
      return store(state)
    },
  }
}
