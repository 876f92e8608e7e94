/**
 * The record: what a storage keeps of a session, and its text.
 *
 * ```json
 * {"c":1763700000000,"d":{"userId":42},"f":{"notice":"Saved"}}
 * ```
 *
 * `c` created at, `d` data, `f` flash messages that wait, `z` 1 if the record is frozen (its session
 * has another id now), `a` when its visitor last proved who they are. In a cookie also `i` the id and `e` expires at. `o` is the owner, if there is
 * one: `i` the user's id, `l` labels, and what finds the owner's sessions: on a server `r` the rank
 * and `u` until when the index has it, in a cookie `e` the epoch. Times are milliseconds since the
 * epoch; what is empty is left out.
 *
 * @module
 */
import { SessionSerializationError } from './errors.ts'

/** Whose a session is. */
export interface SessionOwner {
  /** The user's id, as the app has it. */
  readonly id: string
  /** What lists of the owner's sessions tell of this one. */
  readonly labels: Readonly<Record<string, string>>
}

/** Whose a session at rest is, and how it is found. */
export interface RecordOwner extends SessionOwner {
  /** On a server: sorts the sessions of an owner by when they became theirs. */
  readonly rank?: string | undefined
  /** On a server: until when the index of owners has the session. */
  readonly until?: number | undefined
  /** In a cookie: the owner's epoch when the session became theirs. */
  readonly epoch?: string | undefined
}

/** A session at rest. */
export interface SessionRecord {
  /** The id, where the record is all there is: in a cookie. */
  readonly id: string | null
  /** When the session was created, in milliseconds since the epoch. */
  readonly createdAt: number
  /** When the session ends, where no storage keeps that: in a cookie. */
  readonly expiresAt: number | null
  /** Whether the session has moved on to another id: to be read, never to be written. */
  readonly frozen: boolean
  /** When the visitor last proved who they are, in milliseconds since the epoch. */
  readonly authenticatedAt: number | null
  /** Whose session it is, if it is anybody's. */
  readonly owner: RecordOwner | null
  /** The values. */
  readonly data: ReadonlyMap<string, unknown>
  /** The flash messages for the next request. */
  readonly flash: ReadonlyMap<string, unknown>
}

/** A clock that is ahead of ours by less than this is not a forgery. */
const CLOCK_SKEW = 60_000

interface RecordText {
  a?: number
  c: number
  d?: Record<string, unknown>
  e?: number
  f?: Record<string, unknown>
  i?: string
  o?: OwnerText
  z?: 1
}

interface OwnerText {
  i: string
  e?: string | undefined
  l?: Readonly<Record<string, string>>
  r?: string | undefined
  u?: number | undefined
}

function encodeOwner({ id, labels, rank, until, epoch }: RecordOwner): OwnerText {
  const text: OwnerText = { i: id, r: rank, u: until, e: epoch }
  return Object.keys(labels).length > 0 ? { ...text, l: labels } : text
}

/** Names the value that JSON cannot hold. */
function unserializable(record: SessionRecord, cause: unknown): unknown {
  for (const [key, value] of [...record.data, ...record.flash]) {
    try {
      JSON.stringify(value)
    } catch (error) {
      return new SessionSerializationError(key, error)
    }
  }
  return cause
}

/**
 * The text of a record.
 *
 * @throws SessionSerializationError if a value is cyclic, holds a BigInt, or its `toJSON` throws.
 */
export function encodeRecord(record: SessionRecord): string {
  const text: RecordText = { c: record.createdAt }
  if (record.id !== null) text.i = record.id
  if (record.expiresAt !== null) text.e = record.expiresAt
  // Own properties, whatever their names: `fromEntries` defines, it does not assign.
  if (record.data.size > 0) text.d = Object.fromEntries(record.data)
  if (record.flash.size > 0) text.f = Object.fromEntries(record.flash)
  if (record.frozen) text.z = 1
  if (record.authenticatedAt !== null) text.a = record.authenticatedAt
  if (record.owner !== null) text.o = encodeOwner(record.owner)
  try {
    return JSON.stringify(text)
  } catch (error) {
    throw unserializable(record, error)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}

function isValues(value: unknown): value is Record<string, unknown> | undefined {
  return value === undefined || isObject(value)
}

function isText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}

/** The owner of a record, or `undefined` if it is not one, whatever it is. */
function decodeOwner(text: unknown): RecordOwner | null | undefined {
  if (text === undefined) return null
  if (!isObject(text)) return undefined
  const { i: id, e: epoch, l: labels = {}, r: rank, u: until } = text
  if (typeof id !== 'string' || id === '' || !isObject(labels)) return undefined
  if (!Object.values(labels).every((label) => typeof label === 'string')) return undefined
  if (!isText(epoch) || !isText(rank) || !(until === undefined || isTime(until))) return undefined
  return { id, labels: labels as Record<string, string>, rank, until, epoch }
}

const NOTHING: ReadonlyMap<string, unknown> = new Map()

function toMap(values: Record<string, unknown> | undefined): ReadonlyMap<string, unknown> {
  if (values === undefined) return NOTHING
  const map = new Map<string, unknown>()
  for (const key of Object.keys(values)) map.set(key, values[key])
  return map
}

/** The record of a text, or `null` if it is not one, whatever it is. */
export function decodeRecord(text: string): SessionRecord | null {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return null
  }
  if (!isObject(parsed)) return null
  const { a: authenticatedAt = null, c: createdAt, d: data } = parsed
  const { e: expiresAt = null, f: flash, i: id = null } = parsed
  const latest = Date.now() + CLOCK_SKEW
  if (!isTime(createdAt) || createdAt > latest) return null
  if (authenticatedAt !== null && !(isTime(authenticatedAt) && authenticatedAt <= latest))
    return null
  if (expiresAt !== null && !isTime(expiresAt)) return null
  if (id !== null && typeof id !== 'string') return null
  if (!isValues(data) || !isValues(flash)) return null
  const owner = decodeOwner(parsed.o)
  if (owner === undefined) return null
  return {
    id,
    createdAt,
    expiresAt,
    frozen: parsed.z === 1,
    authenticatedAt,
    owner,
    data: toMap(data),
    flash: toMap(flash),
  }
}

function isPrimitive(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

/** Whether requests may share a record: a handler cannot change a value of it in place. */
export function isShareable({ data, flash }: SessionRecord): boolean {
  for (const value of data.values()) if (!isPrimitive(value)) return false
  for (const value of flash.values()) if (!isPrimitive(value)) return false
  return true
}

/** The three values of a record that take the most characters as JSON, the largest first. */
export function largestValues(record: SessionRecord): { key: string; size: number }[] {
  return [...record.data, ...record.flash]
    .map(([key, value]) => ({ key, size: JSON.stringify(value)?.length ?? 0 }))
    .sort((left, right) => right.size - left.size)
    .slice(0, 3)
}
