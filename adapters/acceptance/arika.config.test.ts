/**
 * The promises of arika that Tuile keeps: how sessions are set up.
 *
 * @module
 */
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  cookieStorage,
  createSessions,
  memoryStorage,
  type SessionsOptions,
  type UntypedData,
} from '../../bindings/index.ts'
import { session } from '../hono.ts'
import { Browser, SECRET, Site, visitorOf } from './jar.fixture.ts'
import { spyStorage } from './spy.fixture.ts'

const MINUTE = 60_000

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe.each([
  ['the cookie', cookieStorage],
  ['memory', memoryStorage],
])('A15 a lifetime in %s', (_, storageOf) => {
  it('A15 a lifetime of 7200 is the Max-Age, and ends after 120 minutes on the server', async () => {
    const visitor = visitorOf({ storage: storageOf(), lifetime: 7200 })
    await visitor.send((session) => session.set('user_id', 42))
    const { name, value, attributes } = visitor.setCookie
    expect(attributes.get('max-age')).toBe('7200')

    // A client that keeps the cookie for ever, whatever Max-Age says.
    const hoarder = visitor.copy()
    hoarder.jar.plant(name, value)
    vi.advanceTimersByTime(119 * MINUTE)
    expect(await hoarder.send((session) => session.get('user_id'))).toBe(42)
    vi.advanceTimersByTime(2 * MINUTE)
    expect(await hoarder.send((session) => session.get('user_id'))).toBeUndefined()
  })
})

it('A16 the cookie has the name that was chosen', async () => {
  const visitor = visitorOf({ cookie: { name: 'arika_session' } })
  await visitor.send((session) => session.set('n', 1))
  expect(visitor.jar.names).toEqual(['arika_session'])
  expect(await visitor.send((session) => session.get('n'))).toBe(1)
})

it('A18 Secure is on unless it is switched off', async () => {
  const byDefault = visitorOf({ cookie: { name: 'sid' } })
  await byDefault.send((session) => session.set('n', 1))
  expect(byDefault.setCookie.attributes.has('secure')).toBe(true)

  const off = visitorOf({ cookie: { name: 'sid', secure: false } })
  await off.send((session) => session.set('n', 1))
  expect(off.setCookie.attributes.has('secure')).toBe(false)
})

it('A19 HttpOnly is on unless it is switched off', async () => {
  const byDefault = visitorOf({})
  await byDefault.send((session) => session.set('n', 1))
  expect(byDefault.setCookie.attributes.has('httponly')).toBe(true)

  const off = visitorOf({ cookie: { httpOnly: false } })
  await off.send((session) => session.set('n', 1))
  expect(off.setCookie.attributes.has('httponly')).toBe(false)
})

it('A23 the middleware finds the id, loads, attaches the session and saves afterwards', async () => {
  const storage = spyStorage()
  const app = new Hono().use(session({ secrets: SECRET, storage })).get('/', (c) => {
    expect(storage.count('write')).toBe(writes)
    c.var.session.update('visits', (visits = 0) => visits + 1)
    return c.text(`${c.var.session.get('visits')}`)
  })
  const browser = new Browser(app)
  let writes = 0
  expect(await browser.visit('/')).toBe('1')
  writes = 1
  expect(await browser.visit('/')).toBe('2')
  writes = 2
  expect(await browser.visit('/')).toBe('3')
  expect(storage.log).toEqual(['write', 'read', 'write', 'read', 'write'])
})

it('A24 a session starts and persists without a call to start or save', async () => {
  const app = new Hono()
    .use(session({ secrets: SECRET }))
    .post('/name', (c) => {
      c.var.session.set('name', 'Ada')
      return c.body(null, 204)
    })
    .get('/name', (c) => c.text(c.var.session.get('name', 'nobody')))
  const browser = new Browser(app)
  expect(await browser.visit('/name')).toBe('nobody')
  await browser.visit('/name', { method: 'POST' })
  expect(browser.response.status).toBe(204)
  expect(await browser.visit('/name')).toBe('Ada')
})

it('A25 sessions in memory are lost on restart, and the visitor gets a new one', async () => {
  const reasons: string[] = []
  const start = (): Site =>
    new Site({
      secrets: SECRET,
      storage: memoryStorage(),
      onEvent: (event) => void (event.type === 'reject' && reasons.push(event.reason)),
    })
  const visitor = start().visitor()
  await visitor.send((session) => session.set('user_id', 42))
  expect(await visitor.send((session) => session.get('user_id'))).toBe(42)
  expect(reasons).toEqual([])

  const restarted = start()
  const back = restarted.visitor()
  back.jar.plant('__Host-session', visitor.jar.value('__Host-session')!)
  expect(await back.send((session) => [session.isNew, session.all()])).toEqual([true, {}])
  expect(reasons).toEqual(['unknown-id'])
  expect(restarted.errors).toEqual([])
})

describe('A29 the storage is one option, and nothing else changes with it', () => {
  /** Knows nothing of where its sessions are. */
  function shop(storage: NonNullable<SessionsOptions<UntypedData>['storage']>): Browser {
    const app = new Hono()
      .use(session({ secrets: SECRET, storage }))
      .post('/add/:item', (c) => {
        c.var.session.update('cart', (cart = []) => [...cart, c.req.param('item')])
        c.var.session.flash('notice', 'Added')
        return c.redirect('/')
      })
      .post('/login', (c) => {
        c.var.session.regenerateId()
        c.var.session.set('user', 'ada')
        return c.redirect('/')
      })
      .post('/logout', (c) => {
        c.var.session.destroy()
        return c.redirect('/')
      })
      .get('/', (c) => c.json({ ...c.var.session.all(), notice: c.var.session.get('notice') }))
    return new Browser(app)
  }

  it.each([
    ['cookie', cookieStorage],
    ['memory', memoryStorage],
    ['a synchronous storage', () => spyStorage({ sync: true })],
    ['an asynchronous storage', () => spyStorage({ delay: 1 })],
    ['one with all methods', () => spyStorage({ optional: true })],
  ])('A29 the same app works on %s', async (_, storageOf) => {
    const browser = shop(storageOf())
    const post = (path: string) => browser.visit(path, { method: 'POST' })
    const page = async () => JSON.parse(await browser.visit('/'))

    expect(await page()).toEqual({})
    await post('/add/tea')
    expect(await page()).toEqual({ cart: ['tea'], notice: 'Added' })
    await post('/add/mug')
    await post('/login')
    expect(await page()).toEqual({ cart: ['tea', 'mug'], user: 'ada' })
    await post('/logout')
    expect(await page()).toEqual({})
  })
})

it('A46 the manager works without any framework, on plain strings', async () => {
  const sessions = createSessions({ secrets: SECRET, storage: memoryStorage() })
  const first = await sessions.read(null)
  first.set('user_id', 42)
  const [line] = await sessions.commit(first)
  const second = await sessions.read(line!.split(';')[0])
  expect(second.get('user_id')).toBe(42)
  expect(second.id).toBe(first.id)
  second.destroy()
  await sessions.commit(second)
  expect((await sessions.read(line!.split(';')[0])).isNew).toBe(true)
})
