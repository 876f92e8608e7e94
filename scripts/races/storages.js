import { serviceOf } from '../servers/urls.js'

/**
 * The storages that `scripts/races.js` can race on, by name. A factory is called in every process,
 * with a folder that all of them share and that the run removes at its end; it gives a storage, or
 * throws with the reason why there is none here.
 */
export const STORAGES = {
  async fs(folder) {
    const { fsStorage } = await import('../../dist/bindings/storage/fs.js')
    return fsStorage(folder)
  },

  async 'fs-durable'(folder) {
    const { fsStorage } = await import('../../dist/bindings/storage/fs.js')
    return fsStorage(folder, { durable: true })
  },

  async redis() {
    const { createClient } = await import('redis')
    return openRedis(createClient({ url: urlOf('REDIS_URL') }))
  },

  async 'redis-cluster'() {
    const { createCluster } = await import('redis')
    return openRedis(createCluster({ rootNodes: [{ url: urlOf('REDIS_CLUSTER_URL') }] }))
  },

  async postgres() {
    const { PostgresDialect } = await import('kysely')
    const { default: pg } = await import('pg')
    const pool = new pg.Pool({ connectionString: urlOf('POSTGRES_URL'), max: 4 })
    return openSql(new PostgresDialect({ pool }))
  },

  async mariadb() {
    const { MysqlDialect } = await import('kysely')
    const { createPool } = await import('mysql2')
    const pool = createPool({ uri: urlOf('MARIADB_URL'), connectionLimit: 4 })
    return openSql(new MysqlDialect({ pool }))
  },

  async sqlite(folder) {
    const { LibsqlDialect } = await import('@libsql/kysely-libsql')
    const dialect = new LibsqlDialect({ url: `file:${folder}/sessions.db` })
    return openSql(dialect, ['pragma busy_timeout = 20000', 'pragma journal_mode = wal'])
  },
}

function urlOf(variable) {
  const url = serviceOf(variable)
  if (url === undefined) throw new Error(`no ${variable}: scripts/services up`)
  return url
}

async function openRedis(client) {
  const { redisStorage } = await import('../../dist/bindings/storage/redis.js')
  await client.connect()
  const storage = redisStorage(client)
  const close = () => {
    storage.close()
    client.destroy()
  }
  return { ...storage, close }
}

async function openSql(dialect, pragmas = []) {
  const { Kysely, sql } = await import('kysely')
  const { sqlStorage } = await import('../../dist/bindings/storage/sql.js')
  const db = new Kysely({ dialect })
  for (const pragma of pragmas) await sql.raw(pragma).execute(db)
  const storage = sqlStorage(db, { table: 'tuile_races' })
  await storage.migrate()
  return { ...storage, close: () => db.destroy() }
}
