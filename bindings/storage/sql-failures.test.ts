import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Kysely, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { postgres, startPostgres } from '../../scripts/servers/postgres.js'
import { stopServers } from '../../scripts/servers/server.js'
import { sessionConformance } from '../session-conformance.ts'
import { createSessions } from '../sessions.ts'
import { describeService } from './services.fixture.ts'
import { openLibsql, openMysql, openPostgres, usePlace } from './sql.fixture.ts'
import { sqlStorage } from './sql.ts'

const until = (ifVersion: number | null) => ({ expiresAt: Date.now() + 3_600_000, ifVersion })
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const run = (db: Kysely<unknown>, text: string) => sql.raw(text).execute(db)

async function countOf(db: Kysely<unknown>, text: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`${sql.raw(text)}`.execute(db)
  return Number(rows[0]!.n)
}

describeService('POSTGRES_URL', 'PostgreSQL at fault', (url) => {
  const place = usePlace(() => openPostgres(url))

  /** Makes each update of the table fail, unless `passes` holds of how many came before. */
  async function failUpdates(code: string, passes: string): Promise<() => Promise<number>> {
    const { db, table } = place
    // A sequence counts what is rolled back as well.
    await run(db, `create sequence "${table}_n"`)
    await run(
      db,
      `create function "${table}_f"() returns trigger language plpgsql as $$
       declare n bigint := nextval('"${table}_n"');
       begin if not (${passes}) then raise exception 'on purpose' using errcode = '${code}'; end if;
       return new; end $$`
    )
    await run(
      db,
      `create trigger "${table}_t" before update on "${table}"
       for each row execute function "${table}_f"()`
    )
    return async () => {
      const count = await countOf(db, `select last_value as n from "${table}_n"`)
      await run(db, `drop trigger "${table}_t" on "${table}"`)
      await run(db, `drop function "${table}_f"`)
      await run(db, `drop sequence "${table}_n"`)
      return count
    }
  }

  it.each(['40001', '40P01'])('H4 %s is tried again at most three times', async (code) => {
    const { storage } = place
    await storage.write(code, 'one', until(null))
    const passing = await failUpdates(code, 'n > 3')
    expect(await storage.write(code, 'two', until(1))).toBe(true)
    expect(await passing()).toBe(4)
    const failing = await failUpdates(code, 'false')
    await expect(storage.write(code, 'three', until(2))).rejects.toMatchObject({ code })
    expect(await failing()).toBe(4)
    expect((await storage.read(code))?.value).toBe('two')
  })

  it('H4 what else fails is not tried again', async () => {
    const { storage } = place
    await storage.write('other', 'one', until(null))
    const failing = await failUpdates('57P01', 'false')
    await expect(storage.write('other', 'two', until(1))).rejects.toMatchObject({ code: '57P01' })
    expect(await failing()).toBe(1)
  })

  it('H4 of two transactions that wait for each other, the write that is sacrificed is made again', async () => {
    const { db, storage, table } = place
    await storage.write('ours', 'one', until(null))
    await storage.write('theirs', 'one', until(null))
    // With its own row, the write takes one that the transaction below has; that one then wants ours.
    await run(db, `create sequence "${table}_attempts"`)
    await run(
      db,
      `create function "${table}_d"() returns trigger language plpgsql as $$
       begin if new.id = 'ours' then perform nextval('"${table}_attempts"');
       perform 1 from "${table}" where id = 'theirs' for update; end if; return new; end $$`
    )
    await run(
      db,
      `create trigger "${table}_d" after update on "${table}"
       for each row execute function "${table}_d"()`
    )
    const waits = `select count(*) as n from pg_stat_activity
      where wait_event_type = 'Lock' and query like 'update "${table}"%'`
    let written: unknown
    await db.transaction().execute(async (transaction) => {
      // Who waits first looks for a deadlock first, after a second.
      await run(transaction, `set local deadlock_timeout = '1min'`)
      await run(transaction, `select 1 from "${table}" where id = 'theirs' for update`)
      written = storage.write('ours', 'two', until(1))
      while ((await countOf(db, waits)) === 0) await pause(5)
      await run(transaction, `select 1 from "${table}" where id = 'ours' for update`)
    })
    expect(await written).toBe(true)
    expect(await countOf(db, `select last_value as n from "${table}_attempts"`)).toBe(2)
    expect(await storage.read('ours')).toMatchObject({ value: 'two', version: 2 })
    await run(db, `drop trigger "${table}_d" on "${table}"`)
    await run(db, `drop function "${table}_d"`)
    await run(db, `drop sequence "${table}_attempts"`)
  })
})

describeService('POSTGRES_URL', 'PostgreSQL, where transactions fail to serialize', (url) => {
  const place = usePlace(() =>
    openPostgres(url, '-c default_transaction_isolation=repeatable\\ read')
  )
  for (const { name, run } of sessionConformance(() => place.storage)) {
    if (/^parallel (requests|update)/.test(name)) it(`H4 ${name}`, { timeout: 60_000 }, run)
  }
})

describeService('MARIADB_URL', 'MariaDB at fault', (url) => {
  const place = usePlace(() => openMysql(url))

  it('H4 a deadlock is tried again at most three times', async () => {
    const { db, storage, table } = place
    await storage.write('key', 'one', until(null))
    // What is written to a table without transactions stays.
    await run(db, `create table ${table}_n (n int auto_increment primary key) engine = MyISAM`)
    const fail = (condition: string) =>
      run(
        db,
        `create or replace trigger ${table}_t before update on ${table} for each row begin
         insert into ${table}_n values ();
         if ${condition} then
           signal sqlstate '40001' set mysql_errno = 1213, message_text = 'on purpose';
         end if; end`
      )
    try {
      await fail('last_insert_id() <= 3')
      expect(await storage.write('key', 'two', until(1))).toBe(true)
      expect(await countOf(db, `select count(*) as n from ${table}_n`)).toBe(4)
      await fail('true')
      await expect(storage.write('key', 'three', until(2))).rejects.toMatchObject({ errno: 1213 })
      expect(await countOf(db, `select count(*) as n from ${table}_n`)).toBe(8)
    } finally {
      await run(db, `drop trigger ${table}_t`)
      await run(db, `drop table ${table}_n`)
    }
  })
})

describe('SQLite that another process writes to', () => {
  it('H4 a write waits for a moment, and fails if it takes longer', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tuile-busy-'))
    const [ours, theirs] = [0, 1].map(() => openLibsql(`file:${join(folder, 'sessions.db')}`))
    try {
      const storage = sqlStorage(ours!)
      await storage.migrate()
      const begin = theirs!.transaction().execute(async (transaction) => {
        await run(transaction, 'delete from tuile_sessions')
        await expect(storage.write('key', 'x', until(null))).rejects.toThrow('database is locked')
        const waiting = storage.write('key', 'y', until(null))
        return { waiting }
      })
      expect(await (await begin).waiting).toBe(true)
    } finally {
      await ours!.destroy()
      await theirs!.destroy()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('PostgreSQL that is restarted', () => {
  if (!postgres.installed()) {
    it.skip('skipped: PostgreSQL is not installed', () => undefined)
    return
  }

  it('H4 under load, what was acknowledged is there exactly once', {
    timeout: 120_000,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tuile-restart-'))
    try {
      const { POSTGRES_URL } = await postgres.up(folder)
      const db = openPostgres(POSTGRES_URL)
      const storage = sqlStorage(db)
      await storage.migrate()
      const sessions = createSessions<{ log: string[] }>({
        storage,
        secrets: 'sql: a secret of more than 32 bytes',
      })
      const first = await sessions.read(null)
      first.set('log', [])
      await sessions.commit(first)

      const [acknowledged, unknown] = [new Set<string>(), new Set<string>()]
      let running = true
      const work = Array.from({ length: 6 }, async (_, worker) => {
        for (let i = 0; running; i++) {
          const mark = `${worker}:${i}`
          try {
            await sessions.update(first.id, (session) =>
              session.update('log', (log = []) => [...log, mark])
            )
            acknowledged.add(mark)
          } catch {
            unknown.add(mark)
            await pause(20)
          }
        }
      })
      // A fast shutdown, then one as by a crash.
      for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
        const before = acknowledged.size
        while (acknowledged.size < before + 30) await pause(10)
        const pid = Number(readFileSync(join(folder, 'postgres.pid'), 'utf8'))
        process.kill(pid, signal)
        while (isRunning(pid)) await pause(50)
        await startPostgres(folder, Number(new URL(POSTGRES_URL).port))
      }
      const before = acknowledged.size
      while (acknowledged.size < before + 30) await pause(10)
      running = false
      await Promise.all(work)

      const log = (await sessions.get(first.id))!.get('log', [])
      expect(new Set(log).size).toBe(log.length)
      expect(acknowledged.size).toBeGreaterThan(90)
      expect(unknown.size).toBeGreaterThan(0)
      for (const mark of acknowledged) expect(log).toContain(mark)
      for (const mark of log) expect(acknowledged.has(mark) || unknown.has(mark)).toBe(true)
      await db.destroy()
    } finally {
      await stopServers(folder)
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
