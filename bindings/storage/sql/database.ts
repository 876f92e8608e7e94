/**
 * Runs the statements of `sqlStorage` through Kysely.
 *
 * They are plain text, made once: a query builder would make them anew for each request, and hide
 * what is atomic about them.
 *
 * @module
 */
import { CompiledQuery, type Kysely } from 'kysely'
import { ConfigurationError } from '../../errors.ts'
import type { SqlDialect } from './dialect.ts'

/** The values of a statement's parameters, by their names. */
export type Values = Readonly<Record<string, string | number>>

/** What a statement gave: rows, or how many it has changed. */
export interface Result {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  readonly changes: number
}

/** A statement that is ready to run. */
export type Statement = (values: Values) => Promise<Result>

/** A database, and how it speaks. */
export interface Database {
  readonly dialect: SqlDialect
  /** Prepares a statement whose parameters are written `:name`. */
  statement(text: string): Statement
  /** Runs the statements that make tables; others may do so at the same time. */
  define(statements: readonly string[]): Promise<void>
}

/** How often a statement that could not have its way is tried again. */
const RETRIES = 3
/** Milliseconds of the longest pause before the first of these; it grows with each. */
const PAUSE = 20

/**
 * Tries again what did nothing for reasons that pass. All else fails at once, a lost connection above
 * all: whether the statement was carried out, nobody can say.
 */
async function retry<Value>(
  attempt: () => Promise<Value>,
  passes: (error: object) => boolean
): Promise<Value> {
  for (let i = 1; ; i++) {
    try {
      return await attempt()
    } catch (error) {
      if (i > RETRIES || !passes(Object(error))) throw error
      const pause = Math.random() * PAUSE * i
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}

/** Prepares the use of a database. `missing` is what to say when its tables are not there. */
export function openDatabase<Tables>(
  kysely: Kysely<Tables>,
  dialect: SqlDialect,
  missing: string
): Database {
  // Plugins may rename columns.
  const db = kysely.withoutPlugins()

  const run = async (text: string, parameters: unknown[]): Promise<Result> => {
    const query = CompiledQuery.raw(text, parameters)
    const { rows, numAffectedRows } = await db.executeQuery<Record<string, unknown>>(query)
    return { rows, changes: Number(numAffectedRows ?? 0) }
  }

  return {
    dialect,

    statement(text) {
      const names: string[] = []
      const prepared = text.replace(/:([a-z]\w*)/gi, (_, name: string) =>
        dialect.parameter(names.push(name))
      )
      return async (values) => {
        const parameters = names.map((name) => values[name])
        try {
          return await retry(() => run(prepared, parameters), dialect.isTransient)
        } catch (error) {
          if (dialect.isTableMissing(Object(error))) throw new ConfigurationError(missing)
          throw error
        }
      }
    },

    async define(statements) {
      const passes = (error: object) => dialect.isTransient(error) || dialect.isTableRace(error)
      for (const text of statements) await retry(() => run(text, []), passes)
    },
  }
}

/** What to insert, and when. */
export interface Claim {
  /** The columns and their values, as SQL. */
  readonly row: Readonly<Record<string, string>>
  /** The time, as SQL: a row that ended before may be replaced. */
  readonly now: string
  /** What must hold besides, as SQL. */
  readonly condition?: string
}

/** ER_DUP_ENTRY of MySQL. */
const DUPLICATE = 1062

/**
 * A statement that inserts a row whose `id` is not there, or replaces one that has ended. It says
 * whether it has; of many at the same time, one has.
 */
export function claim(
  database: Database,
  table: string,
  { row, now, condition = '1 = 1' }: Claim
): (values: Values) => Promise<boolean> {
  const columns = Object.keys(row)
  const others = columns.filter((column) => column !== 'id')
  const insert = `insert into ${table} (${columns.join(', ')}) select ${Object.values(row).join(', ')}`

  if (database.dialect.name !== 'mysql') {
    const changes = others.map((column) => `${column} = excluded.${column}`).join(', ')
    const upsert = database.statement(
      `${insert} where ${condition} on conflict (id) do update set ${changes} ` +
        `where ${table}.expires_at <= ${now}`
    )
    return async (values) => (await upsert(values)).changes === 1
  }

  // MySQL's upsert has no condition, and counts a row that it left alone as changed if the client
  // wants to know of rows found, as mysql2 does. Two statements then, each of which is atomic.
  const insertion = database.statement(`${insert} from dual where ${condition}`)
  const changes = others.map((column) => `${column} = ${row[column]}`).join(', ')
  const replacement = database.statement(
    `update ${table} set ${changes} where id = :id and expires_at <= ${now} and ${condition}`
  )
  return async (values) => {
    try {
      if ((await insertion(values)).changes === 1) return true
    } catch (error) {
      if ((error as { errno?: unknown }).errno !== DUPLICATE) throw error
    }
    return (await replacement(values)).changes === 1
  }
}
