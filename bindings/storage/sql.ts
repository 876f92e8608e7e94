/**
 * Sessions in a database: PostgreSQL, MySQL, MariaDB, SQLite and D1, through Kysely.
 *
 * @module
 */
import type { Kysely } from 'kysely'
import type { LockOptions, OwnerIndex, SessionStorage, StorageLock } from './contract.ts'
import { claim, openDatabase } from './sql/database.ts'
import { dialectOf } from './sql/dialect.ts'
import { createLock } from './sql/locks.ts'
import { createOwners } from './sql/owners.ts'
import { schemaOf, type SqlSchemaOptions, tablesOf } from './sql/schema.ts'

export type { SqlDialectName } from './sql/dialect.ts'
export { sqlSchema, type SqlSchemaOptions } from './sql/schema.ts'
export { type RuntimeSqlite, sqliteDialect } from './sql/sqlite.ts'

/** Rows that one statement of `sweep` removes: few enough for others not to wait long. */
const SWEEP_BATCH = 500

/** A `SessionStorage` in a database. */
export interface SqlStorage extends SessionStorage {
  /**
   * Makes the tables and their indexes where they are not there yet; at any time, in any number of
   * processes at once. `sqlSchema` gives the same as text.
   */
  migrate(): Promise<void>
  destroy(key: string): Promise<boolean>
  touch(key: string, expiresAt: number, ifVersion?: number): Promise<boolean>
  sweep(limit: number): Promise<number>
  lock(key: string, options: LockOptions): Promise<StorageLock>
  readonly owners: OwnerIndex
}

/**
 * Keeps sessions in a database, in tables that `migrate()` makes. Each write is one statement with a
 * condition, so that none is lost. What fails because of others (a deadlock, a serialization failure,
 * a busy SQLite) is tried again, at most three times; a lost connection is not, as nobody knows what
 * became of the statement.
 *
 * The database stays yours: pool, limits, and its end.
 *
 * @param db A Kysely of any tables; the storage does not use its plugins.
 * @throws ConfigurationError if the dialect is another one, or the table's name is none. In the
 *   absence of its tables every method rejects with one that says what makes them.
 *
 * @example
 * ```ts
 * import { LibsqlDialect } from '@libsql/kysely-libsql'
 * import { Kysely } from 'kysely'
 * import { createSessions } from 'tuile'
 * import { sqlStorage } from 'tuile/storage/sql'
 *
 * const db = new Kysely({ dialect: new LibsqlDialect({ url: ':memory:' }) })
 * const storage = sqlStorage(db)
 * await storage.migrate() // once, when the app is deployed
 * const sessions = createSessions({ storage, secrets })
 * const session = await sessions.read(null)
 * session.set('userId', 42)
 * await sessions.commit(session)
 * assert.equal(await storage.sweep(1000), 0) // now and then
 * ```
 */
export function sqlStorage<Tables>(db: Kysely<Tables>, options: SqlSchemaOptions = {}): SqlStorage {
  const dialect = dialectOf(db)
  const tables = tablesOf(dialect, options)
  const schema = schemaOf(dialect, tables)
  const { records } = tables
  const database = openDatabase(
    db,
    dialect,
    `The tables of sqlStorage are not there (${records}). Make them with \`await storage.migrate()\`, ` +
      `or with this SQL:\n\n${schema.join(';\n')};`
  )

  const { statement } = database
  const read = statement(
    `select data, version, expires_at from ${records} where id = :id and expires_at > :now`
  )
  const create = claim(database, records, {
    row: { id: ':id', data: ':data', version: '1', expires_at: ':expiresAt' },
    now: ':now',
  })
  const update = statement(
    `update ${records} set data = :data, version = version + 1, expires_at = :expiresAt ` +
      'where id = :id and version = :version and expires_at > :now'
  )
  const destroy = statement(`delete from ${records} where id = :id`)
  const touch = statement(
    `update ${records} set expires_at = :expiresAt where id = :id and expires_at > :now`
  )
  const touchVersion = statement(
    `update ${records} set expires_at = :expiresAt ` +
      'where id = :id and expires_at > :now and version = :version'
  )
  const [sweepRecords, ...sweepOthers] = [records, tables.owners, tables.locks, tables.queue].map(
    (table) => statement(dialect.deleteEnded(table))
  ) as [ReturnType<typeof statement>, ...ReturnType<typeof statement>[]]

  return {
    atomic: true,
    consistency: 'strong',
    identity: [db, records],
    migrate: () => database.define(schema),

    async read(id) {
      const [row] = (await read({ id, now: Date.now() })).rows
      if (row === undefined) return null
      // PostgreSQL gives numbers of 64 bits as text.
      const { data, version, expires_at } = row
      return { value: String(data), version: Number(version), expiresAt: Number(expires_at) }
    },

    async write(id, data, { expiresAt, ifVersion }) {
      const values = { id, data, expiresAt, now: Date.now() }
      if (ifVersion === null) return create(values)
      return (await update({ ...values, version: ifVersion })).changes === 1
    },

    destroy: async (id) => (await destroy({ id })).changes > 0,

    async touch(id, expiresAt, version) {
      const values = { id, expiresAt, now: Date.now() }
      const touched =
        version === undefined ? await touch(values) : await touchVersion({ ...values, version })
      return touched.changes > 0
    },

    async sweep(limit) {
      let removed = 0
      for (const sweepTable of sweepOthers) await sweepTable({ limit })
      while (removed < limit) {
        const batch = Math.min(SWEEP_BATCH, limit - removed)
        const { changes } = await sweepRecords({ limit: batch })
        removed += changes
        if (changes < batch) break
      }
      return removed
    },

    lock: createLock(database, tables),
    owners: createOwners(database, tables.owners),
  }
}
