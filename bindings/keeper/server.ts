/**
 * Keeps sessions in a storage on the server; the cookie holds a signed id.
 *
 * @module
 */
import { chain } from '../awaitable.ts'
import { MAC_SIZE, PREFIX_SIZE } from '../codec/engine.ts'
import type { Owners } from '../owners.ts'
import { decodeRecord, encodeRecord } from '../record.ts'
import type { SessionStorage } from '../storage/contract.ts'
import type { Keeper } from './contract.ts'
import { createRecords, idOf, type ServerKeeperSettings } from './records.ts'
import { createWrites } from './writes.ts'

/**
 * Makes the keeper of a storage, whose failures are `SessionStorageError`s already.
 *
 * @param owners `null` if the storage does not know whose its records are.
 */
export function createServerKeeper(
  storage: SessionStorage,
  given: ServerKeeperSettings,
  owners: Owners | null
): Keeper {
  const keyOf = rememberLast(given.keyOf)
  const settings = { ...given, keyOf }
  const records = createRecords(storage, settings)
  const writes = createWrites(storage, records, settings, owners)

  return {
    async: storage.sync !== true,
    keyOf,
    idOf,
    find: records.find,
    reload: ({ id, reissue, flashMarked }) => records.findById(id, reissue, flashMarked, true),
    current: records.current,
    save: writes.save,

    touch(origin, end, cookieAt) {
      const { id, record, text, version } = origin
      const expiresAt = writes.endOf(record, end)
      // Only the record that was read: after a rotation it is no more this request's to prolong.
      const ifVersion = version!
      if (cookieAt === 0 && storage.touch) {
        return chain(storage.touch(keyOf(id), expiresAt, ifVersion), (touched) =>
          touched === false ? null : { ...origin, expiresAt }
        )
      }
      // From the string: a handler may have changed values of the decoded record in place.
      const renewed = cookieAt === 0 ? text : encodeRecord({ ...decodeRecord(text)!, cookieAt })
      const after = { ...origin, text: renewed, expiresAt }
      return chain(storage.write(keyOf(id), renewed, { expiresAt, ifVersion }), (written) =>
        written
          ? {
              ...after,
              record: { ...record, cookieAt: cookieAt || record.cookieAt },
              version: ifVersion + 1,
            }
          : null
      )
    },

    destroy({ id, record }) {
      const key = keyOf(id)
      return chain(storage.destroy(key), (destroyed) => {
        if (destroyed !== false) given.events.emit('destroy', () => ({ key }))
        return chain(owners?.forget(key, record), () => undefined)
      })
    },

    needsCookie: (before, after) =>
      before === null ||
      before.id !== after.id ||
      before.reissue ||
      before.flashMarked !== after.flashMarked ||
      before.record.cookieAt !== after.record.cookieAt,

    tokenSize: ({ id }) => PREFIX_SIZE + id.length + 1 + MAC_SIZE,

    token: (ring, { id, flashMarked }) => ring.signText(id, flashMarked ? 't' : 'T'),
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
