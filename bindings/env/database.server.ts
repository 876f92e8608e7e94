/**
 * Databases by their addresses.
 *
 * @module
 */
import { ConfigurationError } from '../errors.ts'
import { early, findClient, importClient } from './clients.server.ts'
import type { SessionStorage } from '../storage/contract.ts'
import type { OpenedStorage } from './deferred.ts'

/** A key that no session has. */
const NO_KEY = '-'.repeat(43)

/** Makes a dialect of Kysely; a client that is missing is told before. */
type DialectOpener = () => Promise<unknown>

/** By its public name, which no bundler follows to Kysely either. */
const importSql = (): Promise<typeof import('../storage/sql.ts')> =>
  importClient('tuile/storage/sql')

function postgres(connectionString: string): DialectOpener {
  const client = findClient('DATABASE_URL', ['pg'])
  const code = early(Promise.all([importClient('kysely'), importClient(client)]))
  return async () => {
    const [{ PostgresDialect }, { default: pg }] = await code
    const pool = new pg.Pool({ connectionString })
    // A pool without a listener ends the process when the server goes; each failing call tells it.
    pool.on('error', () => undefined)
    return new PostgresDialect({ pool })
  }
}

function mysql(uri: string): DialectOpener {
  const client = findClient('DATABASE_URL', ['mysql2'])
  const code = early(Promise.all([importClient('kysely'), importClient(client)]))
  return async () => {
    const [{ MysqlDialect }, { createPool }] = await code
    return new MysqlDialect({ pool: createPool(uri) })
  }
}

function sqlite(file: string): DialectOpener {
  const client = findSqlite()
  return async () => {
    const { sqliteDialect } = await importSql()
    const { Database, DatabaseSync, default: byDefault } = await importClient(client)
    return sqliteDialect(new (DatabaseSync ?? Database ?? byDefault)(file))
  }
}

/** What comes with the runtime, or better-sqlite3. */
function findSqlite(): string {
  if ('Bun' in globalThis) return 'bun:sqlite'
  if (process.getBuiltinModule?.('node:sqlite')) return 'node:sqlite'
  return findClient('DATABASE_URL', ['better-sqlite3'])
}

function dialectOf(url: string): DialectOpener {
  const [, scheme = '', rest = ''] = /^(\w+):(.*)$/s.exec(url) ?? []
  if (/^postgres(?:ql)?$/.test(scheme)) return postgres(url)
  if (/^(?:mysql|mariadb)$/.test(scheme)) return mysql(`mysql:${rest}`)
  if (/^(?:sqlite|file)$/.test(scheme) && rest !== '') return sqlite(rest.replace(/^\/\//, ''))
  throw new ConfigurationError(
    'DATABASE_URL must begin with postgres:, mysql:, mariadb: or sqlite:, as sqlite:./sessions.db'
  )
}

async function hasTables(storage: SessionStorage): Promise<boolean> {
  try {
    await storage.read(NO_KEY)
    return true
  } catch (error) {
    // By its code: this package may be there twice, bundled and not.
    if ((error as { code?: unknown }).code === 'CONFIGURATION') return false
    throw error
  }
}

/** Prepares to open a database, whose tables are made if they are not there. */
export function openDatabase(url: string): () => Promise<OpenedStorage> {
  findClient('SESSION_DRIVER=database', ['kysely'])
  const open = dialectOf(url)
  return async () => {
    const [{ sqlStorage }, { Kysely }] = await Promise.all([importSql(), importClient('kysely')])
    const db = new Kysely({ dialect: await open() })
    const storage = sqlStorage(db)
    try {
      // Who may not make tables need not, if they are there.
      if (!(await hasTables(storage))) await storage.migrate()
    } catch (error) {
      await db.destroy()
      throw error
    }
    return { storage, close: () => db.destroy() }
  }
}
