/**
 * Which records belong to whom, in a table.
 *
 * @module
 */
import type { OwnerIndex } from '../contract.ts'
import type { Database } from './database.ts'

/** Makes the index of a table. */
export function createOwners(database: Database, table: string): OwnerIndex {
  const onConflict =
    database.dialect.name === 'mysql'
      ? 'on duplicate key update expires_at = values(expires_at)'
      : 'on conflict (owner, session) do update set expires_at = excluded.expires_at'
  const add = database.statement(
    `insert into ${table} (owner, session, expires_at) values (:owner, :key, :expiresAt) ${onConflict}`
  )
  const remove = database.statement(`delete from ${table} where owner = :owner and session = :key`)
  const keys = database.statement(
    `select session from ${table} where owner = :owner and expires_at > :now`
  )
  return {
    add: (owner, key, expiresAt) => add({ owner, key, expiresAt }),
    remove: (owner, key) => remove({ owner, key }),
    async keys(owner) {
      const { rows } = await keys({ owner, now: Date.now() })
      // MySQL gives bytes for what it compares as bytes.
      return rows.map(({ session }) => String(session))
    },
  }
}
