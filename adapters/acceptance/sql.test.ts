/**
 * The promises about databases of arika.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import * as tuile from '../../bindings/index.ts'
import { fsStorage } from '../../bindings/storage/fs.ts'
import { redisStorage } from '../../bindings/storage/redis.ts'
import { serviceOf } from '../../bindings/storage/services.fixture.ts'
import { openLibsql } from '../../bindings/storage/sql.fixture.ts'
import { sqlStorage } from '../../bindings/storage/sql.ts'
import { session } from '../hono.ts'
import { SECRET } from './jar.fixture.ts'

/** Milliseconds that tell processes that hang from those that are slow. */
const SLOW = { timeout: 120_000 }

const races = fileURLToPath(new URL('../../scripts/races.js', import.meta.url))

/** Lets processes that run what was built count up one session; rejects if it is not exact. */
async function race(storage: string, mode: string): Promise<string> {
  const args = [races, storage, '--mode', mode, '--processes', '2', '--increments', '25']
  return (await promisify(execFile)(process.execPath, args)).stdout
}

const DATABASES = [
  ['sqlite', undefined],
  ['postgres', 'POSTGRES_URL'],
  ['mariadb', 'MARIADB_URL'],
] as const

for (const [name, variable] of DATABASES) {
  const missing = variable !== undefined && serviceOf(variable) === undefined
  const reason = missing ? ` (skipped: no ${variable}, scripts/services up)` : ''
  const itOn = it.skipIf(missing)

  itOn(`A28 what one process sets, another process gets, in ${name}${reason}`, SLOW, async () => {
    expect(await race(name, 'update')).toContain('2 processes × 25: 50 of 50')
  })

  itOn(`A34 two processes count to 50 under the lock of ${name}${reason}`, SLOW, async () => {
    expect(await race(name, 'lock')).toContain('2 processes × 25: 50 of 50')
  })
}

it('A43 a call at a time of your own deletes the rows of sessions that have ended', async () => {
  const db = openLibsql()
  const storage = sqlStorage(db)
  await storage.migrate()
  const sessions = tuile.createSessions<{ n: number }>({ storage, secrets: SECRET, lifetime: 1 })
  const started = await sessions.read(null)
  started.set('n', 1)
  await sessions.commit(started)
  const rows = async () => {
    const result = await sql<{ n: number }>`select count(*) as n from tuile_sessions`.execute(db)
    return Number(result.rows[0]!.n)
  }
  expect(await sessions.sweep()).toBe(0)
  expect(await rows()).toBe(1)
  await expect.poll(() => sessions.sweep(), { timeout: 5000 }).toBe(1)
  expect(await rows()).toBe(0)
  await db.destroy()
})

it('A48 what has a name there has one here', () => {
  // SessionDriver is the type SessionStorage, and CookieSessionId a token of createSigner.
  const { createSessions, memoryStorage, Session } = tuile
  const storages = [memoryStorage, fsStorage, redisStorage, sqlStorage]
  for (const value of [createSessions, Session, session, ...storages]) {
    expect(value).toBeTypeOf('function')
  }
})
