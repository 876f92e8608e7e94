import { describe, expect, it } from 'vitest'
import { createSessions } from '../sessions.ts'
import type { SessionStorage, StorageLock } from '../storage/contract.ts'
import { memoryStorage } from '../storage/memory.ts'

const SECRET = 'turns: a secret of more than 32 bytes'
const HOUR = 3_600_000

/** A storage in which somebody else writes just before we do, as often as `rival` says so. */
function contested(
  rival: () => boolean,
  lock: NonNullable<SessionStorage['lock']>
): SessionStorage {
  const memory = memoryStorage()
  return {
    lock,
    read: async (key) => memory.read(key),
    destroy: async (key) => memory.destroy(key),
    async write(key, value, options) {
      const record = memory.read(key)
      if (record !== null && rival()) {
        const { value, version } = record
        memory.write(key, value, { expiresAt: Date.now() + HOUR, ifVersion: version })
      }
      return memory.write(key, value, options)
    },
  }
}

/** Counts to 1; how many conflicts there were, and the count. */
async function count(storage: SessionStorage): Promise<{ conflicts: number; n: number }> {
  const sessions = createSessions<{ n: number }>({ storage, secrets: SECRET })
  const session = await sessions.read(null)
  session.set('n', 0)
  await sessions.commit(session)
  let conflicts = 0
  sessions.on('conflict', () => {
    conflicts++
  })
  await sessions.update(session.id, (session) => session.update('n', (n = 0) => n + 1))
  const stored = await sessions.get(session.id)
  return { conflicts, n: stored!.get('n')! }
}

describe('a writer that loses every race', () => {
  it('waits for its turn, wins in it, and gives it back', async () => {
    let holders = 0
    const held: StorageLock = { extend: () => true, release: () => holders-- }
    const storage = contested(
      () => holders === 0,
      () => {
        holders++
        return held
      }
    )
    const { conflicts, n } = await count(storage)
    expect(n).toBe(1)
    expect(conflicts).toBeLessThan(10)
    expect(holders).toBe(0)
  })

  it('goes on without, where no turn is to be had', async () => {
    let rivals = 20
    const storage = contested(
      () => rivals-- > 0,
      () => Promise.reject(new Error('no locks today'))
    )
    expect(await count(storage)).toEqual({ conflicts: 20, n: 1 })
  })
})
