/**
 * The databases that the tests of `sqlStorage` use.
 *
 * @module
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { LibsqlDialect } from '@libsql/kysely-libsql'
import { Kysely, MysqlDialect, PostgresDialect, type PostgresPool, sql } from 'kysely'
import { createPool } from 'mysql2'
import pg from 'pg'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { databasesFolder, findInstalled } from '../../scripts/runtimes.js'
import { serviceOf } from './services.fixture.ts'
import { dialectOf } from './sql/dialect.ts'
import { type SqlStorage, sqlStorage } from './sql.ts'

/** A database: `open` is missing where it cannot be had, and `hint` says what is needed. */
interface Engine {
  readonly name: string
  readonly hint: string
  readonly open?: Open | undefined
}

type Open = () => Kysely<unknown> | Promise<Kysely<unknown>>

/** PostgreSQL; `settings` such as `-c default_transaction_isolation=serializable`. */
export function openPostgres(connectionString: string, settings = ''): Kysely<unknown> {
  const pool = new pg.Pool({ connectionString, max: 8, options: settings })
  // Without these, pg ends the process when the server goes: for idle connections, and for those in use.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return new Kysely({ dialect: new PostgresDialect({ pool }) })
}

/** MariaDB or MySQL. */
export function openMysql(uri: string): Kysely<unknown> {
  return new Kysely({ dialect: new MysqlDialect({ pool: createPool(uri) }) })
}

/** SQLite by libsql, in memory unless there is a file. */
export function openLibsql(address = ':memory:'): Kysely<unknown> {
  return new Kysely({ dialect: new LibsqlDialect({ url: address }) })
}

/** With `CI` set, what is not in the cache of runtimes is installed. */
export const locate: typeof findInstalled | undefined = process.env.CI ? undefined : findInstalled

const folder = databasesFolder(locate)

/** Loads a package of the cache. */
// biome-ignore lint/suspicious/noExplicitAny: its types are in the cache
function load(name: string): Promise<any> {
  const require = createRequire(join(folder!, 'package.json'))
  return import(/* @vite-ignore */ pathToFileURL(require.resolve(name)).href)
}

/** PGlite behind the few methods of a pool that Kysely calls; newer ones have a dialect for it. */
async function openPglite(): Promise<Kysely<unknown>> {
  const { PGlite } = await load('@electric-sql/pglite')
  const database = await PGlite.create()
  const connection = {
    async query(text: string, parameters: unknown[]) {
      const { rows, affectedRows } = await database.query(text, parameters)
      return { rows, rowCount: affectedRows, command: text.slice(0, 6).toUpperCase() }
    },
    release: () => undefined,
  }
  const pool = { connect: async () => connection, end: () => database.close() }
  return new Kysely({ dialect: new PostgresDialect({ pool: pool as unknown as PostgresPool }) })
}

const postgres = serviceOf('POSTGRES_URL')
const mariadb = serviceOf('MARIADB_URL')
const INSTALL = 'not in the cache of runtimes (npm run test:runtimes)'

/** D1 and the SQLite of other runtimes are tested in these: `sql.workers.fixture.ts`, `sql.runtime.fixture.ts`. */
const ENGINES: readonly Engine[] = [
  {
    name: 'PostgreSQL (pg)',
    hint: 'no POSTGRES_URL (scripts/services up)',
    open: postgres === undefined ? undefined : () => openPostgres(postgres),
  },
  {
    name: 'MariaDB (mysql2)',
    hint: 'no MARIADB_URL (scripts/services up)',
    open: mariadb === undefined ? undefined : () => openMysql(mariadb),
  },
  { name: 'SQLite (libsql)', hint: '', open: () => openLibsql() },
  { name: 'PGlite', hint: INSTALL, open: folder ? openPglite : undefined },
]

/** What tests get: a database with tables of their own, and a way to open it once more. */
export interface Place {
  readonly db: Kysely<unknown>
  readonly table: string
  readonly storage: SqlStorage
}

/** Milliseconds that a database may take to start. */
const SLOW = 60_000

/** Tables of a test's own. */
export const newTable = (): string => `tuile_test_${Math.random().toString(36).slice(2)}`

/** Removes the tables of a test. */
export async function dropTables(db: Kysely<unknown>, table: string): Promise<void> {
  const { quote } = dialectOf(db)
  for (const suffix of ['', '_owners', '_locks', '_queue']) {
    await sql.raw(`drop table if exists ${quote}${table}${suffix}${quote}`).execute(db)
  }
}

/** Opens a database for the tests of a `describe`; what it gives is there when they run. */
export function usePlace(open: Open): Place {
  const table = newTable()
  const place = { table } as { -readonly [Name in keyof Place]: Place[Name] }
  beforeAll(async () => {
    place.db = await open()
    place.storage = sqlStorage(place.db, { table })
    await place.storage.migrate()
  }, SLOW)
  afterAll(async () => {
    await dropTables(place.db, table)
    await place.db.destroy()
  }, SLOW)
  return place
}

/** Tests for every database. Where one cannot be had, a test is skipped whose name says why. */
export function describeEngines(title: string, tests: (open: Open, name: string) => void): void {
  for (const { name, hint, open } of ENGINES) {
    describe(`${title} on ${name}`, () => {
      if (open) tests(open, name)
      else it.skip(`skipped: ${hint}`, () => undefined)
    })
  }
}
