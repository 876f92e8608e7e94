/**
 * Kysely on the SQLite that comes with a runtime.
 *
 * @module
 */
import { type Dialect, SqliteDialect } from 'kysely'

/** A statement of `node:sqlite`, `bun:sqlite` or better-sqlite3. */
interface Statement {
  all(...parameters: never[]): unknown[]
  run(...parameters: never[]): { changes: number | bigint; lastInsertRowid: number | bigint }
  /** Of better-sqlite3, whose `columns()` throws where there are none. */
  readonly reader?: boolean
  /** Of `node:sqlite`. */
  columns?(): readonly unknown[]
  /** Of `bun:sqlite`. */
  readonly columnNames?: readonly string[]
}

/** A database of `node:sqlite`, `bun:sqlite` or better-sqlite3. */
export interface RuntimeSqlite {
  prepare(sql: string): Statement
  close(): void
}

/**
 * A Kysely dialect for `node:sqlite` (Node 22 or later, Deno), `bun:sqlite` and better-sqlite3. It lets
 * a statement wait for up to five seconds while another process writes, which the first two would
 * refuse at once.
 *
 * Kysely is asynchronous, and so is the storage on it. The statements themselves block the thread.
 *
 * @example
 * ```ts
 * import { Kysely } from 'kysely'
 * import { type RuntimeSqlite, sqliteDialect, sqlStorage } from 'tuile/storage/sql'
 *
 * // openStorage(new DatabaseSync('sessions.db')), or new Database('sessions.db') of bun:sqlite
 * const openStorage = (database: RuntimeSqlite) =>
 *   sqlStorage(new Kysely({ dialect: sqliteDialect(database) }))
 * assert.equal(typeof openStorage, 'function')
 * ```
 */
export function sqliteDialect(database: RuntimeSqlite): Dialect {
  database.prepare('pragma busy_timeout = 5000').all()
  return new SqliteDialect({
    database: {
      close: () => database.close(),
      prepare(sql) {
        const statement = database.prepare(sql)
        const columns = () => statement.columnNames ?? statement.columns?.() ?? []
        return {
          reader: statement.reader ?? columns().length > 0,
          all: (parameters) => statement.all(...(parameters as never[])),
          run: (parameters) => statement.run(...(parameters as never[])),
          iterate: (parameters) => statement.all(...(parameters as never[])).values(),
        }
      },
    },
  })
}
