/**
 * The suites of `sqlStorage` that run inside workerd, on D1.
 *
 * @module
 */
import { Kysely } from 'kysely'
import { D1Dialect } from 'kysely-d1'
import { sessionConformance } from '../session-conformance.ts'
import { storageConformance } from './conformance.ts'
import { type SqlStorage, sqlStorage } from './sql.ts'
import type { Suites } from './suites.fixture.ts'

/** What the worker binds. */
export interface Env {
  readonly DB: ConstructorParameters<typeof D1Dialect>[0]['database']
}

/** The tables are made by the first test, and shared. */
async function open({ DB }: Env): Promise<SqlStorage> {
  const storage = sqlStorage(new Kysely({ dialect: new D1Dialect({ database: DB }) }))
  await storage.migrate()
  await storage.sweep(10_000)
  return storage
}

export const suites: Suites<Env> = {
  'sqlStorage on D1 keeps the contract of storages': (env) => storageConformance(() => open(env)),
  'sqlStorage on D1 keeps sessions': (env) =>
    sessionConformance(() => open(env), { interleavings: 100 }),
}
