import { type Kysely, sql } from 'kysely'
import { locksAcrossProcesses } from './lock-processes.fixture.ts'
import { describeService } from './services.fixture.ts'
import { openMysql, openPostgres, usePlace } from './sql.fixture.ts'

function testLocks(url: string, open: () => Kysely<unknown>): void {
  const place = usePlace(open)
  locksAcrossProcesses({
    program: 'sql.process.fixture.ts',
    args: () => [url, place.table],
    storage: () => place.storage,
    async isQueued(key) {
      const queue = sql.table(`${place.table}_queue`)
      const { rows } = await sql`select ticket from ${queue} where id = ${key}`.execute(place.db)
      return rows.length > 0
    },
  })
}

describeService('POSTGRES_URL', 'locks in PostgreSQL across processes', (url) =>
  testLocks(url, () => openPostgres(url))
)
describeService('MARIADB_URL', 'locks in MariaDB across processes', (url) =>
  testLocks(url, () => openMysql(url))
)
