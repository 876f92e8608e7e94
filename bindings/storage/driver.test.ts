import { describe, expect, it, vi } from 'vitest'
import { ConfigurationError } from '../errors.ts'
import { sessionConformance } from '../session-conformance.ts'
import { storageConformance } from './conformance.ts'
import type { StoredRecord } from './contract.ts'
import { fromDriver, type SessionDriver } from './driver.ts'

/** A dumb driver whose answers take a while, as a class. */
class SlowDriver implements SessionDriver {
  readonly #texts = new Map<string, string>()

  async load(key: string): Promise<unknown> {
    await pause()
    return JSON.parse(this.#texts.get(key) ?? 'null')
  }

  async save(key: string, record: StoredRecord): Promise<void> {
    await pause()
    this.#texts.set(key, JSON.stringify(record))
  }

  async destroy(key: string): Promise<void> {
    await pause()
    this.#texts.delete(key)
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.random() * 3))

/** A driver that answers at once. */
function mapDriver(): SessionDriver {
  const table = new Map<string, unknown>()
  return {
    load: (key) => table.get(key),
    save: (key, record) => table.set(key, record),
    destroy: (key) => table.delete(key),
  }
}

/** A driver that empties a place before it fills it, as `writeFile` does, and reads in two steps. */
class TearingDriver extends SlowDriver {
  #tearing = 0
  #reading = 0

  override async load(key: string): Promise<unknown> {
    this.#reading++
    const [before, loaded] = [this.#tearing, await super.load(key)]
    this.#reading--
    return before + this.#tearing > 0 ? null : loaded
  }

  override async save(key: string, record: StoredRecord): Promise<void> {
    if (this.#reading > 0) throw new Error('somebody reads what is written')
    this.#tearing++
    await super.save(key, record)
    this.#tearing--
  }
}

describe.each([
  ['a class whose answers take a while', () => new SlowDriver()],
  ['an object that answers at once', mapDriver],
])('fromDriver of %s', (_, driver) => {
  const create = () => fromDriver(driver())
  for (const { name, run } of storageConformance(create)) it(name, run)
  for (const { name, run } of sessionConformance(create, { interleavings: 20 })) it(name, run)

  it('lets exactly one of many parallel writers of this process win', async () => {
    const storage = create()
    for (const ifVersion of [null, 1, 2]) {
      const options = { expiresAt: Date.now() + 60_000, ifVersion }
      const writes = Array.from({ length: 20 }, (_, i) => storage.write('key', `${i}`, options))
      expect((await Promise.all(writes)).filter(Boolean)).toHaveLength(1)
    }
  })
})

describe('fromDriver', () => {
  it('shows nothing half written to those who read meanwhile', async () => {
    const storage = fromDriver(new TearingDriver())
    const options = (ifVersion: number | null) => ({ expiresAt: Date.now() + 60_000, ifVersion })
    await storage.write('key', '0', options(null))
    for (let version = 1; version <= 20; version++) {
      const write = storage.write('key', `${version}`, options(version))
      const early = Array.from({ length: 5 }, () => storage.read('key'))
      const touch = storage.touch!('key', Date.now() + 60_000)
      const late = Array.from({ length: 5 }, () => storage.read('key'))
      expect(await write).toBe(true)
      for (const record of await Promise.all([...early, ...late])) {
        expect(record?.value).toBe(`${version}`)
      }
      await touch
    }
  })

  it.each(['load', 'save', 'destroy'])('names the method that is missing: %s', (method) => {
    expect(() => fromDriver({ ...mapDriver(), [method]: undefined })).toThrow(ConfigurationError)
    expect(() => fromDriver({ ...mapDriver(), [method]: 'no' } as never)).toThrow(`${method}()`)
  })

  it.each([null, undefined, 42, 'driver'])('refuses %s', (driver) => {
    expect(() => fromDriver(driver as never)).toThrow(ConfigurationError)
  })

  it('does not promise more than it can: it is not atomic', () => {
    expect(fromDriver(mapDriver()).atomic).toBeUndefined()
  })

  it.each([undefined, null, 7, 'text', [], {}, { value: 1, version: 1, expiresAt: 9e15 }])(
    'takes %j for nothing',
    async (loaded) => {
      const storage = fromDriver({ ...mapDriver(), load: () => loaded })
      expect(await storage.read('key')).toBeNull()
    }
  )

  it('goes on after a failure of the driver, with that key too', async () => {
    const driver = new SlowDriver()
    const storage = fromDriver(driver)
    const options = { expiresAt: Date.now() + 60_000, ifVersion: null }
    vi.spyOn(driver, 'save').mockRejectedValueOnce(new Error('down'))
    const [failed, next] = await Promise.allSettled([
      storage.write('key', 'first', options),
      storage.write('key', 'second', options),
    ])
    expect([failed!.status, next]).toEqual(['rejected', { status: 'fulfilled', value: true }])
    expect((await storage.read('key'))?.value).toBe('second')
  })
})
