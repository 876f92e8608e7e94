/**
 * What a process does that holds a lock until it is killed: when told to, it says whether it could
 * extend the lock, and whether it could write what it has read under it.
 *
 * @module
 */
import type { SessionStorage } from './contract.ts'

type LockingStorage = SessionStorage & Required<Pick<SessionStorage, 'lock'>>

export async function holdLock(storage: LockingStorage, key: string, ttl: number): Promise<void> {
  const { signal } = new AbortController()
  const lock = await storage.lock(key, { ttl, signal })
  const record = await storage.read(key)
  process.on('message', async () => {
    const extended = await lock.extend(ttl)
    const options = { expiresAt: Date.now() + 60_000, ifVersion: record?.version ?? null }
    process.send!({ extended, written: await storage.write(key, 'stale', options) })
  })
  process.send!('holding')
}
