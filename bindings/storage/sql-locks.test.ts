import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newKey, pause, until } from './conformance-kit.ts'
import { describeService } from './services.fixture.ts'
import { openMysql, openPostgres, usePlace } from './sql.fixture.ts'

const ROUNDS = Number(process.env.LOCK_ROUNDS ?? 5)
const HOUR = 3_600_000
/** Milliseconds that tell processes that hang from those that are slow. */
const SLOW = 120_000
const folder = mkdtempSync(join(tmpdir(), 'tuile-locks-'))
const program = join(folder, 'process.cjs')

beforeAll(async () => {
  await build({
    entryPoints: [fileURLToPath(new URL('sql.process.fixture.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['pg-native', 'pg-cloudflare'],
  })
}, SLOW)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function testLocks(url: string, open: () => Kysely<unknown>): void {
  const place = usePlace(open)
  const children: ChildProcess[] = []
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL')
  })

  /** A process that has asked for the lock of a key. */
  function ask(key: string, ttl: number): ChildProcess {
    const child = fork(program, [url, place.table, key, `${ttl}`])
    children.push(child)
    return child
  }

  async function hold(key: string, ttl: number): Promise<ChildProcess> {
    const child = ask(key, ttl)
    expect((await once(child, 'message'))[0]).toBe('holding')
    return child
  }

  const lock = (key: string) =>
    place.storage.lock(key, { ttl: 60_000, signal: AbortSignal.timeout(60_000) })

  it(
    'F3 a holder that stood still for longer than its lease changes nothing',
    async () => {
      const { storage } = place
      for (let round = 0; round < ROUNDS; round++) {
        const key = newKey()
        await storage.write(key, 'first', until(HOUR))
        const holder = await hold(key, 300)
        holder.kill('SIGSTOP')
        const stopped = pause(900)
        const ours = await lock(key)
        expect(await storage.write(key, 'second', until(HOUR, 1))).toBe(true)
        await stopped
        holder.kill('SIGCONT')
        holder.send('go on')
        const [said] = await once(holder, 'message')
        expect(said).toEqual({ extended: false, written: false })
        expect((await storage.read(key))?.value).toBe('second')
        expect(await ours.extend(60_000)).toBe(true)
        await ours.release()
        holder.kill('SIGKILL')
      }
    },
    SLOW
  )

  it(
    'F4 the lock of a holder that is killed is given on when its lease ends',
    async () => {
      const late: number[] = []
      for (let round = 0; round < ROUNDS; round++) {
        const key = newKey()
        const holder = await hold(key, 500)
        const next = lock(key)
        await pause(100 * Math.random())
        holder.kill('SIGKILL')
        const killed = performance.now()
        await (await next).release()
        late.push(Math.round(performance.now() - killed - 500))
      }
      console.log(`F4: given ${late.join(', ')} ms after what a lease of 500 ms may last`)
    },
    SLOW
  )

  it(
    'F4 one that is killed while it waits is passed over',
    async () => {
      const { db, table } = place
      const key = newKey()
      const held = await lock(key)
      const waiting = ask(key, 60_000)
      const isQueued = async () => {
        const rows = sql`select ticket from ${sql.table(`${table}_queue`)} where id = ${key}`
        return (await rows.execute(db)).rows.length > 0
      }
      while (!(await isQueued())) await pause(5)
      const next = lock(key)
      waiting.kill('SIGKILL')
      await once(waiting, 'exit')
      await held.release()
      await (await next).release()
    },
    SLOW
  )
}

describeService('POSTGRES_URL', 'locks in PostgreSQL across processes', (url) =>
  testLocks(url, () => openPostgres(url))
)
describeService('MARIADB_URL', 'locks in MariaDB across processes', (url) =>
  testLocks(url, () => openMysql(url))
)
