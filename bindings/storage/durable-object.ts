/**
 * Sessions in Durable Objects of Cloudflare: one object per session, one per owner.
 *
 * @module
 */
import { ConfigurationError } from '../errors.ts'
import type { SessionStorage, StoredRecord } from './contract.ts'
import type { SessionCall } from './durable-object/object.ts'

export type { DurableObjectState } from './durable-object/entries.ts'
export { SessionObject } from './durable-object/object.ts'

/** What is used of a namespace of Durable Objects. */
export interface DurableObjectNamespace {
  /** The id of an object by its name. */
  idFromName(name: string): unknown
  /** The object of an id. */
  get(id: never): {
    fetch(
      url: string,
      init: { method: string; body: string }
    ): Promise<{ readonly ok: boolean; readonly status: number; json(): Promise<unknown> }>
  }
}

/**
 * Keeps each session in a Durable Object of its own, which is atomic and strong on all of Cloudflare's
 * network: parallel requests lose nothing, and a session that was ended is gone everywhere at once.
 * Locks are exact, in the order of asking. An alarm removes what has ended.
 *
 * The Worker exports {@link SessionObject} and binds it:
 *
 * ```jsonc
 * // wrangler.jsonc
 * "durable_objects": { "bindings": [{ "name": "SESSIONS", "class_name": "SessionObject" }] },
 * "migrations": [{ "tag": "v1", "new_sqlite_classes": ["SessionObject"] }]
 * ```
 *
 * An object lives where its session was first used. A record may take 2 MB in a class of
 * `new_sqlite_classes`, 128 KiB in one of `new_classes`. What fails in an object is rejected as it is;
 * the manager makes a `SessionStorageError` of it.
 *
 * @throws ConfigurationError if it is no namespace of Durable Objects.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono'
 * import { durableObjectStorage, session, type DurableObjectNamespace } from 'tuile/workers'
 *
 * export { SessionObject } from 'tuile/workers'
 *
 * type Bindings = { SESSIONS: DurableObjectNamespace; SESSION_SECRET: string }
 * const app = new Hono<{ Bindings: Bindings }>().use(
 *   session((c) => ({
 *     secrets: c.env.SESSION_SECRET,
 *     storage: durableObjectStorage(c.env.SESSIONS),
 *   }))
 * )
 * assert.equal(app.routes.length, 1)
 * ```
 */
export function durableObjectStorage(namespace: DurableObjectNamespace): SessionStorage {
  if (typeof namespace?.idFromName !== 'function' || typeof namespace.get !== 'function') {
    throw new ConfigurationError(
      'durableObjectStorage: this is no namespace of Durable Objects; is SessionObject bound?'
    )
  }

  type Send = <Result>(call: SessionCall) => Promise<Result>

  /** A way to one object, on which calls arrive in the order in which they were made. */
  const objectOf = (name: string): Send => {
    const object = namespace.get(namespace.idFromName(name) as never)
    return async <Result>(call: SessionCall) => {
      const init = { method: 'POST', body: JSON.stringify(call) }
      const response = await object.fetch('https://session.object/', init)
      if (!response.ok) throw new Error(`The session's object answered with ${response.status}`)
      return (await response.json()) as Result
    }
  }
  const ownerOf = (owner: string): Send => objectOf(`owner:${owner}`)

  return {
    atomic: true,
    consistency: 'strong',
    identity: [namespace, ''],
    read: (key) => objectOf(key)<StoredRecord | null>({ do: 'read' }),
    write: (key, value, options) => objectOf(key)<boolean>({ do: 'write', value, ...options }),
    destroy: (key) => objectOf(key)<boolean>({ do: 'destroy' }),
    touch: (key, expiresAt, ifVersion) =>
      objectOf(key)<boolean>({ do: 'touch', expiresAt, ifVersion }),

    async lock(key, { ttl, signal }) {
      signal.throwIfAborted()
      const send = objectOf(key)
      const owner = crypto.randomUUID()
      const release = (): Promise<unknown> => send({ do: 'unlock', owner })
      // The call ends with that, and no place is left in the queue, nor a lock that was given meanwhile.
      const leave = (): void => void release().catch(() => undefined)
      signal.addEventListener('abort', leave, { once: true })
      try {
        await send({ do: 'lock', owner, ttl })
      } finally {
        signal.removeEventListener('abort', leave)
        signal.throwIfAborted()
      }
      return { release, extend: (ttl) => send<boolean>({ do: 'extend', owner, ttl }) }
    },

    owners: {
      add: (owner, key, expiresAt) => ownerOf(owner)<number>({ do: 'add', key, expiresAt }),
      remove: (owner, key) => ownerOf(owner)({ do: 'remove', key }),
      keys: (owner) => ownerOf(owner)<string[]>({ do: 'keys' }),
    },
  }
}
