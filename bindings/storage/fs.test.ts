import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigurationError } from '../errors.ts'
import { sessionConformance } from '../session-conformance.ts'
import { newKey, pause, until } from './conformance-kit.ts'
import { storageConformance } from './conformance.ts'
import { fsStorage } from './fs.ts'
import { HOSTILE_KEYS } from './hostile-keys.fixture.ts'

const HOUR = 3_600_000
/** The user without rights. */
const NOBODY = 65_534
const NEVER = new AbortController().signal
const folder = mkdtempSync(join(tmpdir(), 'tuile-fs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }), 60_000)

let folders = 0
const newFolder = (): string => join(folder, `${++folders}`)

interface Entry {
  readonly path: string
  readonly name: string
  readonly mode: number
  readonly file: boolean
}

/** All that is below a folder. */
function below(path: string): Entry[] {
  return readdirSync(path, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name)
    return { path, name: entry.name, mode: statSync(path).mode & 0o777, file: entry.isFile() }
  })
}

const namesBelow = (path: string): string[] => below(path).map(({ path }) => path)

const filesBelow = (path: string, start: string): string[] =>
  namesBelow(path).filter((path) => path.split('/').at(-1)!.startsWith(start))

/** Makes a file look as if it was left long ago. */
const age = (path: string): void => utimesSync(path, new Date(0), new Date(0))

for (const [title, options] of [
  ['fsStorage', {}],
  ['fsStorage, durable,', { durable: true }],
] as const) {
  describe(`${title} keeps the contract of storages`, () => {
    for (const { name, run } of storageConformance(() => fsStorage(newFolder(), options))) {
      it(name, run)
    }
  })
}

describe('fsStorage keeps sessions', () => {
  // Each interleaving waits for the disk; `scripts/races.js` runs 1,000, with real processes.
  const create = () => fsStorage(newFolder())
  for (const { name, run } of sessionConformance(create, { interleavings: 200 })) {
    it(name, run, 120_000)
  }
})

describe('fsStorage and its folder', () => {
  it('makes it, and reads again what another storage has written there', async () => {
    const path = join(newFolder(), 'a', 'b')
    const key = newKey()
    expect(await fsStorage(path).write(key, 'kept', until(HOUR))).toBe(true)
    expect((await fsStorage(path).read(key))?.value).toBe('kept')
  })

  it('refuses a path that is empty, a file, or no path', () => {
    const file = newFolder()
    writeFileSync(file, '')
    for (const path of ['', file, join(file, 'below'), 'a\0b', undefined as never, 7 as never]) {
      expect(() => fsStorage(path)).toThrow(ConfigurationError)
    }
    expect(() => fsStorage(file)).toThrow(file)
  })

  it('refuses a folder that cannot be written to', () => {
    const path = mkdtempSync(join(folder, 'closed-'))
    chmodSync(folder, 0o755)
    chmodSync(path, 0o555)
    const program = buildSync({
      stdin: {
        contents: `import { fsStorage } from './fs.ts'
          try { fsStorage(process.argv[2]) } catch (error) { console.log(String(error)) }`,
        resolveDir: import.meta.dirname,
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      write: false,
    })
    // Root can write everywhere, so it asks somebody who cannot.
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-', path], {
      cwd: tmpdir(),
      encoding: 'utf8',
      input: program.outputFiles[0]!.text,
      ...(process.getuid?.() === 0 && { uid: NOBODY }),
    })
    expect(stdout).toContain('ConfigurationError: ')
    expect(stdout).toContain(path)
  })

  it('works again after its folder was removed', async () => {
    const path = newFolder()
    const storage = fsStorage(path)
    await storage.write('key', 'x', until(HOUR))
    rmSync(path, { recursive: true })
    expect(await storage.read('key')).toBeNull()
    expect(await storage.write('key', 'y', until(HOUR))).toBe(true)
    expect((await storage.read('key'))?.value).toBe('y')
  })

  it('lets nobody but its owner look at anything, and shows no key', async () => {
    const path = newFolder()
    const storage = fsStorage(path)
    const key = newKey()
    await storage.write(key, 'x', until(HOUR))
    await storage.write(key, 'y', until(HOUR, 1))
    await storage.owners.add(newKey(), newKey(), Date.now() + HOUR)
    const lock = await storage.lock(key, { ttl: HOUR, signal: NEVER })
    const entries = [...below(path), { path, mode: statSync(path).mode & 0o777, file: false }]
    expect(entries.filter(({ file }) => file).length).toBeGreaterThan(3)
    expect(entries.filter(({ file, mode }) => mode !== (file ? 0o600 : 0o700))).toEqual([])
    expect(entries.filter(({ path }) => path.includes(key))).toEqual([])
    await lock.release()
  })

  it('leaves nothing of a record that is destroyed, or of a lock that is released', async () => {
    const path = newFolder()
    const storage = fsStorage(path)
    await storage.write('key', 'x', until(HOUR))
    await storage.write('key', 'y', until(HOUR, 1))
    await storage.destroy('key')
    const lock = await storage.lock('key', { ttl: HOUR, signal: NEVER })
    const next = storage.lock('key', { ttl: HOUR, signal: NEVER })
    await pause(50)
    await lock.release()
    await (await next).release()
    await pause(50)
    expect(below(path).filter(({ file }) => file)).toEqual([])
  })
})

it('E1, §2.41 hostile keys touch nothing outside of the folder, and none is taken for another', async () => {
  const outside = newFolder()
  const path = join(outside, 'a', 'b', 'sessions')
  const storage = fsStorage(path)
  writeFileSync(join(outside, 'a', 'x'), 'outside')
  writeFileSync(join(outside, 'a', 'b', 'x'), 'outside')
  const before = namesBelow(outside)
  for (const key of HOSTILE_KEYS) {
    expect(await storage.read(key)).toBeNull()
    await storage.destroy(key)
    await storage.touch(key, Date.now() + HOUR)
  }
  for (const [i, key] of HOSTILE_KEYS.entries()) {
    expect(await storage.write(key, `${i}`, until(HOUR))).toBe(true)
    const lock = await storage.lock(key, { ttl: HOUR, signal: NEVER })
    await storage.owners.add(key, 'x', Date.now() + HOUR)
    expect(await storage.owners.keys(key)).toEqual(['x'])
    await lock.release()
  }
  for (const [i, key] of HOSTILE_KEYS.entries()) {
    expect((await storage.read(key))?.value).toBe(`${i}`)
  }
  const added = namesBelow(outside).filter((name) => !before.includes(name))
  expect(added.filter((name) => !name.startsWith(path))).toEqual([])
  expect(added.filter((name) => /[A-Z]/.test(name.slice(path.length)))).toEqual([])
  for (const key of HOSTILE_KEYS) await storage.destroy(key)
  expect(filesBelow(path, 'data-')).toEqual([])
  for (const name of ['a/x', 'a/b/x']) {
    expect(readFileSync(join(outside, name), 'utf8')).toBe('outside')
  }
})

/** Numbers that are the same each time (a linear congruential generator, Numerical Recipes). */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

describe('G5 what is not whole is no record', () => {
  const random = numbers(5)
  const DAMAGES: Record<string, (bytes: Buffer, other: Buffer) => Buffer> = {
    flipped(bytes) {
      const damaged = Buffer.from(bytes)
      damaged[random(bytes.length)]! ^= 1 << random(8)
      return damaged
    },
    cut: (bytes) => bytes.subarray(0, random(bytes.length)),
    zeroed: (bytes) => Buffer.from(bytes).fill(0, random(bytes.length)),
    longer: (bytes) => Buffer.concat([bytes, Buffer.from([random(256)])]),
    swapped: (_, other) => other,
    foreign: () => Buffer.from(Array.from({ length: random(200) }, () => random(256))),
  }

  it('session-file-store #32, G5, §2.43 10,000 damaged files are read as none, or as what they were', async () => {
    const path = newFolder()
    const storage = fsStorage(path)
    const text = `{"c":1763700000000,"d":{"name":"Ünï \u{1f36a}"}}`
    await storage.write('other', text.replace('name', 'mane'), until(HOUR))
    const [otherFile] = filesBelow(path, 'data-')
    await storage.write('key', text, until(HOUR))
    const file = filesBelow(path, 'data-').find((name) => name !== otherFile)!
    const [bytes, other] = [readFileSync(file), readFileSync(otherFile!)]
    const kinds = Object.values(DAMAGES)
    let served = 0
    for (let i = 0; i < 10_000; i++) {
      const damaged = kinds[i % kinds.length]!(bytes, other)
      writeFileSync(file, damaged)
      if ((await storage.read('key')) !== null) served++
    }
    expect(served).toBe(0)
    writeFileSync(file, bytes)
    expect((await storage.read('key'))?.value).toBe(text)
  }, 120_000)

  it.each([
    'head-',
    'head-x',
    `head-1-9999999999999-../../${'x'.repeat(29)}`.replaceAll('/', '_'),
    `head-99999999999999999-9999999999999-data-${'0'.repeat(24)}-${'0'.repeat(24)}`,
    `head-1-9999999999999-data-${'0'.repeat(24)}-${'0'.repeat(24)}`,
  ])('G5 a head that says nothing is no record, and in nobody’s way: %s', async (name) => {
    const path = newFolder()
    const storage = fsStorage(path)
    await storage.write('key', 'x', until(HOUR))
    const [head] = filesBelow(path, 'head-')
    renameSync(head!, join(head!, '..', name))
    expect(await storage.read('key')).toBeNull()
    await storage.destroy('key')
    expect(await storage.write('key', 'y', until(HOUR))).toBe(true)
    expect((await storage.read('key'))?.value).toBe('y')
  })

  it('G5 a record without its file, or with a folder in its place, is none', async () => {
    const path = newFolder()
    const storage = fsStorage(path)
    await storage.write('key', 'x', until(HOUR))
    const [file] = filesBelow(path, 'data-')
    renameSync(file!, `${file}-away`)
    expect(await storage.read('key')).toBeNull()
    renameSync(`${file}-away`, file!)
    expect((await storage.read('key'))?.value).toBe('x')
  })
})

describe('fsStorage sweeps', () => {
  it('E4 in parts, all that has ended, and nothing that lives', async () => {
    const path = newFolder()
    const storage = fsStorage(path)
    const live = Array.from({ length: 50 }, (_, i) => `live ${i}`)
    for (const key of live) await storage.write(key, key, until(HOUR))
    const ended = Array.from({ length: 300 }, (_, i) => `ended ${i}`)
    for (const key of ended) await storage.write(key, key, until(HOUR))
    for (const key of ended) await storage.touch(key, Date.now())
    let [removed, calls] = [0, 0]
    for (; removed < ended.length && calls < 100; calls++) {
      const count = await storage.sweep(70)
      expect(count).toBeLessThanOrEqual(70)
      removed += count
    }
    expect(removed).toBe(300)
    expect(calls).toBeGreaterThan(4)
    expect(filesBelow(path, 'data-')).toHaveLength(50)
    for (const key of live) expect((await storage.read(key))?.value).toBe(key)
  })

  it('what killed writers have left, once it is old', async () => {
    const path = newFolder()
    const storage = fsStorage(path)
    await storage.write('key', 'x', until(HOUR))
    const [head] = filesBelow(path, 'head-')
    const [data] = filesBelow(path, 'data-')
    age(data!)
    const candidate = join(head!, '..', 'data-left')
    writeFileSync(candidate, 'half')
    await storage.sweep(100)
    expect(filesBelow(path, 'data-left')).toHaveLength(1)
    expect(filesBelow(path, 'head-')).toEqual([head])

    age(candidate)
    await storage.sweep(100)
    expect(filesBelow(path, 'data-')).toEqual([data])
    // A writer that was stopped, and would name the file now, finds the head that it saw gone.
    expect(filesBelow(path, 'head-')).not.toEqual([head])
    expect((await storage.read('key'))?.value).toBe('x')
  })

  it('cells that were never put in place, dead cells, and places of those who wait no more', async () => {
    const path = newFolder()
    const storage = fsStorage(path)
    await storage.write('key', 'x', until(HOUR))
    const [head] = filesBelow(path, 'head-')
    renameSync(head!, join(head!, '..', 'gone-x'))
    const temp = join(path, 'temp')
    const old = mkdtempSync(join(temp, 'old-'))
    writeFileSync(join(old, 'data-x'), '')
    age(old)
    const fresh = mkdtempSync(join(temp, 'fresh-'))

    await storage.lock('key', { ttl: 1, signal: NEVER })
    const controller = new AbortController()
    const lock = await storage.lock('other', { ttl: HOUR, signal: NEVER })
    const waiting = storage.lock('other', { ttl: 1, signal: controller.signal })
    waiting.catch(() => undefined)
    await pause(50)
    const [ticket] = namesBelow(join(path, 'queues')).filter((name) => /-[0-9a-f]{24}$/.test(name))
    controller.abort()
    await expect(waiting).rejects.toBe(controller.signal.reason)
    expect(ticket).toBeDefined()

    expect(await storage.sweep(100)).toBe(0)
    expect(await storage.read('key')).toBeNull()
    expect(filesBelow(join(path, 'sessions'), 'data-')).toEqual([])
    expect(namesBelow(temp)).toEqual([fresh])
    expect(filesBelow(join(path, 'locks'), 'head-')).toHaveLength(2)
    expect(namesBelow(join(path, 'queues'))).toEqual([])
    expect(await lock.extend(HOUR)).toBe(true)
  })

  it('owners who are gone', async () => {
    const path = newFolder()
    const storage = fsStorage(path)
    await storage.owners.add('gone', 'a', Date.now() - 1)
    await storage.owners.add('here', 'b', Date.now() + HOUR)
    await storage.sweep(100)
    expect(below(join(path, 'owners')).filter(({ file }) => file)).toHaveLength(1)
    expect(await storage.owners.keys('here')).toEqual(['b'])
  })
})

describe('fsStorage, touch()', () => {
  it('rewrites no data, and loses nothing beside a write', async () => {
    const path = newFolder()
    const storage = fsStorage(path)
    await storage.write('key', '0', until(HOUR))
    const [data] = filesBelow(path, 'data-')
    const { ino, mtimeMs } = statSync(data!)
    await storage.touch('key', Date.now() + 2 * HOUR)
    expect(statSync(data!)).toMatchObject({ ino, mtimeMs })

    for (let version = 1; version <= 50; version++) {
      const expiresAt = Date.now() + HOUR + version
      const [written] = await Promise.all([
        storage.write('key', `${version}`, { expiresAt, ifVersion: version }),
        storage.touch('key', expiresAt),
        storage.touch('key', expiresAt),
      ])
      expect(written).toBe(true)
      expect(await storage.read('key')).toEqual({
        value: `${version}`,
        version: version + 1,
        expiresAt,
      })
    }
  })
})
