/**
 * Sessions in Deno KV: every write is an atomic operation that checks what it was made from.
 *
 * @module
 */
import type { SessionStorage, StoredRecord } from '../contract.ts'
import { commit, type DenoKv, type DenoKvEntry } from './deno-database.ts'
import { denoKvLock } from './deno-lock.ts'

/** Milliseconds from now, as `expireIn` wants them: positive. */
const until = (expiresAt: number): number => Math.max(1, expiresAt - Date.now())

/** Makes the storage of a database. */
export function denoKvStorage(kv: DenoKv, prefix: string): SessionStorage {
  const placeOf = (key: string): string[] => [prefix, 'record', key]
  const entryOf = (owner: string, key: string): string[] => [prefix, 'owner', owner, key]

  /** The record of an entry. `expireIn` is lazy: Deno gives values for a while after their end. */
  const liveIn = (entry: DenoKvEntry): StoredRecord | null => {
    const record = entry.value as StoredRecord | null
    return record !== null && record.expiresAt > Date.now() ? record : null
  }

  /**
   * Changes a record in one step, if `next` wants to. A versionstamp also changes with `touch`, which
   * is no reason to refuse a write: then it is looked at again.
   */
  const change = async (
    key: string,
    next: (current: StoredRecord | null) => StoredRecord | null
  ): Promise<boolean> => {
    for (;;) {
      const place = placeOf(key)
      const entry = await kv.get(place)
      const record = next(liveIn(entry))
      if (record === null) return false
      const checked = kv.atomic().check({ key: place, versionstamp: entry.versionstamp })
      const changed =
        record.expiresAt > Date.now()
          ? checked.set(place, record, { expireIn: until(record.expiresAt) })
          : checked.delete(place)
      if (await commit(changed)) return true
    }
  }

  return {
    atomic: true,
    consistency: 'strong',
    identity: [kv, prefix],
    read: async (key) => liveIn(await kv.get(placeOf(key))),
    write: (key, value, { expiresAt, ifVersion }) =>
      change(key, (current) =>
        (current?.version ?? null) === ifVersion
          ? { value, version: (ifVersion ?? 0) + 1, expiresAt }
          : null
      ),
    destroy: (key) => commit(kv.atomic().delete(placeOf(key))),
    touch: (key, expiresAt, ifVersion) =>
      change(key, (current) =>
        current !== null && current.version === (ifVersion ?? current.version)
          ? { ...current, expiresAt }
          : null
      ),
    lock: (key, options) => denoKvLock(kv, [prefix, 'lock', key], options),
    owners: {
      add: (owner, key, expiresAt) =>
        commit(kv.atomic().set(entryOf(owner, key), expiresAt, { expireIn: until(expiresAt) })),
      remove: (owner, key) => commit(kv.atomic().delete(entryOf(owner, key))),
      async keys(owner) {
        const found: string[] = []
        for await (const { key, value } of kv.list({ prefix: [prefix, 'owner', owner] })) {
          if ((value as number) > Date.now()) found.push(key[3] as string)
        }
        return found
      },
    },
  }
}
