import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStorage } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs'
import memoryDriver from 'unstorage/drivers/memory'
import { afterAll, describe, expect, it } from 'vitest'
import { sessionConformance } from '../session-conformance.ts'
import { storageConformance } from './conformance.ts'
import { encryptedStorage } from './encrypted.ts'
import { HOSTILE_KEYS } from './hostile-keys.fixture.ts'
import { unstorage } from './unstorage.ts'
import { KEYS } from './workers.fixture.ts'

const HOUR = 3_600_000
const until = (ifVersion: number | null = null) => ({ expiresAt: Date.now() + HOUR, ifVersion })

const folder = mkdtempSync(join(tmpdir(), 'tuile-unstorage-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const memory = () => createStorage({ driver: memoryDriver() })
let folders = 0
const files = () => createStorage({ driver: fsDriver({ base: join(folder, `${folders++}`) }) })

describe.each([
  ['memory', memory, 1000],
  ['fs', files, 100],
] as const)('unstorage with the driver %s', (_, make, interleavings) => {
  const create = () => unstorage(make())
  const cases = [...storageConformance(create), ...sessionConformance(create, { interleavings })]
  for (const { name, run } of cases) it(name, run)
})

describe('encryptedStorage around unstorage', () => {
  const create = () => encryptedStorage(unstorage(memory()), KEYS['AES-256'])
  const cases = [...storageConformance(create), ...sessionConformance(create)]
  for (const { name, run } of cases) it(name, run)
})

describe('unstorage', () => {
  it.each([undefined, null, {}, { getItem() {} }])('refuses %s', (storage) => {
    expect(() => unstorage(storage as never)).toThrow(/createStorage\(\) makes one/)
  })

  it.each(['', 5])('refuses the prefix %j', (prefix) => {
    expect(() => unstorage(memory(), { prefix: prefix as never })).toThrow(/prefix must be/)
  })

  it('says that the last write wins', () => {
    expect(unstorage(memory())).toMatchObject({ atomic: false })
  })

  it('lets one of many parallel writers of this process win', async () => {
    const storage = unstorage(memory())
    for (const version of [null, 1, 2]) {
      const writes = Array.from({ length: 50 }, (_, i) =>
        storage.write('key', `${i}`, until(version))
      )
      expect((await Promise.all(writes)).filter(Boolean)).toHaveLength(1)
    }
  })

  it('gives the driver the seconds until the end', async () => {
    const seen: unknown[] = []
    const inner = memory()
    const storage = unstorage({
      getItem: (name) => inner.getItem(name),
      setItem: async (_name, _value, options) => void seen.push(options),
      removeItem: (name) => inner.removeItem(name),
      getKeys: (base) => inner.getKeys(base),
    })
    await storage.write('key', 'x', { expiresAt: Date.now() + 1500, ifVersion: null })
    await storage.owners!.add('owner', 'key', Date.now() + 90_000)
    expect(seen).toEqual([{ ttl: 2 }, { ttl: 90 }])
  })

  it.each([null, 'text', 5, [], {}, { expiresAt: 9e15 }, { value: 'x', version: 1 }])(
    'reads %j as no record',
    async (item) => {
      const inner = memory()
      await inner.setItem('session:record:key', item)
      expect(await unstorage(inner).read('key')).toBeNull()
    }
  )

  it('sweeps what it stored, and nothing else', async () => {
    const inner = memory()
    const storage = unstorage(inner)
    await inner.setItem('session:other', 'text')
    await inner.setItem('sessions', { expiresAt: 1 })
    await storage.write('key', 'x', { expiresAt: Date.now() + 30, ifVersion: null })
    await storage.owners!.add('owner', 'key', Date.now() + 30)
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(await storage.sweep!(10)).toBe(2)
    expect(await inner.getKeys()).toEqual(['session:other', 'sessions'])
  })

  it('E1 hostile keys are names of its prefix, each another record', async () => {
    const base = join(folder, 'hostile', 'base')
    for (const inner of [memory(), createStorage({ driver: fsDriver({ base }) })]) {
      const storage = unstorage(inner)
      const keys = HOSTILE_KEYS.filter((key) => key.length < 50)
      for (const key of keys) expect(await storage.read(key)).toBeNull()
      for (const key of keys) expect(await storage.write(key, key, until())).toBe(true)
      for (const key of keys) expect((await storage.read(key))?.value).toBe(key)
      for (const owner of keys) await storage.owners!.add(owner, 'key', Date.now() + HOUR)
      for (const owner of keys) expect(await storage.owners!.keys(owner)).toEqual(['key'])
      const names = await inner.getKeys()
      expect(names.filter((name) => !/^session:(record|owner):/.test(name))).toEqual([])
      expect(names).toHaveLength(keys.length * 2)
    }
    expect(readdirSync(join(folder, 'hostile'))).toEqual(['base'])
    expect(readdirSync(base)).toEqual(['session'])
  })
})
