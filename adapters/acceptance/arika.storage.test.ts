/**
 * The promises of arika that Tuile keeps: what the storage is asked, and that nothing is lost.
 *
 * @module
 */
import { Hono } from 'hono'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { memoryStorage, type Session } from '../../bindings/index.ts'
import { session } from '../hono.ts'
import { Browser, SECRET, Site, visitorOf } from './jar.fixture.ts'
import { onlyRecord, type Spy, type SpyOptions, spyStorage } from './spy.fixture.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** Fifty requests of one visitor at once, each of which sets a key of its own. */
async function fiftyAtOnce(storage: Spy): Promise<Record<string, unknown>> {
  const visitor = visitorOf({ storage })
  await visitor.send((session) => session.set('first', true))
  const requests = Array.from({ length: 50 }, (_, n) =>
    visitor.copy().send(async (session) => {
      session.set(`key${n}`, n)
      await new Promise((resolve) => setTimeout(resolve, n % 7))
    })
  )
  await Promise.all(requests)
  return visitor.send((session) => session.all())
}

const everyKey: Record<string, unknown> = {
  first: true,
  ...Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`key${n}`, n])),
}

it('A20 parallel writes survive without any option', async () => {
  expect(await fiftyAtOnce(spyStorage())).toEqual(everyKey)
})

describe('A32 of parallel requests none loses what another one wrote', () => {
  it.each<[string, SpyOptions]>([
    ['a synchronous storage', { sync: true }],
    ['a slow storage', { delay: 20 }],
  ])('A32 fifty requests set fifty keys on %s', async (_, options) => {
    expect(await fiftyAtOnce(spyStorage(options))).toEqual(everyKey)
  })

  it('A32 fifty increments of one counter by update are fifty', async () => {
    const storage = spyStorage({ delay: 1 })
    const visitor = visitorOf({ storage })
    await visitor.send((session) => session.set('count', 0))
    const increment = () =>
      visitor.copy().send((session) => session.update('count', (count) => count + 1))
    await Promise.all(Array.from({ length: 50 }, increment))
    expect(await visitor.send((session) => session.get('count'))).toBe(50)
    expect(JSON.parse(onlyRecord(storage).value).d).toEqual({ count: 50 })
  })

  it('A32 a slow request does not bring back what a logout has ended', async () => {
    const storage = spyStorage()
    const visitor = visitorOf({ storage })
    await visitor.send((session) => session.set('user_id', 42))
    const slow = visitor.copy()
    await slow.send(async (session) => {
      await visitor.send((other) => other.destroy())
      session.set('late', true)
    })
    expect(storage.records.size).toBe(0)
    expect(slow.response.status).toBe(200)
    expect(slow.setCookies).toEqual([])
  })
})

/** An app with a route that has no use for the session, and one that has. */
function dashboard(storage: Spy, lazy: boolean): Browser {
  const app = new Hono()
    .use(session({ secrets: SECRET, storage, lazy }))
    .get('/health', (c) => c.text('ok'))
    .get('/dashboard', async (c) => {
      await c.var.session.load()
      const { session } = c.var
      return c.json([session.get('n'), session.get('n'), session.get('n')])
    })
    .post('/set/:n', async (c) => {
      await c.var.session.load()
      c.var.session.set('n', Number(c.req.param('n')))
      return c.text('set')
    })
  return new Browser(app)
}

describe('A36 the session is loaded when it is used, and not before', () => {
  it.each<[string, SpyOptions, boolean]>([
    ['a synchronous storage', { sync: true }, false],
    ['an asynchronous storage, lazily', {}, true],
  ])('A36 %s is not asked by /health, and once by /dashboard', async (_, options, lazy) => {
    const storage = spyStorage(options)
    const browser = dashboard(storage, lazy)
    await browser.visit('/set/7', { method: 'POST' })
    storage.reset()

    expect(await browser.visit('/health')).toBe('ok')
    expect(storage.log).toEqual([])
    expect(await browser.visit('/dashboard')).toBe('[7,7,7]')
    expect(storage.log).toEqual(['read'])
  })
})

it('A37 a route without use for the session sets no cookie and stores nothing', async () => {
  const storage = spyStorage()
  const browser = dashboard(storage, false)
  await browser.visit('/health')
  expect(browser.setCookies).toEqual([])
  expect(browser.response.headers.get('Vary')).toBeNull()
  expect(storage.log).toEqual([])
  // Looking into an empty session is no use of it either.
  expect(await browser.visit('/dashboard')).toBe('[null,null,null]')
  expect(browser.setCookies).toEqual([])
  expect(storage.log).toEqual([])
})

it.each<[string, (session: Session) => void]>([
  ['clear', (session) => session.clear()],
  ['an update that gives nothing', (session) => session.update('n', () => undefined)],
  ['a flash of nothing', (session) => session.flash('notice', undefined)],
])('A37 a new session in which nothing is set is not stored, whatever %s says', async (_, call) => {
  const storage = spyStorage()
  const visitor = visitorOf({ storage })
  await visitor.send((session) => call(session))
  expect(storage.log).toEqual([])
  expect(visitor.setCookies).toEqual([])
})

it('A38 ten requests that only read write nothing and set no cookie', async () => {
  const storage = spyStorage({ optional: true })
  const browser = dashboard(storage, false)
  await browser.visit('/set/7', { method: 'POST' })
  storage.reset()
  for (let i = 0; i < 10; i++) {
    expect(await browser.visit('/dashboard')).toBe('[7,7,7]')
    expect(browser.setCookies).toEqual([])
  }
  expect(storage.log).toEqual(Array(10).fill('read'))
})

it('A38 setting the value that is there already is no change', async () => {
  const storage = spyStorage()
  const browser = dashboard(storage, false)
  await browser.visit('/set/7', { method: 'POST' })
  storage.reset()
  await browser.visit('/set/7', { method: 'POST' })
  expect(storage.log).toEqual(['read'])
  await browser.visit('/set/8', { method: 'POST' })
  expect(storage.log).toEqual(['read', 'read', 'write'])
})

it('A39 three changes in one request are one write', async () => {
  const storage = spyStorage()
  const visitor = visitorOf({ storage })
  await visitor.send((session) => {
    session.set('a', 1)
    session.set('b', 2)
    session.unset('a')
  })
  expect(storage.log).toEqual(['write'])
  await visitor.send((session) => {
    session.set('a', 1)
    session.set('c', 3)
    session.flash('notice', 'Saved')
  })
  expect(storage.log).toEqual(['write', 'read', 'write'])
})

describe('A40 a value that is changed in place', () => {
  it('A40 is not saved, which development is warned of and production is not', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    for (const [environment, warnings] of [
      ['development', 1],
      ['production', 0],
    ] as const) {
      vi.stubEnv('NODE_ENV', environment)
      warn.mockClear()
      const visitor = visitorOf({ storage: memoryStorage() })
      await visitor.send((session) => session.set('cart', ['tea']))
      await visitor.send((session) => session.get('cart').push('mug'))
      const told = warn.mock.calls.filter(([text]) => text.includes('"cart" was changed in place'))
      expect(told).toHaveLength(warnings)
      expect(await visitor.send((session) => session.get('cart'))).toEqual(['tea'])
    }
  })

  it('A40 is saved when it is given back, by set or by update', async () => {
    const visitor = visitorOf({ storage: memoryStorage() })
    await visitor.send((session) => session.set('cart', ['tea']))
    await visitor.send((session) => {
      const cart = session.get('cart')
      cart.push('mug')
      session.set('cart', cart)
    })
    await visitor.send((session) => session.update('cart', (cart) => [...cart, 'spoon']))
    expect(await visitor.send((session) => session.get('cart'))).toEqual(['tea', 'mug', 'spoon'])
  })
})

describe('A47 the uses that a session is for', () => {
  const site = new Site({ secrets: SECRET, storage: memoryStorage() })

  it('A47 who is signed in', async () => {
    const visitor = site.visitor()
    const account = () => visitor.send((s, c) => s.get('user') ?? c.text('Sign in', 401))
    await account()
    expect(visitor.response.status).toBe(401)
    await visitor.send((session) => {
      session.regenerateId()
      session.set('user', 'ada')
    })
    expect(await account()).toBe('ada')
    await visitor.send((session) => session.destroy())
    await account()
    expect(visitor.response.status).toBe(401)
  })

  it('A47 a message after a redirect', async () => {
    const visitor = site.visitor()
    await visitor.send((session, c) => {
      session.flash('notice', 'Saved')
      return c.redirect('/')
    })
    expect(visitor.response.status).toBe(302)
    expect(await visitor.send((session) => session.getFlash('notice'))).toBe('Saved')
  })

  it('A47 a cart', async () => {
    const visitor = site.visitor()
    const add = (item: string) =>
      visitor.send((session) => session.update('cart', (cart = {}) => ({ ...cart, [item]: 1 })))
    await add('tea')
    await add('mug')
    expect(await visitor.send((session) => session.get('cart'))).toEqual({ tea: 1, mug: 1 })
  })

  it('A47 a CSRF token', async () => {
    const visitor = site.visitor()
    const token = await visitor.send((session) => {
      session.set('csrf', session.get('csrf', crypto.randomUUID()))
      return session.get('csrf')
    })
    const post = (sent: string) =>
      visitor.send((s, c) => c.body(null, s.get('csrf') === sent ? 204 : 403))
    await post('guessed')
    expect(visitor.response.status).toBe(403)
    await post(token)
    expect(visitor.response.status).toBe(204)
  })

  it('A47 a form of several steps', async () => {
    const visitor = site.visitor()
    const step = (fields: object) =>
      visitor.send((session) => session.update('form', (form) => ({ ...form, ...fields })))
    await step({ name: 'Ada' })
    await step({ street: 'St James Square 12' })
    const form = await visitor.send((session) => session.pull('form'))
    expect(form).toEqual({ name: 'Ada', street: 'St James Square 12' })
    expect(await visitor.send((session) => session.has('form'))).toBe(false)
  })

  it("A47 preferences, which are one visitor's own", async () => {
    const visitor = site.visitor()
    await visitor.send((session) => session.set('theme', 'dark'))
    await visitor.send((session) => session.regenerateId())
    expect(await visitor.send((session) => session.get('theme'))).toBe('dark')
    expect(await site.visitor().send((session) => session.get('theme', 'light'))).toBe('light')
  })
})
