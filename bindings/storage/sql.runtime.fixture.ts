/**
 * A program for other runtimes: the conformance suites on the SQLite that comes with them. It prints
 * how many there are and which failed, as JSON.
 *
 * @module
 */
import { Kysely } from 'kysely'
import { sessionConformance } from '../session-conformance.ts'
import { storageConformance } from './conformance.ts'
import { type RuntimeSqlite, sqliteDialect, sqlStorage } from './sql.ts'

/** The types of Node 20 have no such module. */
const [name, Database] =
  'Bun' in globalThis ? ['bun:sqlite', 'Database'] : ['node:sqlite', 'DatabaseSync']
const module = (await import(name)) as Record<string, new (file: string) => RuntimeSqlite>

const db = new Kysely({ dialect: sqliteDialect(new module[Database]!(process.argv[2]!)) })
const storage = sqlStorage(db)
await storage.migrate()

const create = async () => {
  await storage.sweep(1000)
  return storage
}
const cases = [...storageConformance(create), ...sessionConformance(create, { interleavings: 50 })]
const failed: string[] = []
for (const { name, run } of cases) {
  await run().catch((error) => failed.push(`${name}: ${error.stack}`))
}
await db.destroy()
console.log(JSON.stringify({ count: cases.length, failed }))
