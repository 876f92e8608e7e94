/**
 * Keepers: how the manager keeps sessions, on a server or in the cookie itself.
 *
 * @module
 */
import { isPromise, type Awaitable } from '../awaitable.ts'
import type { TokenMaker } from '../channel.ts'
import type { OpenedToken } from '../codec/engine.ts'
import { ConfigurationError } from '../errors.ts'
import type { SessionEmitter } from '../events.ts'
import { rotationOf } from '../id.ts'
import type { Deadlines, StandardSchema } from '../options.ts'
import type { SessionRecord } from '../record.ts'
import type { Origin, RefusedToken, SessionState } from '../session-state.ts'

/** What keepers are made from. */
export interface KeeperSettings {
  readonly deadlines: Deadlines
  readonly schema: StandardSchema<object> | undefined
  readonly events: SessionEmitter
  /** The storage key of an id. */
  readonly keyOf: (id: string) => string
}

/** Why a verified token is no session. */
export interface Refusal {
  readonly reason:
    | 'corrupt'
    | 'unknown-id'
    | 'expired-idle'
    | 'expired-absolute'
    | 'revoked'
    | 'schema'
    | 'superseded'
  /** The storage key of the session; `null` if the token names none. */
  readonly key: string | null
  /**
   * The session that `destroy()` ends all the same: this rotation of it was superseded a moment ago, or
   * its data do not fit the schema.
   */
  readonly current: Origin | null
  /** Tells this from a session. */
  readonly record: null
}

/** Makes a refusal. */
export function refusal(
  reason: Refusal['reason'],
  key: string | null,
  current: Origin | null = null
): Refusal {
  return { reason, key, current, record: null }
}

/**
 * What a request has to know of a token that was refused.
 *
 * @param mayLag Whether the record, or a newer one, may be at another place all the same.
 */
export function refusedToken({ reason, current }: Refusal, mayLag = false): RefusedToken {
  const isLate = reason === 'superseded' && current !== null
  // Data of another version of the app, or a record that is not here yet: the cookie may be good.
  const isUnknown = reason === 'unknown-id' || reason === 'superseded'
  const mayBeGood = reason === 'schema' || (isUnknown && mayLag)
  return { current, isLate, isRemovable: !isLate && !mayBeGood }
}

/** What a verified token stands for. */
export type Found = Origin | Refusal

/** Whether a token is no session. */
export function isRefusal(found: Found): found is Refusal {
  return found.record === null
}

/**
 * Milliseconds after a rotation in which a request with an older one is a late request of the same
 * browser, which must not get another cookie. After that, the browser has missed the newer cookie.
 */
export const LATE = 30_000

/** One way to keep sessions. */
export interface Keeper extends TokenMaker {
  /** Whether its methods return promises. */
  readonly async: boolean
  /** The storage key of an id. */
  readonly keyOf: (id: string) => string
  /** The id that a verified token holds, if a server keeps its session. */
  idOf(token: OpenedToken): string | null
  /** The session of a verified token, or why there is none. Reports no event. */
  find(token: OpenedToken): Awaitable<Found>
  /** The session as it is stored now, or why it has ended for who came with this id. */
  reload(origin: Origin): Awaitable<Found>
  /** The session of an id, whatever its rotation is now; `null` if there is none. */
  current(id: string): Awaitable<Origin | null>
  /** Writes the work on a session; gives the session as it is stored now. */
  save(state: SessionState): Awaitable<Origin>
  /**
   * Moves the end of a session that was not changed, and notes at what time its cookie was made, if the
   * record keeps that; `null` if another request has written meanwhile.
   */
  touch(origin: Origin, expiresAt: number, cookieAt: number): Awaitable<Origin | null>
  /** Ends a session, whatever its rotation is now. */
  destroy(origin: Origin): Awaitable<void>
  /** Whether the browser needs a cookie for `after`. `before` is what the request brought. */
  needsCookie(before: Origin | null, after: Origin): boolean
}

/**
 * Whether the data of a record fit the schema, if there is one.
 *
 * @throws ConfigurationError if the schema answers with a promise.
 */
export function fitsSchema(
  schema: StandardSchema<object> | undefined,
  record: SessionRecord
): boolean {
  if (schema === undefined) return true
  const result = schema['~standard'].validate(Object.fromEntries(record.data))
  if (isPromise(result)) {
    result.catch(() => undefined) // its answer comes too late either way
    throw new ConfigurationError('The schema answers with a promise; sessions need it at once')
  }
  return result.issues === undefined
}

/** The record of the work on a session, about to be written. */
export function recordOf(state: SessionState, now: number): SessionRecord {
  const { id, origin, view } = state
  const before = origin?.record
  const rotates = origin !== null && id !== origin.id
  state.written = state.changes.length
  return {
    sessionKey: null,
    rotation: rotationOf(id),
    rotatedAt: rotates ? now : (before?.rotatedAt ?? 0),
    graceUntil: before !== undefined && before.graceUntil > now ? before.graceUntil : 0,
    snapshot: false,
    createdAt: before?.createdAt ?? now,
    expiresAt: null,
    cookieAt: state.cookieAt || (before?.cookieAt ?? 0),
    authenticatedAt: view.authenticatedAt,
    owner: view.owner,
    data: view.data,
    flash: view.flash,
  }
}
