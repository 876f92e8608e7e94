/**
 * Sessions in a key-value store: Workers KV, or Deno KV.
 *
 * @module
 */
import { ConfigurationError } from '../errors.ts'
import type { SessionStorage } from './contract.ts'
import { denoKvStorage } from './kv/deno.ts'
import type { DenoKv } from './kv/deno-database.ts'
import { workersKvStorage, type WorkersKv } from './kv/workers.ts'

export type { DenoKv, DenoKvChange, DenoKvEntry } from './kv/deno-database.ts'
export type { WorkersKv } from './kv/workers.ts'

/** The options of `kvStorage`. */
export interface KvStorageOptions {
  /**
   * What the names of all keys begin with; the first part of the keys of Deno KV.
   *
   * @default 'session'
   */
  readonly prefix?: string
}

const has = (value: unknown, method: string): boolean =>
  typeof (value as Record<string, unknown> | null | undefined)?.[method] === 'function'

/**
 * Keeps sessions in a namespace of Workers KV, or in a database of Deno KV. It tells them apart by
 * their methods.
 *
 * **Workers KV** has no compare-and-set, and a read may lag behind by a minute or more: of two
 * requests that change one session at once, the last one wins, and one that was signed out may be
 * read elsewhere for as long as the lag. The storage says so (`atomic: false`, `consistency:
 * 'eventual'`). Where that matters use `durableObjectStorage`. Workers KV refuses to end a key within
 * 60 seconds; the end is kept with the record and checked when it is read, to the millisecond.
 *
 * **Deno KV** is atomic and strong. It drops a key some time after its end; the end is checked too. A
 * record may take 64 KiB. Its locks are seen by all processes of the database.
 *
 * What fails in the store is rejected as it is; the manager makes a `SessionStorageError` of it.
 *
 * @throws ConfigurationError if it is neither, or the prefix is empty.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono'
 * import { session } from 'tuile/hono'
 * import { kvStorage, type WorkersKv } from 'tuile/storage/kv'
 *
 * const app = new Hono<{ Bindings: { SESSIONS: WorkersKv; SESSION_SECRET: string } }>()
 *   .use(session((c) => ({ secrets: c.env.SESSION_SECRET, storage: kvStorage(c.env.SESSIONS) })))
 *
 * // Deno: kvStorage(await Deno.openKv())
 * assert.throws(() => kvStorage({} as WorkersKv), /neither/)
 * ```
 */
export function kvStorage(
  namespace: WorkersKv | DenoKv,
  options: KvStorageOptions = {}
): SessionStorage {
  const { prefix = 'session' } = options
  if (typeof prefix !== 'string' || prefix === '') {
    throw new ConfigurationError('kvStorage: the prefix must be a text that is not empty')
  }
  if (has(namespace, 'atomic')) return denoKvStorage(namespace as DenoKv, prefix)
  if (has(namespace, 'getWithMetadata')) return workersKvStorage(namespace as WorkersKv, prefix)
  throw new ConfigurationError(
    'kvStorage: this is neither a namespace of Workers KV (is it bound?) nor a Deno.Kv'
  )
}
