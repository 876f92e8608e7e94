/**
 * Keeps sessions in their cookies. There is nothing to load, nothing to conflict with, and nothing
 * that could be taken back.
 *
 * @module
 */
import { MAC_SIZE, PREFIX_SIZE } from '../codec/engine.ts'
import { expiryOf } from '../options.ts'
import { decodeRecord, encodeRecord, type SessionRecord } from '../record.ts'
import type { Origin } from '../session-state.ts'
import { fitsSchema, recordOf, type Keeper, type KeeperSettings } from './contract.ts'

const encoder = new TextEncoder()

/** Makes the keeper of the cookie storage. */
export function createCookieKeeper(settings: KeeperSettings): Keeper {
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

  return {
    async: false,

    idOf: () => null,

    reload: (origin) => origin,

    open({ format, text, keyIndex }) {
      const record = format === 'P' || format === 'p' ? decodeRecord(text) : null
      const origin = record && originOf(record, text, keyIndex > 0)
      if (origin === null) {
        events.emit('reject', () => ({ reason: 'corrupt' }))
        return null
      }
      // Today's deadlines hold for yesterday's cookies too.
      const end = Math.min(origin.expiresAt, origin.record.createdAt + deadlines.lifetime)
      if (end <= Date.now()) {
        events.emit('expire', () => ({ key: keyOf(origin.id) }))
        return null
      }
      if (!fitsSchema(schema, origin.record)) {
        events.emit('reject', () => ({ reason: 'schema' }))
        return null
      }
      events.emit('load', () => ({ key: keyOf(origin.id) }))
      return origin
    },

    save(state) {
      const before = state.origin
      const now = Date.now()
      const createdAt = before?.record.createdAt ?? now
      const expiresAt = expiryOf(deadlines, createdAt, now)
      const after = store(recordOf(state, state.id, createdAt, expiresAt))
      if (before === null) events.emit('create', () => ({ key: keyOf(after.id) }))
      else if (before.id === after.id) events.emit('save', () => ({ key: keyOf(after.id) }))
      else
        events.emit('regenerate', () => ({ key: keyOf(after.id), previousKey: keyOf(before.id) }))
      return after
    },

    // From the text: a handler may have changed values of the decoded record in place.
    touch: (origin, expiresAt) => store({ ...decodeRecord(origin.text)!, expiresAt }),

    destroy: (origin) => events.emit('destroy', () => ({ key: keyOf(origin.id) })),

    needsCookie: () => true,

    tokenSize({ text }) {
      const payload = encoder.encode(text).length
      return PREFIX_SIZE + Math.ceil((payload * 4) / 3) + 1 + MAC_SIZE
    },

    token: (ring, { text, record }) => ring.signPayload(text, record.flash.size > 0 ? 'p' : 'P'),
  }
}
