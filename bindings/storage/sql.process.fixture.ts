/**
 * A program that holds a lock in a database until it is killed. When told to, it says whether it could
 * extend the lock, and whether it could write what it has read under it.
 *
 * @module
 */
import { type Dialect, Kysely, MysqlDialect, PostgresDialect } from 'kysely'
import { createPool } from 'mysql2'
import { Pool } from 'pg'
import { sqlStorage } from './sql.ts'

const [url, table, key, ttl] = process.argv.slice(2) as [string, string, string, string]
const dialect: Dialect = url.startsWith('mysql:')
  ? new MysqlDialect({ pool: createPool(url) })
  : new PostgresDialect({ pool: new Pool({ connectionString: url }) })
const storage = sqlStorage(new Kysely({ dialect }), { table })

async function hold(): Promise<void> {
  const { signal } = new AbortController()
  const lock = await storage.lock(key, { ttl: Number(ttl), signal })
  const record = await storage.read(key)
  process.on('message', async () => {
    const extended = await lock.extend(Number(ttl))
    const options = { expiresAt: Date.now() + 60_000, ifVersion: record?.version ?? null }
    process.send!({ extended, written: await storage.write(key, 'stale', options) })
  })
  process.send!('holding')
}

void hold()
