/**
 * The tables of `sqlStorage`, as plain SQL.
 *
 * @module
 */
import { ConfigurationError } from '../../errors.ts'
import { DIALECTS, type SqlDialect, type SqlDialectName } from './dialect.ts'

/** Where the tables are. */
export interface SqlSchemaOptions {
  /**
   * The table of the records, after a schema and a dot if it is in one. Three more begin with its
   * name: `_owners`, `_locks` and `_queue`.
   *
   * @default 'tuile_sessions'
   */
  readonly table?: string
}

/** The quoted names of the tables. */
export interface SqlTables {
  readonly records: string
  readonly owners: string
  readonly locks: string
  readonly queue: string
}

/** PostgreSQL has names of 63 bytes, and the longest that we add is `_owners_expires_at`. */
const NAME = /^(?:[a-z_]\w{0,62}\.)?[a-z_]\w{0,44}$/i

/** The names of the tables, checked and quoted. */
export function tablesOf(
  { quote, name: dialect }: SqlDialect,
  options: SqlSchemaOptions
): SqlTables {
  const { table = 'tuile_sessions' } = options
  if (typeof table !== 'string' || !NAME.test(table)) {
    throw new ConfigurationError(
      `sqlStorage: table must be a name of letters, digits and _, up to 45, not ${JSON.stringify(table)}`
    )
  }
  if (dialect === 'sqlite' && table.includes('.')) {
    throw new ConfigurationError(`sqlStorage: SQLite has no schemas, so not the table "${table}"`)
  }
  const named = (suffix: string): string =>
    `${table}${suffix}`
      .split('.')
      .map((part) => quote + part + quote)
      .join('.')
  return {
    records: named(''),
    owners: named('_owners'),
    locks: named('_locks'),
    queue: named('_queue'),
  }
}

/** The statements that make the tables where they are not there yet. */
export function schemaOf(dialect: SqlDialect, tables: SqlTables): string[] {
  const { quote, types } = dialect
  const { key, text, ticket } = types
  // MySQL has no `create index if not exists`, the others no index within a table.
  const inline = dialect.name === 'mysql'

  const table = (
    name: string,
    columns: string[],
    index?: { name: string; columns: string },
    kind = ''
  ) => {
    const bare = name.split('.').at(-1)!.slice(1, -1)
    const indexName = index && `${quote}${bare}_${index.name}${quote}`
    const lines = index && inline ? [...columns, `index ${indexName} (${index.columns})`] : columns
    const body = lines.map((line) => `  ${line}`).join(',\n')
    const statements = [
      `create ${kind}table if not exists ${name} (\n${body}\n)${dialect.tableOptions}`,
    ]
    if (index && !inline) {
      statements.push(`create index if not exists ${indexName} on ${name} (${index.columns})`)
    }
    return statements
  }

  const expiresAt = 'expires_at bigint not null'
  const byEnd = { name: 'expires_at', columns: 'expires_at' }
  return [
    ...table(
      tables.records,
      [`id ${key} primary key`, `data ${text} not null`, 'version bigint not null', expiresAt],
      byEnd
    ),
    ...table(
      tables.owners,
      [`owner ${key}`, `session ${key}`, expiresAt, 'primary key (owner, session)'],
      byEnd
    ),
    // A crash ends all locks: their holders can extend them no more, and a write has its version.
    ...table(
      tables.locks,
      [`id ${key} primary key`, `token ${key} not null`, expiresAt],
      undefined,
      dialect.volatile
    ),
    ...table(
      tables.queue,
      [`ticket ${ticket}`, `id ${key} not null`, `token ${key} not null`, expiresAt],
      { name: 'id', columns: 'id, ticket' },
      dialect.volatile
    ),
  ]
}

/**
 * The SQL that makes the tables of `sqlStorage`, for those who keep the schema of their database in
 * files. It is what `migrate()` runs, and does nothing where the tables are.
 *
 * @throws ConfigurationError if there is no such dialect, or the table's name is none.
 *
 * @example
 * ```ts
 * import { sqlSchema } from 'tuile/storage/sql'
 *
 * const statements = sqlSchema('postgres')
 * assert.match(statements, /^create table if not exists "tuile_sessions"/)
 * ```
 */
export function sqlSchema(dialect: SqlDialectName, options: SqlSchemaOptions = {}): string {
  if (!Object.hasOwn(DIALECTS, dialect)) {
    const names = Object.keys(DIALECTS).join(', ')
    throw new ConfigurationError(`sqlSchema: the dialects are ${names}, not ${String(dialect)}`)
  }
  const known = DIALECTS[dialect]
  return schemaOf(known, tablesOf(known, options))
    .map((statement) => `${statement};\n`)
    .join('')
}
