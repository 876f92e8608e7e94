/**
 * The Durable Object of one session, or of one owner. It holds a `record` and its `lock`, or `key:…`,
 * the sessions of the owner.
 *
 * While an object waits for its storage it takes no other call, so what is read and then written is
 * one step.
 *
 * @module
 */
import type { StoredRecord, WriteOptions } from '../contract.ts'
import { Entries, type DurableObjectState } from './entries.ts'
import { LockQueue } from './lock-queue.ts'

/** What an object is asked to do. */
export type SessionCall =
  | { readonly do: 'read' | 'destroy' | 'keys' }
  | ({ readonly do: 'write'; readonly value: string } & WriteOptions)
  | { readonly do: 'touch'; readonly expiresAt: number; readonly ifVersion: number | undefined }
  | { readonly do: 'lock' | 'extend'; readonly owner: string; readonly ttl: number }
  | { readonly do: 'unlock'; readonly owner: string }
  | { readonly do: 'add'; readonly key: string; readonly expiresAt: number }
  | { readonly do: 'remove'; readonly key: string }

/**
 * The class to bind for `durableObjectStorage`. It is asked by `fetch`, so it runs at every
 * compatibility date; only the Worker that binds it can reach it.
 */
export class SessionObject {
  readonly #entries: Entries
  readonly #queue: LockQueue

  constructor(state: DurableObjectState, _env: unknown) {
    this.#entries = new Entries(state.storage)
    this.#queue = new LockQueue(this.#entries)
  }

  /** Does what `durableObjectStorage` asks for. */
  async fetch(request: Request): Promise<Response> {
    const result = await this.#answer((await request.json()) as SessionCall)
    return Response.json(result ?? null)
  }

  /** Removes what has ended. */
  async alarm(): Promise<void> {
    await this.#entries.sweep()
  }

  async #answer(call: SessionCall): Promise<unknown> {
    const entries = this.#entries
    switch (call.do) {
      case 'read':
        return entries.get('record')
      case 'write': {
        const { value, expiresAt, ifVersion } = call
        const current = await entries.get<StoredRecord>('record')
        if ((current?.version ?? null) !== ifVersion) return false
        const record: StoredRecord = { value, version: (ifVersion ?? 0) + 1, expiresAt }
        await entries.put('record', record)
        return true
      }
      case 'destroy':
        return entries.delete('record')
      case 'touch': {
        const current = await entries.get<StoredRecord>('record')
        const { expiresAt, ifVersion = current?.version } = call
        if (current === null || current.version !== ifVersion) return false
        await entries.put('record', { ...current, expiresAt } satisfies StoredRecord)
        return true
      }
      case 'lock':
        return this.#queue.join(call.owner, call.ttl)
      case 'extend':
        return this.#queue.extend(call.owner, call.ttl)
      case 'unlock':
        return this.#queue.leave(call.owner)
      case 'add':
        await entries.put(`key:${call.key}`, { expiresAt: call.expiresAt })
        return (await entries.names('key:')).length
      case 'remove':
        return entries.delete(`key:${call.key}`)
      case 'keys':
        return entries.names('key:')
    }
  }
}
