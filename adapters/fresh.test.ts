import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ConfigurationError, SessionNotFreshError } from '../bindings/errors.ts'
import { remoteStorage, SECRET } from '../bindings/sessions.fixture.ts'
import { cookieStorage } from '../bindings/storage/cookie.ts'
import { memoryStorage } from '../bindings/storage/memory.ts'
import { requireFresh, session, type MiddlewareOptions } from './hono.ts'

const NOW = 1_800_000_000_000

const STORAGES = [
  ['cookie', () => cookieStorage(), {}],
  ['memory', () => memoryStorage(), {}],
  ['remote', () => remoteStorage(0), {}],
  ['remote and lazy', () => remoteStorage(0), { lazy: true }],
] as const

function createApp(storage: ReturnType<(typeof STORAGES)[number][1]>, options: MiddlewareOptions) {
  return new Hono()
    .use(session({ secrets: SECRET, storage, ...options }))
    .post('/sign-in', async (c) => {
      ;(await c.var.session.load()).authenticate()
      return c.text('')
    })
    .get('/secret', requireFresh(300), (c) => c.text('secret'))
}

describe.each(STORAGES)('requireFresh() with a %s storage', (_, create, options) => {
  beforeEach(() => void vi.useFakeTimers({ now: NOW, toFake: ['Date'] }))
  afterEach(() => void vi.useRealTimers())

  it('ASVS 7.5.1 lets through who proved it within the time, to the millisecond', async () => {
    const app = createApp(create(), options)
    const signedIn = await app.request('/sign-in', { method: 'POST' })
    const headers = { Cookie: signedIn.headers.getSetCookie()[0]!.split(';')[0]! }
    const statusAt = async (time: number) => {
      vi.setSystemTime(time)
      return (await app.request('/secret', { headers })).status
    }
    expect(await statusAt(NOW)).toBe(200)
    expect(await statusAt(NOW + 300_000)).toBe(200)
    expect(await statusAt(NOW + 300_001)).toBe(403)
  })

  it('answers 401 to who never signed in, 403 to who did too long ago', async () => {
    const app = createApp(create(), options)
    const stranger = await app.request('/secret')
    expect(stranger.status).toBe(401)
    expect(stranger.headers.get('WWW-Authenticate')).toBe(
      'Session error="insufficient_user_authentication", max_age="300"'
    )
    expect(stranger.headers.get('Cache-Control')).toBe('no-store')
    expect(stranger.headers.get('Vary')).toBe('Cookie')
    expect(stranger.headers.getSetCookie()).toEqual([])
    expect(await stranger.json()).toEqual({
      error: 'SESSION_NOT_FRESH',
      maxAge: 300,
      authenticatedAt: null,
    })

    const signedIn = await app.request('/sign-in', { method: 'POST' })
    const headers = { Cookie: signedIn.headers.getSetCookie()[0]!.split(';')[0]! }
    vi.setSystemTime(NOW + 301_000)
    const stale = await app.request('/secret', { headers })
    expect(stale.status).toBe(403)
    expect(await stale.json()).toMatchObject({ authenticatedAt: new Date(NOW).toISOString() })
  })
})

describe('requireFresh()', () => {
  it("gives the app's onError a typed error", async () => {
    let seen: unknown
    const app = createApp(memoryStorage(), {}).onError((error, c) => {
      seen = error
      return c.redirect('/sign-in')
    })
    expect((await app.request('/secret')).status).toBe(302)
    expect(seen).toBeInstanceOf(SessionNotFreshError)
    expect(seen).toMatchObject({ code: 'SESSION_NOT_FRESH', maxAge: 300, authenticatedAt: null })
  })

  it('looks at the variable that it is told', async () => {
    const app = new Hono()
      .use(session({ secrets: SECRET, cookie: { name: '__Host-admin' }, variable: 'admin' }))
      .get('/', requireFresh(60, { variable: 'admin' }), (c) => c.text(''))
    expect((await app.request('/')).status).toBe(401)
  })

  it.each([0, -1, Number.NaN, Infinity, '60' as never])('refuses %s seconds', (seconds) => {
    expect(() => requireFresh(seconds)).toThrow(ConfigurationError)
  })

  it('needs session() before it', async () => {
    let seen: unknown
    const app = new Hono()
      .get('/', requireFresh(60), (c) => c.text(''))
      .onError((error, c) => {
        seen = error
        return c.text('', 500)
      })
    await app.request('/')
    expect(seen).toBeInstanceOf(ConfigurationError)
    expect(String(seen)).toContain('c.var.session')
  })
})
