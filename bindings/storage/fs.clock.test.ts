import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { fsStorage } from './fs.ts'

const HOUR = 3_600_000
const NEVER = new AbortController().signal
const folder = mkdtempSync(join(tmpdir(), 'tuile-fs-clock-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let folders = 0
const newFolder = (): string => join(folder, `${++folders}`)

describe('fsStorage whose clock was set back by an hour', () => {
  const setBack = () => vi.useFakeTimers({ now: Date.now() - HOUR, toFake: ['Date'] })
  afterEach(() => void vi.useRealTimers())

  it('gives the lock of a holder that is gone away after its lease, by a clock that nobody sets', async () => {
    const storage = fsStorage(newFolder())
    await storage.lock('key', { ttl: 400, signal: NEVER })
    setBack()
    const begun = performance.now()
    const lock = await storage.lock('key', { ttl: HOUR, signal: AbortSignal.timeout(4000) })
    expect(performance.now() - begun).toBeGreaterThanOrEqual(399)
    expect(await lock.extend(HOUR)).toBe(true)
  })

  it('gives nobody the lock of a holder that works', async () => {
    const storage = fsStorage(newFolder())
    const held = await storage.lock('key', { ttl: 400, signal: NEVER })
    setBack()
    const working = setInterval(() => void held.extend(400), 100)
    const waiting = storage.lock('key', { ttl: HOUR, signal: AbortSignal.timeout(1200) })
    await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' })
    clearInterval(working)
    expect(await held.extend(HOUR)).toBe(true)
  })

  it('gives a lock to nobody who is gone', async () => {
    const path = newFolder()
    const storage = fsStorage(path)
    const held = await storage.lock('key', { ttl: HOUR, signal: NEVER })
    const [queue] = readdirSync(join(path, 'locks')).map((name) => join(path, 'queues', name))
    const ticket = `${String(Date.now()).padStart(15, '0')}-000001-${'a'.repeat(24)}`
    mkdirSync(queue!, { recursive: true })
    writeFileSync(join(queue!, ticket), '')
    setBack()
    await held.release()
    expect(readdirSync(join(path, 'locks'))).toEqual([])
    expect(readdirSync(queue!)).toEqual([])
  })

  it('sweeps locks and places that were left', async () => {
    const path = newFolder()
    const storage = fsStorage(path)
    await storage.lock('key', { ttl: 400, signal: NEVER })
    setBack()
    await storage.sweep(10)
    expect(readdirSync(join(path, 'locks'))).toEqual([])
  })
})
