import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { CamelCasePlugin, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { bunProgram, denoProgram, nodeProgram } from '../../scripts/runtimes.js'
import { corpus } from '../codec/corpus.fixture.ts'
import { ConfigurationError, SessionStorageError } from '../errors.ts'
import { sessionConformance } from '../session-conformance.ts'
import { createSessions } from '../sessions.ts'
import { storageConformance } from './conformance.ts'
import { dialectOf } from './sql/dialect.ts'
import { describeRuntime, describeSuites, insideWorkers } from './inside.fixture.ts'
import {
  describeEngines,
  dropTables,
  locate,
  newTable,
  openLibsql,
  usePlace,
} from './sql.fixture.ts'
import { type SqlDialectName, sqlSchema, sqlStorage } from './sql.ts'
import { suites } from './sql.workers.fixture.ts'

const HOUR = 3_600_000
const root = fileURLToPath(new URL('../..', import.meta.url))
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** In all, over the databases, it is more than a thousand. */
const SOME = { interleavings: 200 }
/** Milliseconds that tell a database that hangs from one that is slow. */
const SLOW = { timeout: 120_000 }

const until = (milliseconds: number) => ({ expiresAt: Date.now() + milliseconds, ifVersion: null })

/** What a call gives, or `null` if it fails. */
const attempt = async <Value>(call: () => Value): Promise<Awaited<Value> | null> => {
  try {
    return await call()
  } catch {
    return null
  }
}

/** Keys that mean something to somebody. `write` never gets such: the manager hashes its ids. */
const HOSTILE = [
  ...(corpus<{ ids: string[] }>('attacks/store_id_attacks')?.ids ?? []),
  ...['x', 'X', 'x ', "' or ''='", '" or ""="', '\\', "\\'", '%', '_', '$1', '?', ':id', '\u0000'],
  ...["'; drop table sessions; --", '`', 'é', 'e\u0301', '\ud83c\udf6a', 'x\u0000y', 'x/*', '--'],
]

describeEngines('sqlStorage', (open, name) => {
  const place = usePlace(open)
  const create = async () => {
    await place.storage.sweep(10_000)
    return place.storage
  }
  const cases = [...storageConformance(create), ...sessionConformance(create, SOME)]
  for (const { name, run } of cases) it(name, SLOW, run)

  it('E1, §2.42 hostile keys are values, never SQL, and no two share a record', async () => {
    const { storage } = place
    const textOf = (key: string) => JSON.stringify(key)
    const kept = new Set<string>()
    for (const key of new Set(HOSTILE)) {
      expect(await attempt(() => storage.read(key)), textOf(key)).toBeNull()
      // A database may refuse a zero byte, or a key that is far too long.
      const written = await attempt(() => storage.write(key, textOf(key), until(HOUR)))
      expect(written, textOf(key)).not.toBe(false)
      if (written) kept.add(key)
    }
    expect(kept.size).toBeGreaterThan(15)
    for (const key of kept) {
      expect((await storage.read(key))?.value, textOf(key)).toBe(textOf(key))
      await storage.owners.add(key, key, Date.now() + HOUR)
      expect(await storage.owners.keys(key), textOf(key)).toHaveLength(1)
      await (await storage.lock(key, { ttl: 1000, signal: AbortSignal.timeout(1000) })).release()
    }
    for (const key of kept) {
      await storage.destroy(key)
      await storage.owners.remove(key, key)
      expect(await storage.read(key), textOf(key)).toBeNull()
    }
  })

  it('destroy() says whether there was a record', async () => {
    const { storage } = place
    const key = 'destroyed'
    expect(await storage.destroy(key)).toBe(false)
    await storage.write(key, 'x', until(HOUR))
    expect(await storage.destroy(key)).toBe(true)
    expect(await storage.destroy(key)).toBe(false)
  })

  it('touch() does not bring back what has ended', async () => {
    const { storage } = place
    await storage.write('ended', 'x', until(30))
    await pause(40)
    await storage.touch('ended', Date.now() + HOUR)
    expect(await storage.read('ended')).toBeNull()
  })

  it('A43 sweep() removes many in batches, and what has ended of owners, locks and queues', async () => {
    const { storage, db, table } = place
    const count = async (suffix: string) => {
      const { rows } = await sql<{
        n: number
      }>`select count(*) as n from ${sql.table(table + suffix)}`.execute(db)
      return Number(rows[0]!.n)
    }
    // Sessions of the tests before could end meanwhile.
    await sql`delete from ${sql.table(table)}`.execute(db)
    const { signal } = new AbortController()
    await storage.owners.add('owner', 'key', Date.now() + 1)
    await storage.lock('key', { ttl: 1, signal })
    for (let i = 0; i < 1100; i += 100) {
      const keys = Array.from({ length: 100 }, (_, n) => `many ${i + n}`)
      await Promise.all(keys.map((key) => storage.write(key, 'x', until(1))))
    }
    await storage.write('live', 'x', until(HOUR))
    await pause(20)
    expect(await storage.sweep(1050)).toBe(1050)
    expect(await count('')).toBe(51)
    expect(await storage.sweep(1050)).toBe(50)
    expect(await count('')).toBe(1)
    for (const suffix of ['_locks', '_queue']) expect(await count(suffix)).toBe(0)
    expect(await storage.owners.keys('owner')).toEqual([])
    await storage.destroy('live')
  })

  it('migrate() may be called by many at once, and again', async () => {
    // In memory, a database that is opened again is another one.
    const shared = name.startsWith('PostgreSQL') || name.startsWith('MariaDB')
    const opened = await Promise.all(Array.from({ length: shared ? 4 : 0 }, open))
    const table = newTable()
    try {
      const databases = [place.db, ...opened]
      const storages = Array.from({ length: 12 }, (_, i) =>
        sqlStorage(databases[i % databases.length]!, { table })
      )
      await Promise.all(storages.map((storage) => storage.migrate()))
      await storages[0]!.write('key', 'text', until(HOUR))
      await storages[1]!.migrate()
      expect((await storages[2]!.read('key'))?.value).toBe('text')
    } finally {
      await dropTables(place.db, table)
      for (const db of opened) await db.destroy()
    }
  })

  it('without its tables every method says what makes them', async () => {
    const storage = sqlStorage(place.db, { table: newTable() })
    const { signal } = new AbortController()
    const calls = [
      () => storage.read('key'),
      () => storage.write('key', 'text', until(HOUR)),
      () => storage.write('key', 'text', { ...until(HOUR), ifVersion: 1 }),
      () => storage.destroy('key'),
      () => storage.touch('key', 1),
      () => storage.sweep(1),
      () => storage.lock('key', { ttl: 1, signal }),
      () => storage.owners.keys('owner'),
    ]
    for (const call of calls) {
      const error = await Promise.resolve(call()).catch((error: unknown) => error)
      expect(error).toBeInstanceOf(ConfigurationError)
      expect((error as Error).message).toMatch(/await storage\.migrate\(\).*create table if not/s)
    }
    const secrets = 'sql: a secret of more than 32 bytes'
    const session = await createSessions({ storage, secrets }).read(null)
    session.set('x', 1)
    const sessions = createSessions({ storage, secrets })
    const error = await Promise.resolve(sessions.commit(session)).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(SessionStorageError)
    expect((error as Error).cause).toBeInstanceOf(ConfigurationError)
  })

  it('the SQL in the docs makes the tables', async () => {
    const { db } = place
    const dialect = dialectOf(db).name
    const text = schemaOfDocs(dialect)
    expect(text).toBe(sqlSchema(dialect))
    const table = newTable()
    try {
      for (const statement of text.replaceAll('tuile_sessions', table).split(';\n')) {
        if (statement !== '') await sql.raw(statement).execute(db)
      }
      const storage = sqlStorage(db, { table })
      expect(await storage.write('key', 'text', until(HOUR))).toBe(true)
      await storage.migrate()
      expect((await storage.read('key'))?.value).toBe('text')
    } finally {
      await dropTables(db, table)
    }
  })

  it('plugins of the app are its own', async () => {
    const storage = sqlStorage(place.db.withPlugin(new CamelCasePlugin()), { table: place.table })
    const { expiresAt } = until(HOUR)
    await storage.write('plugin', 'text', { expiresAt, ifVersion: null })
    expect(await storage.read('plugin')).toEqual({ value: 'text', version: 1, expiresAt })
    await storage.destroy('plugin')
  })
})

function schemaOfDocs(dialect: SqlDialectName): string {
  const page = readFileSync(`${root}docs/storages.md`, 'utf8')
  const blocks = [...page.matchAll(/```sql\n-- (\w+)[^\n]*\n([\s\S]*?)```/g)]
  return blocks.find(([, name]) => name === dialect)?.[2] ?? `no SQL for ${dialect}`
}

describeRuntime('miniflare', 'sqlStorage in workerd', () => {
  describeSuites(suites, () => insideWorkers('sql.workers.fixture.ts'))
})

describe('sqlStorage on the SQLite of a runtime', () => {
  const program = fileURLToPath(new URL('sql.runtime.fixture.ts', import.meta.url))
  const runtimes: [string, string | undefined, string[]][] = [
    ['node:sqlite, Node 22', nodeProgram(22, locate), []],
    ['node:sqlite, Node 24', nodeProgram(24, locate), []],
    ['node:sqlite, Node 26', nodeProgram(26, locate), []],
    ['bun:sqlite', bunProgram(locate), []],
    ['node:sqlite, Deno', denoProgram(locate), ['run', '-A']],
  ]
  for (const [name, path, args] of runtimes) {
    if (path === undefined) {
      it.skip(`${name} (skipped: not in the cache of runtimes)`, () => undefined)
      continue
    }
    // Most of the time they wait.
    it.concurrent(`${name}: both conformance suites pass`, SLOW, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'tuile-sqlite-'))
      try {
        const command = [...args, program, join(folder, 'sessions.db')]
        const { stdout } = await promisify(execFile)(path, command, { cwd: root })
        const { count, failed } = JSON.parse(stdout.trim().split('\n').at(-1)!)
        expect(failed).toEqual([])
        expect(count).toBe(
          storageConformance(() => null!).length + sessionConformance(() => null!).length
        )
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    })
  }
})

describe('sqlStorage', () => {
  it.each(['', 'a b', 'a;b', '1a', 'a.b.c', 'a'.repeat(46), 'x"', '`', null, 7])(
    'refuses the table %j',
    (table) => {
      expect(() => sqlStorage(openLibsql(), { table: table as string })).toThrow(
        /table must be a name of letters, digits and _/
      )
    }
  )

  it('refuses a schema where there are none', () => {
    expect(() => sqlStorage(openLibsql(), { table: 'auth.sessions' })).toThrow(/has no schemas/)
    expect(sqlSchema('postgres', { table: 'auth.sessions' })).toContain('"auth"."sessions_owners"')
  })

  it('sqlSchema() refuses a dialect that it does not have', () => {
    expect(() => sqlSchema('oracle' as never)).toThrow(/postgres, mysql, sqlite, not oracle/)
  })
})
