import { afterEach, describe, expect, it, vi } from 'vitest'
import { SessionGoneError } from '../errors.ts'
import { sessionConformance } from '../session-conformance.ts'
import { createSessions } from '../sessions.ts'
import { storageConformance } from './conformance.ts'
import type { SessionStorage } from './contract.ts'
import { cookieStorage } from './cookie.ts'
import { HOSTILE_KEYS } from './hostile-keys.fixture.ts'
import { memoryStorage } from './memory.ts'
import { tieredStorage } from './tiered.ts'

const HOUR = 3_600_000
const until = (ifVersion: number | null = null, milliseconds = HOUR) => ({
  expiresAt: Date.now() + milliseconds,
  ifVersion,
})

describe('tieredStorage of two memories', () => {
  const create = () => tieredStorage(memoryStorage(), memoryStorage())
  const cases = [...storageConformance(create), ...sessionConformance(create)]
  for (const { name, run } of cases) it(name, run)
})

/** How a fast storage fails; whatever it does, no request may. */
const FAILURES: Record<string, (call: () => unknown) => unknown> = {
  throws: () => {
    throw new Error('down')
  },
  rejects: () => Promise.reject(new Error('down')),
  hangs: () => new Promise(() => undefined),
  'forgets what it did': (call) => void call(),
}

function failing(fail: (call: () => unknown) => unknown): SessionStorage {
  const inner = memoryStorage()
  return {
    read: (key) => (fail(() => inner.read(key)) ?? null) as null,
    write: (key, ...rest) => fail(() => inner.write(key, ...rest)) as boolean,
    destroy: (key) => fail(() => inner.destroy(key)),
  }
}

describe.each(Object.entries(FAILURES))('tieredStorage whose fast storage %s', (_, fail) => {
  const create = () => tieredStorage(failing(fail), memoryStorage(), { timeout: 5 })
  const cases = [
    ...storageConformance(create),
    ...sessionConformance(create, { interleavings: 100 }),
  ]
  for (const { name, run } of cases) it(name, run)
})

describe('tieredStorage', () => {
  afterEach(() => void vi.useRealTimers())

  it.each([
    [memoryStorage(), cookieStorage(), /both must be storages of a server/],
    [cookieStorage(), memoryStorage(), /both must be storages of a server/],
    [undefined as never, memoryStorage(), /both must be storages of a server/],
  ])('refuses what is no server storage', (fast, durable, message) => {
    expect(() => tieredStorage(fast, durable)).toThrow(message)
  })

  it('refuses one storage twice', () => {
    const storage = memoryStorage()
    expect(() => tieredStorage(storage, storage)).toThrow(/the same storage/)
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5' as never])(
    'refuses the time %s',
    (time) => {
      const make = (options: object) => () =>
        tieredStorage(memoryStorage(), memoryStorage(), options)
      expect(make({ maxAge: time })).toThrow(/maxAge must be a positive number/)
      expect(make({ timeout: time })).toThrow(/timeout must be a positive number/)
    }
  )

  it('asks the durable storage once for many reads', async () => {
    const durable = memoryStorage()
    const read = vi.spyOn(durable, 'read')
    const storage = tieredStorage(memoryStorage(), durable)
    await durable.write('key', 'text', until())
    for (let i = 0; i < 10; i++) expect((await storage.read('key'))?.value).toBe('text')
    expect(read).toHaveBeenCalledTimes(1)
  })

  it('passes on what is asked of it, and what the durable storage says', async () => {
    const durable = { ...memoryStorage({ max: 1 }), diagnose: () => ['a setting'] }
    const storage = tieredStorage(memoryStorage(), durable)
    expect(await storage.diagnose!()).toEqual(['a setting'])
    expect(tieredStorage(memoryStorage(), memoryStorage()).diagnose).toBeUndefined()
    expect(await storage.destroy('key')).toBe(false)
    await storage.write('kept', 'x', { ...until(), keep: true })
    await expect(storage.write('other', 'x', until())).rejects.toThrow('memoryStorage is full')
    expect(await storage.touch!('kept', Date.now() + 2 * HOUR, 2)).toBe(false)
    expect(await storage.touch!('kept', Date.now() + 2 * HOUR, 1)).toBe(true)
    expect(await storage.owners!.add('owner', 'kept', Date.now() + HOUR)).toBe(1)
    expect(await storage.destroy('kept')).toBe(true)
  })

  it('a copy does not outlive a touch of another version', async () => {
    const durable = memoryStorage()
    const [here, there] = [1, 2].map(() => tieredStorage(memoryStorage(), durable))
    await here!.write('key', 'one', until())
    await there!.write('key', 'two', until(1))
    expect(await here!.touch!('key', Date.now() + 2 * HOUR, 1)).toBe(false)
    expect(await here!.read('key')).toMatchObject({ value: 'two', version: 2 })
  })

  it('reads its own writes, without asking the durable storage', async () => {
    const durable = memoryStorage()
    const read = vi.spyOn(durable, 'read')
    const storage = tieredStorage(memoryStorage(), durable)
    for (const version of [null, 1, 2]) await storage.write('key', `${version}`, until(version))
    expect(await storage.read('key')).toMatchObject({ value: '2', version: 3 })
    expect(read).not.toHaveBeenCalled()
  })

  it('is behind another process for `maxAge`, and not longer', async () => {
    vi.useFakeTimers()
    const durable = memoryStorage()
    const [here, there] = [1, 2].map(() => tieredStorage(memoryStorage(), durable, { maxAge: 3 }))
    await here!.write('key', 'one', until())
    await there!.write('key', 'two', until(1))
    expect((await here!.read('key'))?.value).toBe('one')
    vi.advanceTimersByTime(3000)
    expect((await here!.read('key'))?.value).toBe('two')
    await there!.destroy('key')
    expect((await here!.read('key'))?.value).toBe('two')
    vi.advanceTimersByTime(3000)
    expect(await here!.read('key')).toBeNull()
  })

  it('drops a copy whose write was refused: the next read is right', async () => {
    const durable = memoryStorage()
    const [here, there] = [1, 2].map(() => tieredStorage(memoryStorage(), durable))
    await here!.write('key', 'one', until())
    await there!.write('key', 'two', until(1))
    expect(await here!.write('key', 'mine', until(1))).toBe(false)
    expect(await here!.read('key')).toMatchObject({ value: 'two', version: 2 })
  })

  it('counts exactly in processes that each have a memory of their own', async () => {
    const durable = memoryStorage()
    const secrets = 'tiered: a secret of more than 32 bytes'
    const processes = Array.from({ length: 4 }, () =>
      createSessions<{ n: number }>({ secrets, storage: tieredStorage(memoryStorage(), durable) })
    )
    const session = await processes[0]!.read(null)
    session.set('n', 0)
    const cookie = (await processes[0]!.commit(session))[0]!.split(';')[0]!
    const work = processes.map(async (sessions) => {
      for (let i = 0; i < 100; i++) {
        const session = await sessions.read(cookie)
        session.update('n', (n = 0) => n + 1)
        await sessions.commit(session)
      }
    })
    await Promise.all(work)
    const sessions = createSessions<{ n: number }>({ secrets, storage: durable })
    expect((await sessions.read(cookie)).get('n')).toBe(400)
  })

  it('D3 a session that ended elsewhere is not brought back from a copy', async () => {
    const durable = memoryStorage()
    const secrets = 'tiered: a secret of more than 32 bytes'
    const [here, there] = [1, 2].map(() =>
      createSessions({ secrets, storage: tieredStorage(memoryStorage(), durable) })
    )
    const session = await here!.read(null)
    session.set('n', 1)
    const cookie = (await here!.commit(session))[0]!.split(';')[0]!
    const other = await there!.read(cookie)
    other.destroy()
    await there!.commit(other)
    const late = await here!.read(cookie)
    expect(late.get('n')).toBe(1) // the copy
    late.set('n', 2)
    await expect((async () => here!.commit(late))()).rejects.toThrow(SessionGoneError)
    expect((await here!.read(cookie)).isNew).toBe(true)
  })

  it('N01 an id that a copy does not know yet is asked of the durable storage', async () => {
    const durable = memoryStorage()
    const secrets = 'tiered: a secret of more than 32 bytes'
    const [here, there] = [1, 2].map(() =>
      createSessions({ secrets, storage: tieredStorage(memoryStorage(), durable) })
    )
    const first = await here!.read(null)
    first.set('n', 1)
    const old = (await here!.commit(first))[0]!.split(';')[0]!
    const rotating = await there!.read(old)
    rotating.owner = 'ada'
    rotating.authenticate()
    const cookie = (await there!.commit(rotating))[0]!.split(';')[0]!
    const session = await here!.read(cookie)
    expect([session.id, session.owner, session.get('n')]).toEqual([rotating.id, 'ada', 1])
    expect((await here!.read(old)).isNew).toBe(true)
  })

  it('a slow read does not put back what was changed or ended meanwhile', async () => {
    const fast = memoryStorage()
    const durable = memoryStorage()
    let reached = () => {}
    let release = () => {}
    const slow: SessionStorage = {
      ...durable,
      read(key) {
        const record = durable.read(key)
        reached()
        return new Promise((resolve) => {
          release = () => resolve(record)
        })
      },
    }
    for (const end of [true, false]) {
      const key = `key${end}`
      durable.write(key, 'old', until())
      const asked = new Promise<void>((resolve) => {
        reached = resolve
      })
      const reading = tieredStorage(fast, slow).read(key)
      await asked
      const quick = tieredStorage(fast, durable)
      await (end ? quick.destroy(key) : quick.write(key, 'new', until(1)))
      release()
      await reading
      expect((await quick.read(key))?.value).toBe(end ? undefined : 'new')
    }
  })

  it('leaves a fast storage that failed alone for a second, and comes back', async () => {
    vi.useFakeTimers()
    const fast = memoryStorage()
    const read = vi.spyOn(fast, 'read').mockImplementationOnce(() => {
      throw new Error('down')
    })
    const errors: unknown[] = []
    const onFastError = (error: unknown) => {
      errors.push(error)
      throw new Error('a listener')
    }
    const storage = tieredStorage(fast, memoryStorage(), { onFastError })
    expect(await storage.read('key')).toBeNull()
    expect(await storage.read('key')).toBeNull()
    expect(read).toHaveBeenCalledTimes(1)
    expect(errors).toEqual([new Error('down')])
    vi.advanceTimersByTime(1000)
    await storage.read('key')
    expect(read).toHaveBeenCalledTimes(2)
  })

  it.each(['', '{', 'null', '{"value":1}', '{"value":"x","version":1.5,"expiresAt":9e15}'])(
    'reads the durable storage where the fast one has %j',
    async (text) => {
      const [fast, durable] = [memoryStorage(), memoryStorage()]
      fast.write('key', text, until())
      durable.write('key', 'right', until())
      const storage = tieredStorage(fast, durable)
      expect((await storage.read('key'))?.value).toBe('right')
      durable.destroy('key')
      expect((await storage.read('key'))?.value).toBe('right') // it was replaced
    }
  )

  it('a durable storage that fails is a failure', async () => {
    const durable = failing(FAILURES.rejects!)
    const storage = tieredStorage(memoryStorage(), durable)
    await expect(storage.read('key')).rejects.toThrow('down')
    await expect(storage.write('key', 'x', until())).rejects.toThrow('down')
    await expect(storage.destroy('key')).rejects.toThrow('down')
  })

  it('E1 hostile keys are each another record', async () => {
    const storage = tieredStorage(memoryStorage(), memoryStorage())
    for (const key of HOSTILE_KEYS) expect(await storage.read(key)).toBeNull()
    for (const key of HOSTILE_KEYS) await storage.write(key, key, until())
    for (const key of HOSTILE_KEYS) expect((await storage.read(key))?.value).toBe(key)
  })
})
