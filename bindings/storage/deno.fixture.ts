/**
 * The suites that run inside Deno.
 *
 * @module
 */
import { sessionConformance } from '../session-conformance.ts'
import { storageConformance } from './conformance.ts'
import type { DenoKv } from './kv/deno-database.ts'
import { kvStorage } from './kv.ts'
import type { Suites } from './suites.fixture.ts'
import { encrypted } from './workers.fixture.ts'

/** What Deno gives. */
export interface Env {
  readonly kv: DenoKv
}

/** What one process does to a record that others change too. */
export interface Work {
  readonly key: string
  readonly times: number
}

export const kvSuites: Suites<Env> = {
  'kvStorage keeps the contract of storages': ({ kv }) => storageConformance(() => kvStorage(kv)),
  'kvStorage keeps sessions': ({ kv }) =>
    sessionConformance(() => kvStorage(kv), { interleavings: 50 }),
}

const { signal } = new AbortController()

const processes: Suites<Env> = {
  process: ({ kv }) => {
    const storage = kvStorage(kv)
    /** Counts up once; `false` if another was first. */
    const countUp = async (key: string) => {
      const record = await storage.read(key)
      const options = { expiresAt: Date.now() + 60_000, ifVersion: record?.version ?? null }
      return storage.write(key, String(Number(record?.value ?? 0) + 1), options)
    }
    return [
      {
        name: 'counts up',
        async run({ key, times }: Work) {
          let counted = 0
          while (counted < times) if (await countUp(key)) counted++
        },
      },
      {
        name: 'counts up by the lock',
        async run({ key, times }: Work) {
          for (let i = 0; i < times; i++) {
            const lock = await storage.lock!(key, { ttl: 20_000, signal })
            if (!(await countUp(key))) throw new Error('two held the lock')
            await lock.release()
          }
        },
      },
      {
        name: 'has counted',
        async run({ key, times }: Work) {
          const record = await storage.read(key)
          if (record?.value !== `${times}`) throw new Error(`it is ${record?.value}`)
        },
      },
      {
        name: 'touches keys of its prefix alone',
        async run({ key }: Work) {
          const mine = kvStorage(kv, { prefix: 'E1' })
          const keys = JSON.parse(key) as string[]
          const options = { expiresAt: Date.now() + 60_000, ifVersion: null }
          for (const key of keys) {
            if ((await mine.read(key)) !== null) throw new Error(`${key} is there`)
            await mine.write(key, key, options)
          }
          for (const key of keys) {
            if ((await mine.read(key))?.value !== key) throw new Error(`${key} is another's`)
            await mine.destroy(key)
          }
          for await (const entry of kv.list({ prefix: ['E1'] })) throw new Error(`${entry.key}`)
        },
      },
    ]
  },
}

export const suites: Suites<Env> = { ...kvSuites, ...encrypted, ...processes }
