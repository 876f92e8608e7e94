/**
 * The promises of remix that Tuile keeps: storages, set-up and the middleware.
 *
 * @module
 */
import { Hono } from 'hono'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  ConfigurationError,
  CookieOverflowError,
  createSessions,
  memoryStorage,
  Session,
  type SessionsOptions,
  type UntypedData,
} from '../../bindings/index.ts'
import { session } from '../hono.ts'
import { Browser, SECRET, visitorOf } from './jar.fixture.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

const unsigned: SessionsOptions<UntypedData>[] = [
  {} as SessionsOptions<UntypedData>,
  { secrets: [] },
  { secrets: '' },
  { secrets: [SECRET, ''] },
]

it.each(unsigned)('X11 a session without a secret to sign it cannot be set up: %j', (options) => {
  expect(() => createSessions(options)).toThrow(ConfigurationError)
  expect(() => createSessions({ ...options, storage: memoryStorage() })).toThrow(/secrets/)
  expect(() => session(options)).toThrow(ConfigurationError)
})

describe('X13 the cookie storage', () => {
  it('X13 keeps all data in the cookie: another server reads it', async () => {
    const [one, other] = [createSessions({ secrets: SECRET }), createSessions({ secrets: SECRET })]
    const first = await one.read(null)
    first.set('user', { name: 'Ada' })
    first.flash('notice', 'Saved')
    const [line = ''] = await one.commit(first)
    const second = await other.read(line.split(';')[0])
    expect(second.all()).toEqual({ user: { name: 'Ada' } })
    expect(second.get('notice')).toBe('Saved')
    expect(second.id).toBe(first.id)
  })

  it('X13 holds no more than 4096 bytes', async () => {
    const sessions = createSessions({ secrets: SECRET })
    const session = await sessions.read(null)
    session.set('text', 'x'.repeat(4_096))
    expect(() => sessions.commit(session)).toThrow(CookieOverflowError)
    session.set('text', 'x'.repeat(2_000))
    const [line = ''] = await sessions.commit(session)
    expect(line.length).toBeLessThan(4_096)
  })
})

describe('X14 the memory storage', () => {
  it('X14 forgets everything on restart', async () => {
    const before = createSessions({ secrets: SECRET, storage: memoryStorage() })
    const first = await before.read(null)
    first.set('n', 1)
    const [line = ''] = await before.commit(first)
    const cookie = line.split(';')[0]
    expect((await before.read(cookie)).get('n')).toBe(1)
    const after = createSessions({ secrets: SECRET, storage: memoryStorage() })
    expect((await after.read(cookie)).get('n')).toBeUndefined()
  })

  it('X14 holds no more than it may: the session that was written longest ago goes', async () => {
    const storage = memoryStorage({ max: 2 })
    const sessions = createSessions({ secrets: SECRET, storage })
    const cookies: (string | undefined)[] = []
    for (let n = 0; n < 3; n++) {
      const session = await sessions.read(null)
      session.set('n', n)
      const [line] = await sessions.commit(session)
      cookies.push(line?.split(';')[0])
    }
    const values: unknown[] = []
    for (const cookie of cookies) values.push((await sessions.read(cookie)).get('n'))
    expect(values).toEqual([undefined, 1, 2])
    expect(storage.size).toBe(2)
  })
})

it('X17 everything works on plain strings, without a Request', () => {
  const sessions = createSessions({ secrets: SECRET, storage: memoryStorage() })
  const read = (cookie: string | null): Session => {
    const session = sessions.read(cookie)
    if (session instanceof Promise) throw new Error('memory is synchronous')
    return session
  }
  const first = read(null)
  first.set('user', 'ada')
  const [line = ''] = sessions.commit(first) as string[]
  expect(line).toMatch(/^__Host-session=T/)
  expect(read(`a=b; ${line.split(';')[0]}; c=d`).get('user')).toBe('ada')
})

it('X18 the middleware gives every request its session', async () => {
  const app = new Hono().use(session({ secrets: SECRET })).get('/', (c) => {
    c.var.session.update('count', (count = 0) => count + 1)
    return c.text(`Count: ${c.var.session.get('count')}`)
  })
  const [ada, bob] = [new Browser(app), new Browser(app)]
  expect([await ada.visit('/'), await ada.visit('/'), await bob.visit('/')]).toEqual([
    'Count: 1',
    'Count: 2',
    'Count: 1',
  ])
})

it('X27 Session is exported, and every session is one', async () => {
  const sessions = createSessions({ secrets: SECRET })
  expect(await sessions.read(null)).toBeInstanceOf(Session)
  const seen = await visitorOf({}).send((session) => session instanceof Session)
  expect(seen).toBe(true)
})

describe('X32 guards of the middleware', () => {
  it('X32 a second middleware of one cookie shares the session and says so', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const options = { secrets: SECRET, cookie: { name: '__Host-guarded' } }
    const sessions: unknown[] = []
    const app = new Hono()
      .use(session(options))
      .use(async (c, next) => {
        sessions.push(c.var.session)
        await next()
      })
      .use(session(options))
      .get('/', (c) => {
        sessions.push(c.var.session)
        return c.text('ok')
      })
    await new Browser(app).visit('/')
    expect(sessions).toHaveLength(2)
    expect(sessions[0]).toBe(sessions[1])
    expect(warn).toHaveBeenCalledOnce()
  })

  it('X32 no secrets, no middleware; and the cookie is HttpOnly', async () => {
    expect(() => session({ secrets: [] })).toThrow(ConfigurationError)
    const visitor = visitorOf({})
    await visitor.send((session) => session.set('n', 1))
    expect(visitor.setCookie.attributes.has('httponly')).toBe(true)
  })
})

it('X29 a session in a cookie that gets a new id warns that the old cookie works on', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  vi.resetModules()
  const { createSessions: create } = await import('../../bindings/index.ts')
  const sessions = create({ secrets: SECRET })
  for (let i = 0; i < 2; i++) {
    const visit = await sessions.read(null)
    visit.set('user', 'ada')
    await sessions.commit(visit)
    visit.regenerateId()
    await sessions.commit(visit)
  }
  const told = warn.mock.calls.filter(([text]) => String(text).includes('old cookie works on'))
  expect(told).toHaveLength(1)
  warn.mockRestore()
})
