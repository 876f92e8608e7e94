/**
 * The promises of koa-io-session that Tuile keeps: sessions over HTTP.
 *
 * @module
 */
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  ConfigurationError,
  cookieStorage,
  createSessions,
  memoryStorage,
  type SessionsOptions,
  type SessionStorage,
  type StandardSchema,
  type StoredRecord,
  type UntypedData,
} from '../../bindings/index.ts'
import { session } from '../hono.ts'
import { Browser, OLD_SECRET, SECRET, Site, visitorOf } from './jar.fixture.ts'
import { onlyRecord, spyStorage } from './spy.fixture.ts'

const NAME = '__Host-session'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('B02 the session over HTTP', () => {
  const app = new Hono()
    .use(session({ secrets: SECRET, storage: memoryStorage() }))
    .get('/', (c) => {
      const { session } = c.var
      if (c.req.query('reset') === '1') {
        session.destroy()
        return c.text('reset')
      }
      session.update('count', (count = 0) => count + 1)
      return c.text(`${session.get('count')} ${session.isNew ? 'new' : 'known'}`)
    })

  it('B02 counts, tells whether it is new, and starts again after reset=1', async () => {
    const browser = new Browser(app)
    expect(await browser.visit('/')).toBe('1 new')
    expect(await browser.visit('/')).toBe('2 known')
    expect(await browser.visit('/?reset=1')).toBe('reset')
    expect(browser.jar.names).toEqual([])
    expect(await browser.visit('/')).toBe('1 new')
  })
})

describe('B29 options reach the cookie', () => {
  it.each([
    [{ cookie: { name: 'sid' } }, /^sid=/],
    [{ lifetime: 600 }, /; Max-Age=600;/],
    [{ cookie: { maxAge: 60 } }, /; Max-Age=60;/],
    [{ cookie: { sameSite: 'strict' } }, /; SameSite=Strict$/],
    [{ cookie: { httpOnly: false } }, /Path=\/; Secure/],
    [{ cookie: { name: 'sid', secure: false } }, /HttpOnly; SameSite=Lax$/],
    [{ cookie: { partitioned: true, priority: 'high' } }, /; Partitioned; Priority=High;/],
  ] satisfies [Partial<SessionsOptions<UntypedData>>, RegExp][])(
    'B29 %j',
    async (options, line) => {
      const visitor = visitorOf(options)
      await visitor.send((session) => session.set('n', 1))
      expect(visitor.setCookies[0]).toMatch(line)
    }
  )

  it('B29 a session whose data are not valid is refused', async () => {
    const isNumber = (value: unknown): boolean => typeof value === 'number'
    const schema: StandardSchema<UntypedData> = {
      '~standard': {
        version: 1,
        vendor: 'acceptance',
        validate: (value) =>
          isNumber((value as UntypedData).n) ? { value: value as UntypedData } : { issues: ['n'] },
      },
    }
    const visitor = visitorOf({ schema })
    await visitor.send((session) => session.set('n', 1))
    expect(await visitor.send((session) => session.get('n'))).toBe(1)
    await visitor.send((session) => session.set('n', 'one'))
    expect(await visitor.send((session) => [session.isNew, session.all()])).toEqual([true, {}])
  })

  it('B29 beforeSave: what middleware behind session() does last is saved', async () => {
    const app = new Hono()
      .use(session({ secrets: SECRET, storage: memoryStorage() }))
      .use(async (c, next) => {
        await next()
        if (c.var.session.dirty) c.var.session.set('saves', c.var.session.get('saves', 0) + 1)
      })
      .get('/', (c) => c.text(`${c.var.session.get('saves')}`))
      .post('/', (c) => {
        c.var.session.update('n', (n = 0) => n + 1)
        return c.text('')
      })
    const browser = new Browser(app)
    await browser.visit('/', { method: 'POST' })
    await browser.visit('/', { method: 'POST' })
    expect(await browser.visit('/')).toBe('2')
    expect(await browser.visit('/')).toBe('2')
  })

  it('B29 encode, decode: a storage around another gets each record as text', async () => {
    const inner = memoryStorage()
    const encoded: SessionStorage = {
      ...inner,
      write: (key, value, options) => inner.write(key, btoa(value), options),
      read: (key) => {
        const stored = inner.read(key) as StoredRecord | null
        return stored && { ...stored, value: atob(stored.value) }
      },
    }
    const sessions = createSessions({ secrets: SECRET, storage: encoded })
    const visitor = new Site(sessions).visitor()
    const key = await visitor.send((session) => {
      session.set('n', 1)
      return sessions.keyOf(session)
    })
    expect(await visitor.send((session) => session.get('n'))).toBe(1)
    const { value } = inner.read(key) as StoredRecord
    expect(value).toMatch(/^[\w+/]+=*$/)
    expect(JSON.parse(atob(value))).toMatchObject({ d: { n: 1 } })
  })

  it.each([
    ['the cookie', cookieStorage],
    ['memory', memoryStorage],
    ['a storage that can touch', () => spyStorage({ optional: true })],
    ['one that cannot', () => spyStorage()],
  ])(
    'B29 in %s an idle session ends, a used one goes on until its lifetime',
    async (_, storageOf) => {
      const site = new Site({
        secrets: SECRET,
        storage: storageOf(),
        idleTimeout: 60,
        lifetime: 150,
      })
      const [used, idle] = [site.visitor(), site.visitor()]
      await used.send((session) => session.set('n', 1))
      await idle.send((session) => session.set('n', 1))
      const read = () => used.send((session) => session.get('n'))
      for (const seconds of [40, 80, 120]) {
        vi.advanceTimersByTime(40_000)
        expect(await read(), `${seconds} s`).toBe(1)
      }
      expect(await idle.send((session) => session.get('n'))).toBeUndefined()
      vi.advanceTimersByTime(31_000)
      expect(await read()).toBeUndefined()
    }
  )
})

it('B30 without a storage there is one that works at once, and memory is one option away', async () => {
  expect(createSessions({ secrets: SECRET }).storage).toMatchObject({ stateless: true })
  for (const options of [{}, { storage: memoryStorage() }]) {
    const visitor = visitorOf(options)
    await visitor.send((session) => session.set('n', 1))
    expect(await visitor.send((session) => session.get('n'))).toBe(1)
  }
})

describe('B31 the lifetime', () => {
  it('B31 is that of the record and of the cookie', async () => {
    const storage = spyStorage()
    const visitor = visitorOf({ storage, lifetime: 600 })
    await visitor.send((session) => session.set('n', 1))
    expect(onlyRecord(storage).expiresAt).toBe(Date.now() + 600_000)
    expect(visitor.setCookie.attributes.get('max-age')).toBe('600')
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '3600'])('B31 is not %s', (value) => {
    const lifetime = value as number
    expect(() => createSessions({ secrets: SECRET, lifetime })).toThrow(ConfigurationError)
  })

  it('B31 is not longer than the 400 days that a browser keeps a cookie', () => {
    const day = 86_400
    expect(() => createSessions({ secrets: SECRET, lifetime: 401 * day })).toThrow(/maxAge/)
    expect(createSessions({ secrets: SECRET, lifetime: 400 * day }).async).toBe(false)
  })
})

it('B37 without a name the cookie has one, the same after a restart', async () => {
  const visitor = visitorOf({})
  await visitor.send((session) => session.set('n', 1))
  const restarted = visitorOf({})
  restarted.jar.plant(visitor.setCookie.name, visitor.setCookie.value)
  expect(await restarted.send((session) => session.get('n'))).toBe(1)
})

it.each([
  ['cookie', undefined],
  ['memory', memoryStorage()],
])('B38 a tampered cookie is a new session, on the storage %s', async (_, storage) => {
  const visitor = visitorOf(storage ? { storage } : {})
  await visitor.send((session) => session.set('user', 'ada'))
  const token = visitor.jar.value(NAME)!
  const other = token[8] === 'A' ? 'B' : 'A'
  visitor.jar.plant(NAME, `${token.slice(0, 8)}${other}${token.slice(9)}`)
  expect(await visitor.send((session) => [session.isNew, session.all()])).toEqual([true, {}])
  await visitor.send((session) => session.set('user', 'bob'))
  expect(await visitor.send((session) => session.get('user'))).toBe('bob')
})

describe.each([
  ['the cookie', cookieStorage],
  ['memory', memoryStorage],
])('B39 secrets that change, in %s', (_, storageOf) => {
  it('B39 the first signs, all verify, and what an older one signed is signed again', async () => {
    const storage = storageOf()
    const siteOf = (secrets: string | string[]) => new Site({ secrets, storage })
    const visitor = siteOf(OLD_SECRET).visitor()
    await visitor.send((session) => session.set('user', 'ada'))
    const oldToken = visitor.jar.value(NAME)!
    const read = async (
      secrets: string | string[],
      token: string
    ): Promise<[unknown, string[]]> => {
      const browser = siteOf(secrets).visitor()
      browser.jar.plant(NAME, token)
      return [await browser.send((session) => session.get('user')), browser.setCookies]
    }

    const [user, lines] = await read([SECRET, OLD_SECRET], oldToken)
    expect(user).toBe('ada')
    expect(lines).toHaveLength(1)
    const newToken = lines[0]!.slice(NAME.length + 1).split(';')[0]!
    expect(await read([SECRET, OLD_SECRET], newToken)).toEqual(['ada', []])
    expect(await read(SECRET, newToken)).toEqual(['ada', []])
    const [nobody, removal] = await read(SECRET, oldToken)
    expect(nobody).toBeUndefined()
    expect(removal.join()).toMatch(/=; Max-Age=0;/)
  })
})
