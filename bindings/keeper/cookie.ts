/**
 * Keeps sessions in their cookies. There is nothing to load, nothing to conflict with, and nothing
 * that could be taken back.
 *
 * @module
 */
import { chain, type Awaitable } from '../awaitable.ts'
import { MAC_SIZE, PREFIX_SIZE, SEAL_SIZE, type OpenedToken } from '../codec/engine.ts'
import { type Explanation, refuse } from '../explanation.ts'
import { endReason, expiryOf, isDevelopment } from '../options.ts'
import type { Revocations } from '../revocations.ts'
import { decodeRecord, encodeRecord, type SessionRecord } from '../record.ts'
import type { Origin } from '../session-state.ts'
import type { CookieStorage } from '../storage/contract.ts'
import { fitsSchema, recordOf, type Keeper, type KeeperSettings } from './contract.ts'

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

  /** `null` if the record lacks what a record in a cookie must have. */
  const originOf = (record: SessionRecord, text: string, reissue: boolean): Origin | null => {
    const { id, expiresAt, flash } = record
    if (id === null || expiresAt === null) return null
    return {
      id,
      record,
      text,
      version: null,
      expiresAt,
      reissue,
      flashMarked: flash.size > 0,
    }
  }

  const store = (record: SessionRecord): Origin => originOf(record, encodeRecord(record), false)!

  const { async } = revocations ?? { async: false }

  const open = (
    { format, text, keyIndex }: OpenedToken,
    explanation: Explanation | null
  ): Awaitable<Origin | null> => {
    const sealed = format === 'S' || format === 's'
    const record = sealed || format === 'P' || format === 'p' ? decodeRecord(text) : null
    // What an older secret made, or the other mode, is made anew with the next response.
    const reissue = keyIndex > 0 || sealed !== (mode === 'sealed')
    const origin = record && originOf(record, text, reissue)
    if (origin === null) {
      refuse(events, 'corrupt', explanation)
      return null
    }
    // Today's deadlines hold for yesterday's cookies too.
    const end = Math.min(origin.expiresAt, origin.record.createdAt + deadlines.lifetime)
    if (end <= Date.now()) {
      events.emit('expire', () => ({ key: keyOf(origin.id) }))
      explanation?.tell(endReason(deadlines, origin.record.createdAt))
      return null
    }
    if (!fitsSchema(schema, origin.record)) {
      refuse(events, 'schema', explanation)
      return null
    }
    return chain(
      revocations === null ? origin : revocations.admit(origin, explanation),
      (admitted) => {
        if (admitted !== null) events.emit('load', () => ({ key: keyOf(origin.id) }))
        return admitted
      }
    )
  }

  return {
    async,

    idOf: () => null,

    reload: (origin) => origin,

    look: () => null,

    open: async ? async (token, explanation) => open(token, explanation) : open,

    save(state) {
      const before = state.origin
      const now = Date.now()
      const createdAt = before?.record.createdAt ?? now
      const expiresAt = expiryOf(deadlines, createdAt, now)
      const work = recordOf(state, state.id, createdAt, expiresAt)
      return chain(revocations?.claim(work, before, state.grace ?? 0) ?? work, (record) => {
        const after = store(record)
        const key = keyOf(after.id)
        if (before === null) events.emit('create', () => ({ key }))
        else if (before.id === after.id) events.emit('save', () => ({ key }))
        else {
          events.emit('regenerate', () => ({ key, previousKey: keyOf(before.id) }))
          if (revocations === null) warnOfOldCookie()
        }
        return after
      })
    },

    // From the text: a handler may have changed values of the decoded record in place.
    touch: (origin, expiresAt) => store({ ...decodeRecord(origin.text)!, expiresAt }),

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
      'Give cookieStorage a place for revocations, or keep sessions on the server'
  )
}
