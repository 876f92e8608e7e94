import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { newKey, pause, until } from './conformance-kit.ts'
import { fsStorage } from './fs.ts'
import { Worker } from './fs.processes.fixture.ts'

const HOUR = 3_600_000
const NEVER = new AbortController().signal
const folder = mkdtempSync(join(tmpdir(), 'tuile-fs-'))
const storage = fsStorage(folder)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const start = (count: number): Promise<Worker[]> =>
  Promise.all(Array.from({ length: count }, () => Worker.start(folder)))

/** All files below a folder. */
function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
}

describe('fsStorage across processes', () => {
  it('F1 four processes count to 1,000 by update(), and none is lost', async () => {
    const workers = await start(4)
    const id = await workers[0]!.call('createSession')
    await Promise.all(workers.map((worker) => worker.call('increment', id, 250)))
    expect(await workers[0]!.call('increment', id, 0)).toBe(1000)
  }, 120_000)

  it('G1, §2.41 a writer that is killed loses nothing it has acknowledged, and leaves no half', async () => {
    const key = newKey()
    let kills = 0
    for (let round = 0; round < 10; round++) {
      const workers = await start(2)
      for (const worker of workers) worker.call('hammer', key, 'x', 5000).catch(() => undefined)
      while (workers.some(({ acknowledged }) => acknowledged === 0)) await pause(1)
      for (const worker of workers) {
        await pause(Math.random() * 10)
        await worker.kill()
        kills++
        const record = await storage.read(key)
        expect(record?.value).toBe('x'.repeat(5000))
        expect(record!.version).toBeGreaterThanOrEqual(worker.acknowledged)
      }
    }
    expect(kills).toBe(20)
    const { version } = (await storage.read(key))!
    expect(await storage.write(key, 'last', until(HOUR, version))).toBe(true)
    const texts = filesBelow(join(folder, 'sessions')).filter((name) => name.startsWith('data-'))
    // This record, and the session of the test before.
    expect(texts.length).toBeLessThanOrEqual(2)
  }, 120_000)

  it('session-file-store #21, #36, G2, §2.41 a reader beside two writers sees whole texts only, and always one', async () => {
    const key = newKey()
    await storage.write(key, 'a'.repeat(20_000), until(HOUR))
    const workers = await start(2)
    for (const [i, worker] of workers.entries()) {
      worker.call('hammer', key, 'bc'[i]!, 20_000).catch(() => undefined)
    }
    const seen = new Set<string>()
    const [end, wanted] = [Date.now() + 15_000, ['b', 'c']]
    let reads = 0
    while (Date.now() < end && (reads < 2000 || !wanted.every((letter) => seen.has(letter)))) {
      const text = (await storage.read(key))!.value
      expect(text).toBe(text[0]!.repeat(20_000))
      seen.add(text[0]!)
      reads++
    }
    await Promise.all(workers.map((worker) => worker.kill()))
    expect([...seen].sort()).toEqual(expect.arrayContaining(wanted))
  }, 60_000)

  it('a writer that is stopped brings no record back that is destroyed meanwhile', async () => {
    const [worker] = await start(1)
    for (let round = 0; round < 20; round++) {
      const key = newKey()
      await storage.write(key, 'x', until(HOUR))
      const written = worker!.call('write', key, 'y', until(HOUR, 1))
      await pause(Math.random() * 2)
      worker!.signal('SIGSTOP')
      await storage.destroy(key)
      worker!.signal('SIGCONT')
      await written
      expect(await storage.read(key)).toBeNull()
    }
  })

  it('F3, §2.36 a holder that is stopped beyond its lease can neither extend nor release', async () => {
    const key = newKey()
    const [holder, next, third] = await start(3)
    await holder!.call('lock', key, 300)
    holder!.signal('SIGSTOP')
    await next!.call('lock', key, 60_000)
    let given = false
    const waiting = third!.call('lock', key, 60_000).then(() => {
      given = true
    })
    holder!.signal('SIGCONT')
    expect(await holder!.call('extend', 60_000)).toBe(false)
    await holder!.call('release')
    await pause(100)
    expect(given).toBe(false)
    expect(await next!.call('extend', 60_000)).toBe(true)
    await next!.call('release')
    await waiting
  })

  it('F4, §2.36 the lock of a holder that is killed goes to the next when its lease is over', async () => {
    const key = newKey()
    const [holder, next] = await start(2)
    for (const worker of [holder!, next!]) await worker.call('read', key)
    await holder!.call('lock', key, 400)
    await holder!.kill()
    await next!.call('lock', key, 400)
    await next!.call('release')
  })

  it('a lock goes to those who wait, in the order of asking, and not to one who was killed', async () => {
    const key = newKey()
    const lock = await storage.lock(key, { ttl: 60_000, signal: NEVER })
    const workers = await start(3)
    const order: number[] = []
    const waiting: Promise<unknown>[] = []
    for (const [i, worker] of workers.entries()) {
      const held = worker.call('lock', key, 60_000).then(() => {
        order.push(i)
        return worker.call('release')
      })
      held.catch(() => undefined)
      if (i > 0) waiting.push(held)
      while (filesBelow(join(folder, 'queues')).length <= i) await pause(5)
    }
    await workers[0]!.kill()
    await lock.release()
    await Promise.all(waiting)
    expect(order).toEqual([1, 2])
  })
})
