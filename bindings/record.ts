/**
 * The record: what a storage keeps of a session, as JSON.
 *
 * ```json
 * {"c":1763700000000,"r":"3q2-7wAA…","d":{"userId":42},"f":{"notice":"Saved"},"m":{"notice":"k3f9x1"}}
 * ```
 *
 * | field | meaning |
 * | --- | --- |
 * | `c` | created at |
 * | `r` | on a server: the current rotation |
 * | `t` | on a server: when the rotation last changed |
 * | `g` | until when a snapshot of an older rotation may exist |
 * | `z` | 1 in such a snapshot |
 * | `k` | when the browser last got its cookie, if `cookie.maxAge` is below `lifetime` |
 * | `a` | when the visitor last authenticated |
 * | `o` | the owner: `i` the user's id, `l` labels, `s` since when; on a server `u`, until when the index has it; in a cookie `e`, the epoch |
 * | `d` | data |
 * | `f`, `m` | flash messages for the next request, and on a server a mark of each |
 * | `i`, `n`, `e` | in a cookie: the session key, the number of the rotation, expires at |
 *
 * Times are milliseconds since the epoch. Empty fields are left out.
 *
 * @module
 */
import { SessionSerializationError } from './errors.ts'
import { SESSION_KEY_SIZE } from './id.ts'

/** Whose a session is. */
export interface SessionOwner {
  /** The user's id, as the app has it. */
  readonly id: string
  /** What lists of the owner's sessions tell of this one. */
  readonly labels: Readonly<Record<string, string>>
}

/** Whose a session at rest is, and how it is found. */
export interface RecordOwner extends SessionOwner {
  /** When the session became theirs, in milliseconds since the epoch. */
  readonly since?: number | undefined
  /** On a server: until when the index of owners has the session. */
  readonly until?: number | undefined
  /** In a cookie: the owner's epoch when the session became theirs. */
  readonly epoch?: string | undefined
}

/** A flash message. Two messages with equal values are told apart by their marks. */
export interface FlashMessage {
  readonly value: unknown
  readonly mark: string
}

/** A session at rest. */
export interface SessionRecord {
  /** The session key, where the record is all there is: in a cookie. */
  readonly sessionKey: string | null
  /** The current rotation, 24 characters; in a cookie a number that counts up, with leading zeros. */
  readonly rotation: string
  /** When the rotation last changed, in milliseconds since the epoch; 0 if it never did. */
  readonly rotatedAt: number
  /** Until when a snapshot of an older rotation may exist, in milliseconds since the epoch; or 0. */
  readonly graceUntil: number
  /** Whether this is the snapshot of an older rotation: to be read, never to be written. */
  readonly snapshot: boolean
  /** When the session was created, in milliseconds since the epoch. */
  readonly createdAt: number
  /** When the session ends, where no storage keeps that: in a cookie. */
  readonly expiresAt: number | null
  /** When the browser last got its cookie, in milliseconds since the epoch; 0 where that is not kept. */
  readonly cookieAt: number
  /** When the visitor last authenticated, in milliseconds since the epoch. */
  readonly authenticatedAt: number | null
  /** Whose session it is, if it is anybody's. */
  readonly owner: RecordOwner | null
  /** The values. */
  readonly data: ReadonlyMap<string, unknown>
  /** The flash messages for the next request. */
  readonly flash: ReadonlyMap<string, FlashMessage>
}

/**
 * Milliseconds by which the clocks of two nodes may differ. A session in a cookie that is younger than
 * this is no forgery, and a revocation outlives the last cookie by as much.
 */
export const CLOCK_SKEW = 300_000

interface RecordText {
  a?: number
  c: number
  d?: Record<string, unknown>
  e?: number
  f?: Record<string, unknown>
  g?: number
  i?: string
  k?: number
  m?: Record<string, string>
  n?: number
  o?: OwnerText
  r?: string
  t?: number
  z?: 1
}

interface OwnerText {
  i: string
  e?: string | undefined
  l?: Readonly<Record<string, string>>
  s?: number | undefined
  u?: number | undefined
}

function encodeOwner({ id, labels, since, until, epoch }: RecordOwner): OwnerText {
  const text: OwnerText = { i: id, s: since, u: until, e: epoch }
  return Object.keys(labels).length > 0 ? { ...text, l: labels } : text
}

/** All values of a record, those of flash messages included. */
function valuesOf({ data, flash }: SessionRecord): [key: string, value: unknown][] {
  const messages = [...flash].map(([key, { value }]): [string, unknown] => [key, value])
  return [...data, ...messages]
}

/** Names the value that JSON cannot hold. */
function unserializable(record: SessionRecord, cause: unknown): unknown {
  for (const [key, value] of valuesOf(record)) {
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
  const { sessionKey, flash } = record
  const text: RecordText = { c: record.createdAt }
  if (sessionKey === null) text.r = record.rotation
  else {
    text.i = sessionKey
    text.n = Number(record.rotation)
  }
  if (record.expiresAt !== null) text.e = record.expiresAt
  // Of a session in a cookie the revocations keep it.
  if (record.rotatedAt > 0 && sessionKey === null) text.t = record.rotatedAt
  if (record.graceUntil > 0) text.g = record.graceUntil
  if (record.snapshot) text.z = 1
  if (record.cookieAt > 0) text.k = record.cookieAt
  // Own properties, whatever their names: `fromEntries` defines, it does not assign.
  if (record.data.size > 0) text.d = Object.fromEntries(record.data)
  if (flash.size > 0) {
    const pick = <Value>(of: (message: FlashMessage) => Value): Record<string, Value> =>
      Object.fromEntries([...flash].map(([key, message]) => [key, of(message)]))
    text.f = pick(({ value }) => value)
    // Nobody else writes a record in a cookie, so its messages need no marks.
    if (sessionKey === null) text.m = pick(({ mark }) => mark)
  }
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

function isString(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}

function isOptionalTime(value: unknown): value is number | undefined {
  return value === undefined || isTime(value)
}

/** The owner of a record, or `undefined` if it is not one, whatever it is. */
function decodeOwner(text: unknown): RecordOwner | null | undefined {
  if (text === undefined) return null
  if (!isObject(text)) return undefined
  const { i: id, e: epoch, l: labels = {}, s: since, u: until } = text
  if (typeof id !== 'string' || id === '' || !isObject(labels)) return undefined
  if (!Object.values(labels).every((label) => typeof label === 'string')) return undefined
  if (!isString(epoch) || !isOptionalTime(since) || !isOptionalTime(until)) return undefined
  return { id, labels: labels as Record<string, string>, since, until, epoch }
}

const GREATEST = Number.MAX_SAFE_INTEGER
const FIRST_ROTATION = '0'.repeat(24)

/** The rotation of a session in a cookie, as it stands in the id: 24 characters. */
export function rotationOfNumber(number: number): string {
  return number === 0 ? FIRST_ROTATION : String(number).padStart(24, '0')
}

/** The rotation of a record; `null` if it has none. */
function decodeRotation({ i: sessionKey, n: number, r: rotation }: Record<string, unknown>) {
  if (sessionKey === undefined) return typeof rotation === 'string' ? rotation : null
  // Below the greatest, so that there is always a next rotation.
  const counts = Number.isSafeInteger(number) && (number as number) >= 0 && number !== GREATEST
  const isKey = typeof sessionKey === 'string' && sessionKey.length === SESSION_KEY_SIZE
  return isKey && counts ? rotationOfNumber(number as number) : null
}

const NO_VALUES: ReadonlyMap<string, unknown> = new Map()
const NO_FLASH: ReadonlyMap<string, FlashMessage> = new Map()

function toMap(values: Record<string, unknown> | undefined): ReadonlyMap<string, unknown> {
  if (values === undefined) return NO_VALUES
  const map = new Map<string, unknown>()
  for (const key of Object.keys(values)) map.set(key, values[key])
  return map
}

function toFlash(
  values: Record<string, unknown> | undefined,
  marks: Record<string, unknown> | undefined
): ReadonlyMap<string, FlashMessage> {
  if (values === undefined) return NO_FLASH
  const map = new Map<string, FlashMessage>()
  for (const key of Object.keys(values)) {
    const mark = marks !== undefined && Object.hasOwn(marks, key) ? marks[key] : ''
    map.set(key, { value: values[key], mark: typeof mark === 'string' ? mark : '' })
  }
  return map
}

/**
 * The record of a string, or `null` if it is not one, whatever it is. No time in it is compared with
 * the clock: that is up to who knows whose clock wrote it.
 */
export function decodeRecord(text: string): SessionRecord | null {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return null
  }
  if (!isObject(parsed)) return null
  const { a: authenticatedAt, c: createdAt, d: data, e: expiresAt, f: flash } = parsed
  const { g: graceUntil, k: cookieAt, m: marks, t: rotatedAt } = parsed
  if (!isTime(createdAt) || !isOptionalTime(expiresAt) || !isOptionalTime(authenticatedAt))
    return null
  if (!isOptionalTime(graceUntil) || !isOptionalTime(cookieAt) || !isOptionalTime(rotatedAt))
    return null
  if (!isValues(data) || !isValues(flash) || !isValues(marks)) return null
  const rotation = decodeRotation(parsed)
  const owner = decodeOwner(parsed.o)
  if (rotation === null || owner === undefined) return null
  return {
    sessionKey: (parsed.i as string | undefined) ?? null,
    rotation,
    rotatedAt: rotatedAt ?? 0,
    graceUntil: graceUntil ?? 0,
    snapshot: parsed.z === 1,
    createdAt,
    expiresAt: expiresAt ?? null,
    cookieAt: cookieAt ?? 0,
    authenticatedAt: authenticatedAt ?? null,
    owner,
    data: toMap(data),
    flash: toFlash(flash, marks),
  }
}

function isPrimitive(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

/** Whether requests may share a record: a handler cannot change a value of it in place. */
export function isShareable({ data, flash }: SessionRecord): boolean {
  for (const value of data.values()) if (!isPrimitive(value)) return false
  for (const { value } of flash.values()) if (!isPrimitive(value)) return false
  return true
}

/** The three values of a record that take the most characters as JSON, the largest first. */
export function largestValues(record: SessionRecord): { key: string; size: number }[] {
  return valuesOf(record)
    .map(([key, value]) => ({ key, size: JSON.stringify(value)?.length ?? 0 }))
    .sort((left, right) => right.size - left.size)
    .slice(0, 3)
}
