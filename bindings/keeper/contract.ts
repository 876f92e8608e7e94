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
import type { Explanation } from '../explanation.ts'
import type { Deadlines, StandardSchema } from '../options.ts'
import type { SessionRecord } from '../record.ts'
import type { Origin, SessionState } from '../session-state.ts'

/** What keepers are made from. */
export interface KeeperSettings {
  readonly deadlines: Deadlines
  readonly schema: StandardSchema<object> | undefined
  readonly events: SessionEmitter
  /** The storage key of an id. */
  readonly keyOf: (id: string) => string
}

/** One way to keep sessions. */
export interface Keeper extends TokenMaker {
  /** Whether its methods return promises. */
  readonly async: boolean
  /** The id that a verified token holds, if a server keeps its session. */
  idOf(token: OpenedToken): string | null
  /** The stored session of a verified token, or `null`, with an event that says why. */
  open(token: OpenedToken, explanation: Explanation | null): Awaitable<Origin | null>
  /** The session as it is stored now; `null` if it has ended. */
  reload(origin: Origin): Awaitable<Origin | null>
  /** The session of an id if it goes on, without any event. In cookies there are none to be found. */
  look(id: string): Awaitable<Origin | null>
  /** Writes the work on a session; gives the session as it is stored now. */
  save(state: SessionState): Awaitable<Origin>
  /** Moves the end of a session that was not changed. */
  touch(origin: Origin, expiresAt: number): Awaitable<Origin>
  /** Removes a session. */
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
export function recordOf(
  state: SessionState,
  id: string | null,
  createdAt: number,
  expiresAt: number | null
): SessionRecord {
  const { data, flash, owner, authenticatedAt } = state.view
  state.written = state.changes.length
  return { id, createdAt, expiresAt, frozen: false, authenticatedAt, owner, data, flash }
}
