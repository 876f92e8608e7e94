/**
 * What differs between the databases: the text of their SQL, and how they say what went wrong.
 *
 * @module
 */
import { type Kysely, sql } from 'kysely'
import { ConfigurationError } from '../../errors.ts'

/** A family of databases. `mysql` is MariaDB too; `sqlite` is libsql and D1 too. */
export type SqlDialectName = 'postgres' | 'mysql' | 'sqlite'

/** What an error of a client may have. */
interface ClientError {
  readonly code?: unknown
  readonly errno?: unknown
  readonly message?: unknown
}

/** The SQL of one family. */
export interface SqlDialect {
  readonly name: SqlDialectName
  /** The character around a name. */
  readonly quote: '"' | '`'
  /** The `n`th parameter of a statement, counted from 1. */
  parameter(n: number): string
  /**
   * The database's clock, in milliseconds since the epoch. It is the same throughout a statement, and
   * for all who use the database.
   */
  readonly now: string
  /** Of a key, which is compared byte by byte; of a record; and of a primary key that counts up. */
  readonly types: { readonly key: string; readonly text: string; readonly ticket: string }
  /** Before the word `table`, of a table that need not outlive a crash of the database. */
  readonly volatile: string
  /** What follows the columns of a table. */
  readonly tableOptions: string
  /** Removes at most `:limit` rows of a table that have ended. */
  deleteEnded(table: string): string
  /** Whether the statement did nothing, and may pass if it is tried again. */
  isTransient(error: ClientError): boolean
  /** Whether the statement names a table that is not there. */
  isTableMissing(error: ClientError): boolean
  /** Whether somebody else was just making the same table. */
  isTableRace(error: ClientError): boolean
}

const textOf = ({ message }: ClientError): string => String(message)

/** PostgreSQL and what speaks like it. The codes are of its Appendix A. */
const postgres: SqlDialect = {
  name: 'postgres',
  quote: '"',
  parameter: (n) => `$${n}`,
  // Not clock_timestamp(): what may change within a statement cannot use an index.
  now: 'cast(extract(epoch from statement_timestamp()) * 1000 as bigint)',
  types: {
    // A collation of the system changes with it, and breaks indexes that were made before.
    key: 'text collate "C"',
    text: 'text',
    ticket: 'bigint generated always as identity primary key',
  },
  // Its writes wait for no disk.
  volatile: 'unlogged ',
  tableOptions: '',
  // As an array the rows are looked for once, whatever the plan; others' locks are not waited for.
  deleteEnded: (table) =>
    `delete from ${table} where ctid = any(array(select ctid from ${table} ` +
    `where expires_at <= ${postgres.now} order by expires_at limit :limit for update skip locked))`,
  // serialization_failure, deadlock_detected
  isTransient: ({ code }) => code === '40001' || code === '40P01',
  // undefined_table
  isTableMissing: ({ code }) => code === '42P01',
  // unique_violation (in the catalogue), duplicate_table, duplicate_object (its type)
  isTableRace: ({ code }) => code === '23505' || code === '42P07' || code === '42710',
}

/** MySQL and MariaDB. */
const mysql: SqlDialect = {
  name: 'mysql',
  quote: '`',
  parameter: () => '?',
  // Not unix_timestamp(now(3)): that goes by the local time, of which an hour comes twice a year.
  now: "timestampdiff(microsecond, '1970-01-01', utc_timestamp(3)) div 1000",
  types: {
    // Text is compared without its spaces at the end, and mostly without regard to case.
    key: 'varbinary(255)',
    text: 'longtext character set utf8mb4',
    ticket: 'bigint auto_increment primary key',
  },
  volatile: '',
  tableOptions: ' engine = InnoDB',
  deleteEnded: (table) =>
    `delete from ${table} where expires_at <= ${mysql.now} order by expires_at limit :limit`,
  // ER_LOCK_DEADLOCK, ER_CHECKREAD (MariaDB: changed since the snapshot)
  isTransient: ({ errno }) => errno === 1213 || errno === 1020,
  // ER_NO_SUCH_TABLE
  isTableMissing: ({ errno }) => errno === 1146,
  isTableRace: () => false,
}

/** SQLite, libsql and D1. Each client has codes of its own; the text is SQLite's. */
const sqlite: SqlDialect = {
  name: 'sqlite',
  quote: '"',
  parameter: () => '?',
  // unixepoch('subsec') came with 3.42, which is newer than some clients.
  now: "cast((julianday('now') - 2440587.5) * 86400000 + 0.5 as integer)",
  types: { key: 'text', text: 'text', ticket: 'integer primary key autoincrement' },
  volatile: '',
  tableOptions: '',
  deleteEnded: (table) =>
    `delete from ${table} where rowid in (select rowid from ${table} ` +
    `where expires_at <= ${sqlite.now} order by expires_at limit :limit)`,
  isTransient: (error) => textOf(error).includes('database is locked'),
  isTableMissing: (error) => textOf(error).includes('no such table'),
  isTableRace: () => false,
}

/** All of them. */
export const DIALECTS: Readonly<Record<SqlDialectName, SqlDialect>> = { postgres, mysql, sqlite }

/** How a Kysely writes a name and a parameter tells what it speaks, whoever made its dialect. */
export function dialectOf<Tables>(db: Kysely<Tables>): SqlDialect {
  const sample = sql`${sql.ref('c')} ${1}`.compile(db.withoutPlugins()).sql
  for (const dialect of Object.values(DIALECTS)) {
    const { quote } = dialect
    if (sample === `${quote}c${quote} ${dialect.parameter(1)}`) return dialect
  }
  throw new ConfigurationError(
    `sqlStorage works with PostgreSQL, MySQL, MariaDB and SQLite, not with what writes \`${sample}\``
  )
}
