/**
 * The promises of remix that Tuile keeps: what a session does, by read and commit on plain strings.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  cookieStorage,
  createSessions,
  memoryStorage,
  type Session,
  SessionDestroyedError,
  SessionGoneError,
  type Sessions,
  type SessionsOptions,
  type UntypedData,
} from '../../bindings/index.ts'
import { SECRET } from './jar.fixture.ts'
import { spyStorage } from './spy.fixture.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A client that calls `read` and `commit`, and keeps the cookie as text. */
class Client {
  readonly sessions: Sessions
  cookie: string | null = null
  lines: string[] = []

  constructor(options: Partial<SessionsOptions<UntypedData>>, cookie: string | null = null) {
    this.sessions = createSessions({ secrets: SECRET, ...options })
    this.cookie = cookie
  }

  /** One request. */
  async use<Result>(work: (session: Session) => Result): Promise<Result> {
    const session = await this.sessions.read(this.cookie)
    const result = work(session)
    this.lines = await this.sessions.commit(session)
    const [line] = this.lines
    if (line !== undefined) this.cookie = line.includes('Max-Age=0;') ? null : line.split(';')[0]!
    return result
  }

  /** What a session of a cookie holds. */
  async look(cookie: string | null): Promise<Record<string, unknown>> {
    return (await this.sessions.read(cookie)).all()
  }
}

const STORAGES: [string, () => NonNullable<SessionsOptions<UntypedData>['storage']>][] = [
  ['the cookie', cookieStorage],
  ['memory', memoryStorage],
  ['an asynchronous storage', spyStorage],
]

describe.each(STORAGES)('in %s', (_, storageOf) => {
  it('X01 read gives a new, empty session for no cookie', async () => {
    const { sessions } = new Client({ storage: storageOf() })
    for (const cookie of [null, undefined, '']) {
      const session = await sessions.read(cookie)
      expect([session.isNew, session.get('x'), session.all()]).toEqual([true, undefined, {}])
    }
  })

  it('X02 commit gives nothing, a cookie, or the end of a cookie', async () => {
    const client = new Client({ storage: storageOf() })
    await client.use(() => {})
    expect(client.lines).toEqual([])
    await client.use((session) => session.set('n', 1))
    expect(client.lines).toEqual([
      expect.stringMatching(/^__Host-session=[TS][^;]+; Max-Age=86400;/),
    ])
    await client.use((session) => session.destroy())
    expect(client.lines).toEqual([expect.stringMatching(/^__Host-session=; Max-Age=0;/)])
  })

  it('X03 a counter answers 1, 2, 3', async () => {
    const client = new Client({ storage: storageOf() })
    const count = () =>
      client.use((session) => {
        session.set('count', Number(session.get('count') ?? 0) + 1)
        return session.get('count')
      })
    expect([await count(), await count(), await count()]).toEqual([1, 2, 3])
  })

  it('X04 get gives what was set, and undefined for the rest', async () => {
    const client = new Client({ storage: storageOf() })
    await client.use((session) => session.set('name', 'Ada'))
    const seen = await client.use((session) => [session.get('name'), session.get('age')])
    expect(seen).toEqual(['Ada', undefined])
  })

  it('X05 a flash is undefined, undefined, there, undefined', async () => {
    const client = new Client({ storage: storageOf() })
    const read = () => client.use((session) => session.get('message'))
    const seen = [
      await read(),
      await client.use((session) => {
        session.flash('message', 'success!')
        return session.get('message')
      }),
      await read(),
      await read(),
    ]
    expect(seen).toEqual([undefined, undefined, 'success!', undefined])
  })

  it('X10 the request after destroy starts a new session', async () => {
    const client = new Client({ storage: storageOf() })
    const before = await client.use((session) => {
      session.set('n', 1)
      return session.id
    })
    await client.use((session) => session.destroy())
    const [id, isNew, n] = await client.use((s) => [s.id, s.isNew, s.get('n')])
    expect(id).not.toBe(before)
    expect([isNew, n]).toEqual([true, undefined])
  })

  it('X21 after destroy reads give nothing, and writes throw', async () => {
    const client = new Client({ storage: storageOf() })
    await client.use((session) => session.set('n', 1))
    await client.use((session) => {
      session.destroy()
      expect([session.get('n'), session.has('n'), session.all()]).toEqual([undefined, false, {}])
      for (const write of [
        () => session.set('n', 2),
        () => session.unset('n'),
        () => session.update('n', () => 2),
        () => session.flash('m', 'message'),
        () => session.regenerateId(),
        () => session.clear(),
      ]) {
        expect(write).toThrow(SessionDestroyedError)
        expect(write).toThrow(/destroyed/)
      }
    })
    expect(await client.look(client.cookie)).toEqual({})
  })

  it('X22 a session that was only read gives no cookie, nor does a new one', async () => {
    const client = new Client({ storage: storageOf() })
    await client.use((session) => session.set('n', 1))
    await client.use((session) => [session.get('n'), session.all(), session.id, session.isNew])
    expect(client.lines).toEqual([])
    const stranger = new Client({})
    await stranger.use((session) => [session.get('n'), session.id])
    expect(stranger.lines).toEqual([])
  })

  it('X23 a message that nobody looked at is gone all the same', async () => {
    const client = new Client({ storage: storageOf() })
    await client.use((session) => session.flash('message', 'success!'))
    await client.use(() => 'a handler that does nothing')
    expect(await client.use((session) => session.get('message'))).toBeUndefined()
  })

  it('X24 a value wins over a message of its name', async () => {
    const client = new Client({ storage: storageOf() })
    await client.use((session) => {
      session.set('name', 'value')
      session.flash('name', 'message')
    })
    expect(await client.use((s) => [s.get('name'), s.getFlash('name')])).toEqual([
      'value',
      'message',
    ])
  })

  it('X20 set to undefined removes; 0, false, empty text and null are kept', async () => {
    const client = new Client({ storage: storageOf() })
    await client.use((session) => {
      for (const [key, value] of Object.entries({ a: 0, b: false, c: '', d: null, e: 1 })) {
        session.set(key, value)
      }
    })
    await client.use((session) => session.set('e', undefined))
    expect(await client.look(client.cookie)).toEqual({ a: 0, b: false, c: '', d: null })
  })

  it.each(['', 'null', 'undefined', '%', '{}', 'T', 'P.', '....', '__proto__', 'x'.repeat(5_000)])(
    'X28 the cookie value %.20j gives a new session',
    async (value) => {
      const client = new Client({ storage: storageOf() }, `__Host-session=${value}`)
      expect(await client.use((session) => [session.isNew, session.all()])).toEqual([true, {}])
      await client.use((session) => session.set('n', 1))
      expect(await client.look(client.cookie)).toEqual({ n: 1 })
    }
  )
})

it('X06 an id regenerated with a grace leaves the old data readable for a while', async () => {
  const client = new Client({ storage: spyStorage() })
  const before = await client.use((session) => {
    session.set('user', 'ada')
    return session.id
  })
  const oldCookie = client.cookie
  await client.use((session) => {
    session.regenerateId({ grace: 30 })
    session.set('role', 'admin')
  })
  expect(client.cookie).not.toBe(oldCookie)
  expect(await client.use((session) => session.id)).not.toBe(before)
  expect(await client.look(client.cookie)).toEqual({ user: 'ada', role: 'admin' })

  vi.advanceTimersByTime(29_000)
  expect(await client.look(oldCookie)).toEqual({ user: 'ada' })
  const late = await client.sessions.read(oldCookie)
  late.set('user', 'mallory')
  await expect((async () => client.sessions.commit(late))()).rejects.toThrow(SessionGoneError)
  vi.advanceTimersByTime(2_000)
  expect(await client.look(oldCookie)).toEqual({})
  expect(await client.look(client.cookie)).toEqual({ user: 'ada', role: 'admin' })
})

it('X07 without a grace the old id is empty once the new one is committed', async () => {
  const storage = spyStorage()
  const client = new Client({ storage })
  await client.use((session) => session.set('user', 'ada'))
  const oldCookie = client.cookie
  await client.use((session) => session.regenerateId())
  expect(await client.look(oldCookie)).toEqual({})
  expect(await client.look(client.cookie)).toEqual({ user: 'ada' })
  expect(storage.records.size).toBe(1)
})

describe('X08 the original id is the one that dies', () => {
  it.each<[string, (session: Session) => void, number]>([
    ['several regenerations', () => {}, 1],
    ['destroy after them', (session) => session.destroy(), 0],
  ])('X08 with %s', async (_, finish, records) => {
    const storage = spyStorage()
    const client = new Client({ storage })
    await client.use((session) => session.set('user', 'ada'))
    const oldCookie = client.cookie
    await client.use((session) => {
      session.regenerateId({ grace: 60 })
      session.regenerateId()
      finish(session)
    })
    expect(await client.look(oldCookie)).toEqual({})
    expect(storage.records.size).toBe(records)
  })
})

it('X09 destroy takes effect at commit, in the storage and for the client', async () => {
  const storage = spyStorage()
  const client = new Client({ storage })
  await client.use((session) => session.set('user', 'ada'))
  const session = await client.sessions.read(client.cookie)
  session.destroy()
  expect(storage.records.size).toBe(1)
  expect(await client.sessions.commit(session)).toEqual([
    expect.stringMatching(/^__Host-session=; Max-Age=0;/),
  ])
  expect(storage.records.size).toBe(0)
})

it('X16 id is a property that changes when it is regenerated', async () => {
  const session = await createSessions({ secrets: SECRET }).read(null)
  const { id } = session
  expect(session.id).toBe(id)
  session.regenerateId()
  expect(session.id).not.toBe(id)
  expect(session.id).toMatch(/^[\w-]{40}$/)
})

it('X19 has, unset, dirty, destroyed, the data, and the id that was left', async () => {
  const left: unknown[] = []
  const client = new Client({
    storage: memoryStorage(),
    onEvent: (event) => void (event.type === 'regenerate' && left.push(event.key)),
  })
  const created: unknown[] = []
  client.sessions.on('create', ({ key }) => created.push(key))
  await client.use((session) => {
    session.set('a', 1)
    session.set('b', 2)
    session.unset('a')
    expect([session.has('a'), session.has('b'), session.dirty]).toEqual([false, true, true])
    expect(Object.keys(session.all())).toEqual(['b'])
  })
  const before = client.cookie
  await client.use((session) => {
    session.regenerateId()
    expect(session.destroyed).toBe(false)
  })
  // The session is still that one; the id that was left opens nothing.
  expect(left).toEqual(created)
  expect(await client.look(before)).toEqual({})
  await client.use((session) => {
    session.destroy()
    expect(session.destroyed).toBe(true)
  })
})

it('X25 an id that is signed but not stored is not adopted', async () => {
  const client = new Client({ storage: memoryStorage() })
  const planted = await client.use((session) => {
    session.set('user', 'ada')
    return session.id
  })
  const restarted = new Client({ storage: memoryStorage() }, client.cookie)
  const id = await restarted.use((session) => {
    session.set('user', 'bob')
    return session.id
  })
  expect(id).not.toBe(planted)
  expect(await restarted.look(client.cookie)).toEqual({})
})
