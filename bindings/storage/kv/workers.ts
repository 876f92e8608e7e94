/**
 * Sessions in Workers KV. A record's version and end are in the metadata of its key.
 *
 * @module
 */
import type { SessionStorage, StoredRecord } from '../contract.ts'

/** What is used of a namespace of Workers KV. */
export interface WorkersKv {
  /** Reads a text and what was said of it. */
  getWithMetadata(
    key: string,
    type: 'text'
  ): Promise<{ readonly value: string | null; readonly metadata: unknown }>
  /** Writes a text. */
  put(
    key: string,
    value: string,
    options: { expirationTtl: number; metadata: unknown }
  ): Promise<unknown>
  /** Removes a key. */
  delete(key: string): Promise<unknown>
  /** Lists keys by how they begin, a page at a time. */
  list(options: { prefix: string; cursor?: string }): Promise<{
    readonly keys: readonly { readonly name: string; readonly metadata?: unknown }[]
    readonly list_complete: boolean
    readonly cursor?: string
  }>
}

/** Seconds: a shorter `expirationTtl` is refused with a 400. */
const MIN_TTL = 60

const secondsUntil = (expiresAt: number): number =>
  Math.max(MIN_TTL, Math.ceil((expiresAt - Date.now()) / 1000))

interface Metadata {
  /** Version. */
  readonly v: number
  /** Expires at, in milliseconds since the epoch. */
  readonly e: number
}

/** The end that was kept with a key, or 0 if the key is not ours. */
const endOf = (metadata: unknown): number => {
  const end = (metadata as Partial<Metadata> | null | undefined)?.e
  return typeof end === 'number' ? end : 0
}

/** Makes the storage of a namespace. */
export function workersKvStorage(namespace: WorkersKv, prefix: string): SessionStorage {
  const nameOf = (key: string): string => `${prefix}:${key}`
  const entriesOf = (owner: string): string => `${prefix}-owner:${owner}:`

  const read = async (key: string): Promise<StoredRecord | null> => {
    const { value, metadata } = await namespace.getWithMetadata(nameOf(key), 'text')
    const expiresAt = endOf(metadata)
    if (value === null || expiresAt <= Date.now()) return null
    return { value, version: (metadata as Metadata).v, expiresAt }
  }

  return {
    atomic: false,
    consistency: 'eventual',
    identity: [namespace, prefix],
    read,

    // There is no `touch`: metadata cannot be changed without writing the value again.
    async write(key, value, { expiresAt, ifVersion }) {
      const current = await read(key)
      if ((current?.version ?? null) !== ifVersion) return false
      if (expiresAt <= Date.now()) await namespace.delete(nameOf(key))
      else {
        const metadata: Metadata = { v: (ifVersion ?? 0) + 1, e: expiresAt }
        const expirationTtl = secondsUntil(expiresAt)
        await namespace.put(nameOf(key), value, { expirationTtl, metadata })
      }
      return true
    },

    destroy: (key) => namespace.delete(nameOf(key)),

    owners: {
      add: (owner, key, expiresAt) =>
        namespace.put(entriesOf(owner) + key, '', {
          expirationTtl: secondsUntil(expiresAt),
          metadata: { e: expiresAt },
        }),

      remove: (owner, key) => namespace.delete(entriesOf(owner) + key),

      async keys(owner) {
        const start = entriesOf(owner)
        const found: string[] = []
        let cursor: string | undefined
        do {
          const page = await namespace.list({ prefix: start, ...(cursor && { cursor }) })
          for (const { name, metadata } of page.keys) {
            if (endOf(metadata) > Date.now()) found.push(name.slice(start.length))
          }
          cursor = page.list_complete ? undefined : page.cursor
        } while (cursor)
        return found
      },
    },
  }
}
