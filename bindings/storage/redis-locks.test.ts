import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newKey, pause, until } from './conformance-kit.ts'
import { redisStorage } from './redis.ts'
import { describeService } from './services.fixture.ts'

const ROUNDS = Number(process.env.LOCK_ROUNDS ?? 5)
const HOUR = 3_600_000
const folder = mkdtempSync(join(tmpdir(), 'tuile-locks-'))
const program = join(folder, 'process.cjs')

describeService('REDIS_URL', 'locks in Redis across processes', (url) => {
  const client = new Redis(url)
  const storage = redisStorage(client)
  const children: ChildProcess[] = []

  beforeAll(async () => {
    await build({
      entryPoints: [fileURLToPath(new URL('redis.process.fixture.ts', import.meta.url))],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'cjs',
    })
  })
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    await storage.close()
    client.disconnect()
    rmSync(folder, { recursive: true, force: true })
  })

  /** A process that holds the lock of a key, or has asked for it. */
  async function start(key: string, ttl: number, state: 'asking' | 'holding') {
    const child = fork(program, [url, key, `${ttl}`])
    children.push(child)
    while ((await once(child, 'message'))[0] !== state);
    return child
  }

  const lock = (key: string) =>
    storage.lock(key, { ttl: 10_000, signal: AbortSignal.timeout(10_000) })

  it('F3 a holder that stood still for longer than its lease changes nothing', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const key = newKey()
      await storage.write(key, 'first', until(HOUR))
      const holder = await start(key, 300, 'holding')
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
      expect(await ours.extend(10_000)).toBe(true)
      await ours.release()
      holder.kill('SIGKILL')
    }
  }, 60_000)

  it('F4 the lock of a holder that is killed is given on when its lease ends', async () => {
    const late: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const key = newKey()
      const holder = await start(key, 500, 'holding')
      const next = lock(key)
      await pause(100 * Math.random())
      holder.kill('SIGKILL')
      const killed = performance.now()
      await (await next).release()
      late.push(Math.round(performance.now() - killed - 500))
    }
    console.log(`F4: given ${late.join(', ')} ms after what a lease of 500 ms may last`)
  }, 60_000)

  it('one that is killed while it waits is passed over', async () => {
    const key = newKey()
    const held = await lock(key)
    const waiting = await start(key, 60_000, 'asking')
    // Its place is in the queue before ours.
    while (
      (await client.eval("return redis.call('EXISTS', KEYS[1])", 1, `session:queue:{${key}}`)) !== 1
    ) {
      await pause(5)
    }
    const next = lock(key)
    waiting.kill('SIGKILL')
    await once(waiting, 'exit')
    await held.release()
    await (await next).release()
  }, 60_000)
})
