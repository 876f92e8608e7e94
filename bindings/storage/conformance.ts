/**
 * The conformance suite of storages: what the contract says, as tests for any test runner.
 *
 * @module
 */
import type { Awaitable } from '../awaitable.ts'
import { assert, HOUR, newKey, pause, until } from './conformance-kit.ts'
import { LOCK_CASES } from './conformance-locks.ts'
import { OWNER_CASES } from './conformance-owners.ts'
import type { SessionStorage, StoredRecord } from './contract.ts'

/** One test. It needs no test runner: `run` rejects if the storage does not keep the promise. */
export interface ConformanceCase {
  /** The promise, as a sentence. */
  readonly name: string
  /** Checks it on a storage of its own. */
  run(): Promise<void>
}

function assertRecord(
  record: StoredRecord | null,
  value: string,
  version: number
): asserts record is StoredRecord {
  assert(record !== null, 'the record is not there')
  assert(record.value === value, `the value is ${JSON.stringify(record.value.slice(0, 80))}`)
  assert(record.version === version, `the version is ${record.version}, not ${version}`)
}

const TEXTS = [
  '{}',
  '',
  '{"name":"Ünï \u2028 \ud83c\udf6a","quote":"\\"\'`;--","null":null}',
  'x'.repeat(20_000),
]

type Check = (storage: SessionStorage) => Promise<void>

/** The tests by what they promise. Each gets a fresh storage. */
const CASES: Record<string, Check> = {
  async 'read() of an unknown key gives null and creates nothing'(storage) {
    const key = newKey()
    assert((await storage.read(key)) === null, 'there is a record')
    assert((await storage.write(key, '{}', until(HOUR))) === true, 'the read created a record')
  },

  async 'read() gives the text, the version and the end that were written'(storage) {
    for (const text of TEXTS) {
      const key = newKey()
      const options = until(HOUR)
      await storage.write(key, text, options)
      const record = await storage.read(key)
      assertRecord(record, text, 1)
      assert(record.expiresAt === options.expiresAt, `it ends at ${record.expiresAt}`)
    }
  },

  async 'write() for a new record refuses a key that is taken'(storage) {
    const key = newKey()
    await storage.write(key, 'first', until(HOUR))
    assert((await storage.write(key, 'second', until(HOUR))) === false, 'it was overwritten')
    assertRecord(await storage.read(key), 'first', 1)
  },

  async 'write() counts the versions from 1'(storage) {
    const key = newKey()
    for (let version = 1; version <= 5; version++) {
      const written = await storage.write(key, `${version}`, until(HOUR, version - 1 || null))
      assert(written === true, `write ${version} was refused`)
      assertRecord(await storage.read(key), `${version}`, version)
    }
  },

  async 'write() refuses another version and leaves the record as it was'(storage) {
    const key = newKey()
    await storage.write(key, 'one', until(HOUR))
    await storage.write(key, 'two', until(HOUR, 1))
    for (const version of [1, 3, 0]) {
      assert((await storage.write(key, 'x', until(HOUR, version))) === false, `took ${version}`)
    }
    assertRecord(await storage.read(key), 'two', 2)
  },

  async 'write() of a version creates nothing where there is no record'(storage) {
    const key = newKey()
    assert((await storage.write(key, 'x', until(HOUR, 1))) === false, 'it was written')
    assert((await storage.read(key)) === null, 'it was created')
  },

  async 'write() after destroy() is refused and the record stays gone'(storage) {
    const key = newKey()
    await storage.write(key, 'x', until(HOUR))
    await storage.destroy(key)
    assert((await storage.write(key, 'y', until(HOUR, 1))) === false, 'it was written')
    assert((await storage.read(key)) === null, 'it came back')
  },

  async 'write() with an end that is past ends the record at once'(storage) {
    const key = newKey()
    await storage.write(key, 'x', until(HOUR))
    assert((await storage.write(key, 'y', { expiresAt: 0, ifVersion: 1 })) === true, 'refused')
    assert((await storage.read(key)) === null, 'it is still there')
    assert((await storage.write(key, 'z', until(HOUR, 2))) === false, 'it was written again')
  },

  async 'destroy() removes the record, and only that one'(storage) {
    const [key, other] = [newKey(), newKey()]
    await storage.write(key, 'x', until(HOUR))
    await storage.write(other, 'y', until(HOUR))
    await storage.destroy(key)
    assert((await storage.read(key)) === null, 'it is still there')
    assertRecord(await storage.read(other), 'y', 1)
  },

  async 'destroy() of a key that is not there is no error'(storage) {
    await storage.destroy(newKey())
  },

  async 'read() does not give a record that has ended, and write() counts it as none'(storage) {
    const [key, other] = [newKey(), newKey()]
    await storage.write(key, 'x', until(300))
    await storage.write(other, 'x', until(300))
    assertRecord(await storage.read(key), 'x', 1)
    await pause(350)
    assert((await storage.read(key)) === null, 'it was served after its end')
    assert((await storage.write(key, 'y', until(HOUR, 1))) === false, 'it was changed')
    assert((await storage.write(other, 'y', until(HOUR))) === true, 'its key is still taken')
    assertRecord(await storage.read(other), 'y', 1)
  },

  async 'touch() moves the end and changes nothing else'(storage) {
    if (storage.touch === undefined) return
    const key = newKey()
    await storage.write(key, 'x', until(1000))
    const { expiresAt } = until(HOUR)
    await storage.touch(key, expiresAt)
    await pause(1050)
    const record = await storage.read(key)
    assertRecord(record, 'x', 1)
    assert(record.expiresAt === expiresAt, `it ends at ${record.expiresAt}`)
    assert((await storage.write(key, 'y', until(HOUR, 1))) === true, 'the version has changed')
  },

  async 'touch() creates nothing, and says false'(storage) {
    if (storage.touch === undefined) return
    const key = newKey()
    const { expiresAt } = until(HOUR)
    assert((await storage.touch(key, expiresAt)) === false, 'it says that there is a record')
    assert((await storage.touch(key, expiresAt, 1)) === false, 'it says that there is a version')
    assert((await storage.read(key)) === null, 'it was created')
  },

  async 'touch() of another version moves nothing, and says false'(storage) {
    if (storage.touch === undefined) return
    const key = newKey()
    const { expiresAt } = until(HOUR)
    await storage.write(key, 'one', { expiresAt, ifVersion: null })
    await storage.write(key, 'two', { expiresAt, ifVersion: 1 })
    for (const version of [1, 3, 0]) {
      const touched = await storage.touch(key, expiresAt + HOUR, version)
      assert(touched === false, `touch() of version ${version} says ${String(touched)}`)
    }
    const record = await storage.read(key)
    assertRecord(record, 'two', 2)
    assert(record.expiresAt === expiresAt, `it ends at ${record.expiresAt}`)
  },

  async 'touch() of the version that is there moves the end, and does not say false'(storage) {
    if (storage.touch === undefined) return
    const key = newKey()
    await storage.write(key, 'one', until(1000))
    await storage.write(key, 'two', until(1000, 1))
    const { expiresAt } = until(HOUR)
    for (const [end, version] of [[expiresAt - 1], [expiresAt, 2]] as const) {
      const touched = await storage.touch(key, end, version)
      assert(touched !== false, 'touch() says that nothing was moved')
      const record = await storage.read(key)
      assertRecord(record, 'two', 2)
      assert(record.expiresAt === end, `it ends at ${record.expiresAt}`)
    }
  },

  async 'touch() of a record that has ended brings nothing back, and says false'(storage) {
    if (storage.touch === undefined) return
    const key = newKey()
    await storage.write(key, 'x', until(300))
    await pause(350)
    const { expiresAt } = until(HOUR)
    assert((await storage.touch(key, expiresAt)) === false, 'it says that there is a record')
    assert((await storage.touch(key, expiresAt, 1)) === false, 'it says that there is a version')
    assert((await storage.read(key)) === null, 'it came back')
  },

  async 'sweep() removes what has ended, at most as many as asked for, and nothing else'(storage) {
    if (storage.sweep === undefined) return
    const live = newKey()
    await storage.write(live, 'x', until(HOUR))
    for (let i = 0; i < 5; i++) await storage.write(newKey(), 'x', until(30))
    await pause(60)
    const [first, second] = [await storage.sweep(2), await storage.sweep(100)]
    assert(first <= 2, `${first} were removed, at most 2 were to be`)
    assert(first + second <= 5, `${first + second} were removed, 5 had ended`)
    assert((await storage.sweep(100)) === 0, 'something that had ended was left')
    assertRecord(await storage.read(live), 'x', 1)
  },

  async 'keys that differ in case alone are different'(storage) {
    const key = newKey()
    await storage.write(key.toLowerCase(), 'lower', until(HOUR))
    await storage.write(key.toUpperCase(), 'upper', until(HOUR))
    assertRecord(await storage.read(key.toLowerCase()), 'lower', 1)
    assertRecord(await storage.read(key.toUpperCase()), 'upper', 1)
  },

  async 'write() lets exactly one of many parallel writers win'(storage) {
    if (!storage.atomic) return
    const key = newKey()
    for (const ifVersion of [null, 1, 2]) {
      const writes = Array.from({ length: 20 }, (_, i) =>
        storage.write(key, `${i}`, { ...until(HOUR), ifVersion })
      )
      const winners = (await Promise.all(writes)).flatMap((won, i) => (won ? [`${i}`] : []))
      assert(winners.length === 1, `${winners.length} writers won`)
      assertRecord(await storage.read(key), winners[0]!, (ifVersion ?? 0) + 1)
    }
  },

  async 'a storage that says it is synchronous returns no promises'(storage) {
    if (!storage.sync) return
    const key = newKey()
    const results = [
      storage.write(key, 'x', until(HOUR)),
      storage.read(key),
      storage.touch?.(key, Date.now() + HOUR),
      storage.destroy(key),
      storage.sweep?.(1),
    ]
    assert(!results.some((result) => result instanceof Promise), 'there is a promise')
  },
}

/** All of them. A storage without locks or owners passes the tests of those: it promises none. */
const ALL_CASES: Record<string, Check> = { ...CASES }
for (const [name, check] of Object.entries(LOCK_CASES)) {
  ALL_CASES[name] = async (storage) => (storage.lock ? check(storage) : undefined)
}
for (const [name, check] of Object.entries(OWNER_CASES)) {
  ALL_CASES[name] = async ({ owners }) => (owners ? check(owners) : undefined)
}

/**
 * The tests of a storage, for any test runner. Each makes a storage of its own, and closes it.
 *
 * @param create Makes an empty storage, or one that other tests may share: keys are never reused.
 *
 * @example
 * ```ts
 * import { memoryStorage } from 'tuile'
 * import { storageConformance } from 'tuile/testing'
 *
 * for (const { name, run } of storageConformance(() => memoryStorage())) {
 *   await run() // it(name, run)
 * }
 * ```
 */
export function storageConformance(create: () => Awaitable<SessionStorage>): ConformanceCase[] {
  return Object.entries(ALL_CASES).map(([name, check]) => ({
    name,
    async run() {
      const storage = await create()
      try {
        await check(storage)
      } finally {
        await storage.close?.()
      }
    },
  }))
}
