/**
 * A program that holds a lock in a database.
 *
 * @module
 */
import { type Dialect, Kysely, MysqlDialect, PostgresDialect } from 'kysely'
import { createPool } from 'mysql2'
import { Pool } from 'pg'
import { holdLock } from './lock-holder.fixture.ts'
import { sqlStorage } from './sql.ts'

const [url, table, key, ttl] = process.argv.slice(2) as [string, string, string, string]
const dialect: Dialect = url.startsWith('mysql:')
  ? new MysqlDialect({ pool: createPool(url) })
  : new PostgresDialect({ pool: new Pool({ connectionString: url }) })
void holdLock(sqlStorage(new Kysely({ dialect }), { table }), key, Number(ttl))
