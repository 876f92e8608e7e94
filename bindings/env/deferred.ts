/**
 * A storage that is opened when it is first used: its code, its client and its connection are loaded
 * and made with promises, but an app is set up without waiting.
 *
 * @module
 */
import type { OwnerIndex, SessionStorage } from '../storage/contract.ts'

/** A storage, which can touch and lock and has owners, and what ends it. */
export interface OpenedStorage {
  readonly storage: SessionStorage
  close(): unknown
}

/**
 * Makes a storage of one that `open` opens, once; after a failure the next call tries again.
 *
 * @param sweeps Whether it has to be swept.
 */
export function deferStorage(open: () => Promise<OpenedStorage>, sweeps: boolean): SessionStorage {
  let opening: Promise<OpenedStorage> | null = null
  const opened = async (): Promise<SessionStorage> => {
    opening ??= open().catch((error) => {
      opening = null
      throw error
    })
    return (await opening).storage
  }
  const owners: OwnerIndex = {
    add: async (owner, key, expiresAt) => (await opened()).owners!.add(owner, key, expiresAt),
    remove: async (owner, key) => (await opened()).owners!.remove(owner, key),
    keys: async (owner) => (await opened()).owners!.keys(owner),
    gaps: async () => (await (await opened()).owners!.gaps?.()) ?? null,
  }
  return {
    atomic: true,
    consistency: 'strong',
    owners,
    read: async (...args) => (await opened()).read(...args),
    write: async (key, value, options) => (await opened()).write(key, value, options),
    destroy: async (key) => (await opened()).destroy(key),
    touch: async (...args) => (await opened()).touch!(...args),
    lock: async (key, options) => (await opened()).lock!(key, options),
    diagnose: async () => (await (await opened()).diagnose?.()) ?? [],
    ...(sweeps && { sweep: async (limit: number) => (await opened()).sweep?.(limit) ?? 0 }),
    async close() {
      const closing = opening
      opening = null
      await (await closing)?.close()
    },
  }
}
