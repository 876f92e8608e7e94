/**
 * Locks between processes that stand still, or are killed.
 *
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newKey, pause, until } from './conformance-kit.ts'
import type { SessionStorage, StorageLock } from './contract.ts'

const ROUNDS = Number(process.env.LOCK_ROUNDS ?? 5)
const HOUR = 3_600_000
/** Milliseconds that tell processes that hang from those that are slow. */
const SLOW = 120_000

/** A storage whose locks go from process to process. */
export interface Locking {
  /** The program beside the tests that holds the lock of its last two arguments, a key and a time. */
  readonly program: string
  /** What it is told before these. */
  args(): string[]
  storage(): SessionStorage
  /** Whether somebody waits for the lock of a key. */
  isQueued(key: string): Promise<boolean>
}

export function locksAcrossProcesses({ program, args, storage, isQueued }: Locking): void {
  const folder = mkdtempSync(join(tmpdir(), 'tuile-locks-'))
  const outfile = join(folder, 'process.cjs')
  const children: ChildProcess[] = []

  beforeAll(async () => {
    await build({
      entryPoints: [fileURLToPath(new URL(program, import.meta.url))],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      external: ['pg-native', 'pg-cloudflare'],
    })
  }, SLOW)
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  /** A process that has asked for the lock of a key. */
  function ask(key: string, ttl: number): ChildProcess {
    const child = fork(outfile, [...args(), key, `${ttl}`])
    children.push(child)
    return child
  }

  async function hold(key: string, ttl: number): Promise<ChildProcess> {
    const child = ask(key, ttl)
    expect((await once(child, 'message'))[0]).toBe('holding')
    return child
  }

  const lock = async (key: string): Promise<StorageLock> =>
    storage().lock!(key, { ttl: 60_000, signal: AbortSignal.timeout(60_000) })

  it(
    'F3 a holder that stood still for longer than its lease changes nothing',
    async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const key = newKey()
        await storage().write(key, 'first', until(HOUR))
        const holder = await hold(key, 300)
        holder.kill('SIGSTOP')
        const stopped = pause(900)
        const ours = await lock(key)
        expect(await storage().write(key, 'second', until(HOUR, 1))).toBe(true)
        await stopped
        holder.kill('SIGCONT')
        holder.send('go on')
        const [said] = await once(holder, 'message')
        expect(said).toEqual({ extended: false, written: false })
        expect((await storage().read(key))?.value).toBe('second')
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
      const key = newKey()
      const held = await lock(key)
      const waiting = ask(key, 60_000)
      // Its place is in the queue before ours.
      while (!(await isQueued(key))) await pause(5)
      const next = lock(key)
      waiting.kill('SIGKILL')
      await once(waiting, 'exit')
      await held.release()
      await (await next).release()
    },
    SLOW
  )
}
