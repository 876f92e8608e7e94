/**
 * The suites that run inside workerd.
 *
 * @module
 */
import { sessionConformance } from '../session-conformance.ts'
import { createSessions } from '../sessions.ts'
import { storageConformance } from './conformance.ts'
import { durableObjectStorage, type DurableObjectNamespace } from './durable-object.ts'
import { encryptedStorage } from './encrypted.ts'
import { kvStorage } from './kv.ts'
import type { WorkersKv } from './kv/workers.ts'
import { memoryStorage } from './memory.ts'
import type { InsideCase, Suites } from './suites.fixture.ts'

/** What the workers bind. */
export interface Env {
  readonly KV: WorkersKv
  readonly SESSIONS: DurableObjectNamespace
}

/** A secret that both sides know. */
export const SECRET = 'workers: a secret of more than 32 bytes'

/** AES keys of each size, as base64. */
export const KEYS = {
  'AES-128': 'MDEyMzQ1Njc4OWFiY2RlZg==',
  'AES-192': 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3',
  'AES-256': 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
}

/** What one of many parallel clients does to a session. */
export interface Work {
  readonly cookie: string
  /** Its own key. */
  readonly key: string
  /** Requests, one after the other. */
  readonly times: number
}

/** What a storage cannot promise that has no compare-and-set. */
const isPromised = ({ name }: InsideCase): boolean =>
  !/^(?:parallel|D3) |at once|in flight/.test(name)

/** Fewer than where a write takes microseconds. */
const INTERLEAVINGS = { interleavings: 200 }

/** What runs in each runtime, on its own cryptography. */
export const encrypted: Suites<unknown> = Object.fromEntries(
  Object.entries(KEYS).map(([name, key]) => {
    const create = () => encryptedStorage(memoryStorage(), key)
    return [
      `K21 encryptedStorage with ${name}`,
      () => [
        ...storageConformance(create),
        ...(name === 'AES-256' ? sessionConformance(create, INTERLEAVINGS) : []),
      ],
    ]
  })
)

export const kvSuites: Suites<Env> = {
  'kvStorage keeps the contract of storages': ({ KV }) => storageConformance(() => kvStorage(KV)),
  'kvStorage keeps sessions': ({ KV }) =>
    sessionConformance(() => kvStorage(KV)).filter(isPromised),
}

export const objectSuites: Suites<Env> = {
  'durableObjectStorage keeps the contract of storages': ({ SESSIONS }) =>
    storageConformance(() => durableObjectStorage(SESSIONS)),
  'durableObjectStorage keeps sessions': ({ SESSIONS }) =>
    sessionConformance(() => durableObjectStorage(SESSIONS), INTERLEAVINGS),
}

/** What one client does of what many do at once. */
const clients: Suites<Env> = {
  client: ({ SESSIONS }) => {
    const storage = durableObjectStorage(SESSIONS)
    const sessions = createSessions<Record<string, number>>({ storage, secrets: SECRET })
    return [
      {
        name: 'counts up',
        async run({ cookie, times }: Work) {
          for (let i = 0; i < times; i++) {
            const session = await sessions.read(cookie)
            session.update('n', (n = 0) => n + 1)
            await sessions.commit(session)
          }
        },
      },
      {
        name: 'sets its own key',
        async run({ cookie, key }: Work) {
          const session = await sessions.read(cookie)
          session.set(key, 1)
          await sessions.commit(session)
        },
      },
      {
        name: 'counts up by the lock',
        async run({ cookie: key, times }: Work) {
          for (let i = 0; i < times; i++) {
            const lock = await storage.lock!(key, {
              ttl: 10_000,
              signal: new AbortController().signal,
            })
            const record = await storage.read(key)
            const value = String(Number(record?.value ?? 0) + 1)
            const options = { expiresAt: Date.now() + 60_000, ifVersion: record?.version ?? null }
            if (!(await storage.write(key, value, options))) throw new Error('two held the lock')
            await lock.release()
          }
        },
      },
    ]
  },
}

export const suites: Suites<Env> = { ...kvSuites, ...objectSuites, ...encrypted, ...clients }
