/**
 * The program of `fs.processes.fixture.ts`: does what it is asked, in a folder.
 *
 * @module
 */
import { createSessions } from '../sessions.ts'
import type { StorageLock, StoredRecord, WriteOptions } from './contract.ts'
import { fsStorage } from './fs.ts'

/** What comes back. */
export interface Answer {
  readonly call: number
  readonly result?: unknown
  readonly error?: string
  readonly acknowledged?: number
}

const SECRET = 'processes: a secret of more than 32 bytes'
const HOUR = 3_600_000

const storage = fsStorage(process.argv[2]!)
const sessions = createSessions({ storage, secrets: SECRET })
let lock: StorageLock | undefined

const commands = {
  async read(key: string): Promise<StoredRecord | null> {
    return storage.read(key)
  },

  async write(key: string, value: string, options: WriteOptions): Promise<boolean> {
    return storage.write(key, value, options)
  },

  async destroy(key: string): Promise<void> {
    await storage.destroy(key)
  },

  /** A session with `n` at 0; its id. */
  async createSession(): Promise<string> {
    const session = await sessions.read(null)
    session.set('n', 0)
    await sessions.commit(session)
    return session.id
  },

  async increment(id: string, times: number): Promise<number> {
    for (let i = 0; i < times; i++) {
      await sessions.update(id, (session) => session.update('n', (n: number) => n + 1))
    }
    const session = await sessions.get(id)
    return session!.get('n')
  },

  /** Writes texts of one letter without end, each time the next version; tells every version. */
  async hammer(key: string, letter: string, size: number): Promise<void> {
    for (;;) {
      const record = await storage.read(key)
      const ifVersion = record?.version ?? null
      const text = letter.repeat(size)
      const options = { expiresAt: Date.now() + HOUR, ifVersion }
      if (await storage.write(key, text, options)) {
        process.send!({ acknowledged: (ifVersion ?? 0) + 1 })
      }
    }
  },

  async lock(key: string, ttl: number): Promise<void> {
    lock = await storage.lock(key, { ttl, signal: new AbortController().signal })
  },

  async extend(ttl: number): Promise<boolean> {
    return lock!.extend(ttl)
  },

  async release(): Promise<void> {
    await lock!.release()
  },
}

/** What can be asked for. */
export type Commands = typeof commands

process.on('message', async ({ call, name, args }) => {
  const command = commands[name as keyof Commands] as (...args: unknown[]) => Promise<unknown>
  try {
    process.send!({ call, result: await command(...args) })
  } catch (error) {
    process.send!({ call, error: String((error as Error).stack) })
  }
})
