/**
 * Keeps sessions in their cookies. There is nothing to load and nothing to conflict with; with a storage
 * for revocations, cookies can be taken back.
 *
 * @module
 */
import { chain, type Awaitable } from '../awaitable.ts'
import { MAC_SIZE, PREFIX_SIZE, SEAL_SIZE, type OpenedToken } from '../codec/engine.ts'
import { endReason, expiryOf, isDevelopment } from '../options.ts'
import type { Revocations } from '../revocations.ts'
import { CLOCK_SKEW, decodeRecord, encodeRecord, type SessionRecord } from '../record.ts'
import { sessionKeyOf } from '../id.ts'
import type { Origin } from '../session-state.ts'
import type { CookieStorage } from '../storage/contract.ts'
import {
  fitsSchema,
  recordOf,
  refusal,
  type Found,
  type Keeper,
  type KeeperSettings,
} from './contract.ts'

const encoder = new TextEncoder()

/**
 * Makes the keeper of the cookie storage.
 *
 * @param revocations `null` if a session cannot be ended for who kept its cookie.
 */
export function createCookieKeeper(
  settings: KeeperSettings,
  mode: CookieStorage['mode'],
  revocations: Revocations | null
): Keeper {
  const { deadlines, events, keyOf, schema } = settings
  const { async } = revocations ?? { async: false }

  const originOf = (record: SessionRecord, text: string, reissue: boolean): Origin => ({
    id: record.sessionKey! + record.rotation,
    record,
    text,
    version: null,
    expiresAt: record.expiresAt!,
    reissue,
    flashMarked: record.flash.size > 0,
  })

  const store = (record: SessionRecord): Origin => originOf(record, encodeRecord(record), false)

  /** Whether a record is one of a cookie, and was not made by a clock that is far ahead of ours. */
  const isValid = ({
    sessionKey,
    expiresAt,
    createdAt,
    authenticatedAt,
  }: SessionRecord): boolean => {
    const latest = Date.now() + CLOCK_SKEW
    const isPast = createdAt <= latest && (authenticatedAt ?? 0) <= latest
    return sessionKey !== null && expiresAt !== null && isPast
  }

  /** Each write is a new cookie; when that was matters if it ends before its session. */
  const cookieTime = (): number => (deadlines.renewCookieAfter === null ? 0 : Date.now())

  const find = ({ format, text, keyIndex }: OpenedToken): Awaitable<Found> => {
    const sealed = format === 'S' || format === 's'
    const record = sealed || format === 'P' || format === 'p' ? decodeRecord(text) : null
    if (record === null || !isValid(record)) return refusal('corrupt', null)
    // What an older secret made, or the other mode, is made anew with the next response.
    const reissue = keyIndex > 0 || sealed !== (mode === 'sealed')
    const origin = originOf(record, text, reissue)
    // Today's deadlines hold for yesterday's cookies too.
    const end = Math.min(origin.expiresAt, record.createdAt + deadlines.lifetime)
    if (end <= Date.now()) {
      const key = keyOf(origin.id)
      return refusal(endReason(deadlines, record.createdAt), key)
    }
    if (!fitsSchema(schema, record)) {
      return refusal('schema', keyOf(origin.id), origin)
    }
    return revocations === null ? origin : revocations.admit(origin)
  }

  return {
    async,

    keyOf,

    idOf: () => null,

    find: async ? async (token) => find(token) : find,

    reload: (origin) => (revocations === null ? origin : revocations.admit(origin)),

    current: () => null,

    save(state) {
      if (state.origin?.record.snapshot && state.authenticates) state.startAnew()
      const { id, origin } = state
      const now = Date.now()
      const work: SessionRecord = {
        ...recordOf(state, now),
        sessionKey: sessionKeyOf(id),
        cookieAt: cookieTime(),
        expiresAt: expiryOf(deadlines, origin?.record.createdAt ?? now, now),
      }
      return chain(revocations?.claim(work, origin, state.grace ?? 0) ?? work, (record) => {
        const after = store(record)
        const key = keyOf(after.id)
        if (origin === null) events.emit('create', () => ({ key }))
        else if (origin.id === after.id) events.emit('save', () => ({ key }))
        else {
          events.emit('regenerate', () => ({ key }))
          if (revocations === null) warnOfOldCookie()
        }
        return after
      })
    },

    // From the string: a handler may have changed values of the decoded record in place.
    touch: (origin, expiresAt) =>
      chain(revocations?.isCurrent(origin) ?? true, (isCurrent) =>
        isCurrent
          ? store({ ...decodeRecord(origin.text)!, expiresAt, cookieAt: cookieTime() })
          : null
      ),

    destroy: (origin) =>
      chain(revocations?.end(origin), () =>
        events.emit('destroy', () => ({ key: keyOf(origin.id) }))
      ),

    needsCookie: () => true,

    tokenSize({ text }) {
      const payload = encoder.encode(text).length
      if (mode === 'sealed') return PREFIX_SIZE + Math.ceil(((payload + SEAL_SIZE) * 4) / 3)
      return PREFIX_SIZE + Math.ceil((payload * 4) / 3) + 1 + MAC_SIZE
    },

    token(ring, { text, record }) {
      const flashWaits = record.flash.size > 0
      if (mode === 'sealed') return ring.sealPayload(text, flashWaits ? 's' : 'S')
      return ring.signPayload(text, flashWaits ? 'p' : 'P')
    },
  }
}

let warnedOfOldCookie = false

function warnOfOldCookie(): void {
  if (warnedOfOldCookie || !isDevelopment()) return
  warnedOfOldCookie = true
  console.warn(
    'tuile: a session in a cookie got a new id, but its old cookie works on until its lifetime ends. ' +
      'Use cookieStorage({ revocations }), or keep sessions on the server'
  )
}
