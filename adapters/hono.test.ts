import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { stream } from 'hono/streaming'
import { describe, expect, it, vi } from 'vitest'
import { defaultEngine } from '../bindings/codec/select.ts'
import { SessionCommittedError, SessionGoneError } from '../bindings/errors.ts'
import type { SessionEvent } from '../bindings/events.ts'
import { createSessions } from '../bindings/sessions.ts'
import { remoteStorage, SECRET } from '../bindings/sessions.fixture.ts'
import type { CookieStorage, SessionStorage } from '../bindings/storage/contract.ts'
import { cookieStorage } from '../bindings/storage/cookie.ts'
import { memoryStorage } from '../bindings/storage/memory.ts'
import { session } from './hono.ts'

const STORAGES: Record<string, () => SessionStorage | CookieStorage> = {
  cookie: () => cookieStorage(),
  memory: () => memoryStorage(),
  remote: () => remoteStorage(),
}

/** A browser, as far as cookies go: it keeps every one by name. */
function browser(app: {
  request: (path: string, init?: RequestInit) => Response | Promise<Response>
}) {
  const cookies = new Map<string, string>()
  return {
    cookies,
    async go(path: string): Promise<Response> {
      const Cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const response = await app.request(path, { headers: Cookie ? { Cookie } : {} })
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
        if (value === '') cookies.delete(name!)
        else cookies.set(name!, value!)
      }
      return response
    },
  }
}

describe.each(Object.entries(STORAGES))('session() with a %s storage', (kind, createStorage) => {
  const createApp = () =>
    new Hono()
      .use(session({ storage: createStorage(), secrets: SECRET }))
      .get('/set', (c) => {
        c.var.session.set('x', 1)
        return c.text('set')
      })
      .get('/get', (c) => c.json({ x: c.var.session.get('x'), m: c.var.session.get('m') }))
      .get('/untouched', (c) => c.text('untouched'))
      .get('/throw', (c) => {
        c.var.session.flash('m', 'failed')
        throw new Error('handler')
      })
      .get('/exception', (c) => {
        c.var.session.flash('m', 'refused')
        throw new HTTPException(401, { message: 'no' })
      })
      .get('/redirect', (c) => {
        c.var.session.flash('m', 'moved')
        return c.redirect('/get')
      })
      .get('/early', async (c, next) => {
        c.var.session.flash('m', 'early')
        return c.req.query('go') ? next() : c.text('early', 401)
      })
      .onError((error, c) => c.text(error.message, 500))

  it('keeps a session over requests', async () => {
    const { go } = browser(createApp())
    await go('/set')
    expect(await (await go('/get')).json()).toEqual({ x: 1 })
  })

  it.each([
    ['throws', '/throw', 500, 'failed'],
    ['throws an HTTPException', '/exception', 500, 'refused'],
    ['redirects', '/redirect', 302, 'moved'],
    ['returns early', '/early', 401, 'early'],
  ])('saves when the handler %s', async (_, path, status, message) => {
    const { go } = browser(createApp())
    expect((await go(path)).status).toBe(status)
    expect(await (await go('/get')).json()).toEqual({ m: message })
  })

  it('adds Vary when the session was used, and no-store when the cookie is set', async () => {
    const { go } = browser(createApp())
    const headers = ({ headers }: Response) => [headers.get('Vary'), headers.get('Cache-Control')]
    expect(headers(await go('/untouched'))).toEqual([null, null])
    expect(headers(await go('/get'))).toEqual(['Cookie', null])
    expect(headers(await go('/set'))).toEqual(['Cookie', 'no-store'])
    expect(headers(await go('/untouched'))).toEqual([null, null])
  })

  it('makes a change after the response a named error', async () => {
    let late: unknown
    const app = new Hono()
      .use(session({ storage: createStorage(), secrets: SECRET }))
      .get('/', (c) => {
        c.var.session.set('x', 1)
        return stream(c, async (out) => {
          await out.write('streamed')
          try {
            c.var.session.set('x', 2)
          } catch (error) {
            late = error
          }
        })
      })
      .get('/get', (c) => c.json(c.var.session.get('x')))
    const { go } = browser(app)
    expect(await (await go('/')).text()).toBe('streamed')
    expect(late).toBeInstanceOf(SessionCommittedError)
    expect(await (await go('/get')).json()).toBe(1)
  })

  it('shares one session between two middlewares of one cookie, and warns once', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const sessions = createSessions({
      storage: createStorage(),
      secrets: SECRET,
      cookie: { name: `__Host-${kind}` },
    })
    const app = new Hono()
      .use(session(sessions))
      .use('/in/*', session(sessions))
      .get('/in/', (c) => {
        c.var.session.update('n', (n = 0) => n + 1)
        return c.json(c.var.session.get('n'))
      })
    const { go } = browser(app)
    const first = await go('/in/')
    expect(first.headers.getSetCookie()).toHaveLength(1)
    expect([await first.json(), await (await go('/in/')).json()]).toEqual([1, 2])
    expect(warn.mock.calls.filter(([text]) => text.includes('two session'))).toHaveLength(1)
    warn.mockRestore()
  })
})

describe('session()', () => {
  it('keeps sessions of different cookies side by side', async () => {
    const app = new Hono()
      .use(session({ secrets: SECRET, cookie: { name: '__Host-user' } }))
      .use(session({ secrets: SECRET, cookie: { name: '__Host-cart' }, variable: 'cart' }))
      .get('/', (c) => {
        c.var.session.set('name', 'ada')
        c.var.cart.set('items', [1])
        return c.text('set')
      })
      .get('/get', (c) => c.json([c.var.session.all(), c.var.cart.all()]))
    const { go, cookies } = browser(app)
    await go('/')
    expect([...cookies.keys()].sort()).toEqual(['__Host-cart', '__Host-user'])
    expect(await (await go('/get')).json()).toEqual([{ name: 'ada' }, { items: [1] }])
  })

  it('keeps the Set-Cookie, Vary and Cache-Control of others', async () => {
    const app = new Hono()
      .use(async (c, next) => {
        await next()
        c.header('Set-Cookie', 'outer=1', { append: true })
      })
      .use(session({ secrets: SECRET }))
      .get('/', (c) => {
        c.var.session.set('x', 1)
        c.header('Set-Cookie', 'a=1', { append: true })
        c.header('Set-Cookie', 'b=2', { append: true })
        c.header('Vary', 'Accept')
        c.header('Cache-Control', 'public, max-age=3600')
        return c.text('')
      })
      .get('/strict', (c) => {
        c.var.session.set('x', 2)
        c.header('Vary', 'Accept, cookie')
        c.header('Cache-Control', 'private, no-store, max-age=0')
        return c.text('')
      })
    const { headers } = await app.request('/')
    expect(headers.getSetCookie().map((line) => line.split('=')[0])).toEqual([
      'a',
      'b',
      '__Host-session',
      'outer',
    ])
    expect(headers.get('Vary')).toBe('Accept, Cookie')
    expect(headers.get('Cache-Control')).toBe('no-store')
    const strict = (await app.request('/strict')).headers
    expect(strict.get('Vary')).toBe('Accept, cookie')
    expect(strict.get('Cache-Control')).toBe('private, no-store, max-age=0')
  })

  it('sets its cookie on a response whose headers cannot be changed', async () => {
    const app = new Hono().use(session({ secrets: SECRET })).get('/', (c) => {
      c.var.session.set('x', 1)
      return Response.redirect('http://localhost/elsewhere')
    })
    const response = await app.request('/')
    expect(response.status).toBe(302)
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it('makes a cookie that is too large an error of the request, not of the browser', async () => {
    let seen: unknown
    const app = new Hono()
      .use(session({ secrets: SECRET }))
      .get('/', (c) => {
        c.var.session.set('big', 'x'.repeat(5000))
        return c.text('')
      })
      .onError((error, c) => {
        seen = error
        return c.text('', 500)
      })
    const response = await app.request('/')
    expect(response.status).toBe(500)
    expect(response.headers.getSetCookie()).toEqual([])
    expect(seen).toMatchObject({ name: 'CookieOverflowError', largest: [{ key: 'big' }] })
  })

  it('drops the work of a request whose session was ended meanwhile, and sets no cookie', async () => {
    const events: SessionEvent[] = []
    const app = new Hono()
      .use(
        session({
          storage: memoryStorage(),
          secrets: SECRET,
          onEvent: (event) => void events.push(event),
        })
      )
      .get('/set', (c) => {
        c.var.session.set('x', 1)
        return c.text('')
      })
      .get('/slow', async (c) => {
        c.var.session.set('x', 2)
        await new Promise((resolve) => setTimeout(resolve, 20))
        return c.text('slow')
      })
      .get('/sign-out', (c) => {
        c.var.session.destroy()
        return c.text('')
      })
      .get('/get', (c) => c.json(c.var.session.get('x') ?? null))
    const { go, cookies } = browser(app)
    await go('/set')
    const copy = new Map(cookies)
    const slow = go('/slow')
    await go('/sign-out')
    const response = await slow
    expect([response.status, await response.text()]).toEqual([200, 'slow'])
    expect(response.headers.getSetCookie()).toEqual([])
    expect(events.at(-1)).toMatchObject({ type: 'conflict', gone: true })
    const thief = browser(app)
    for (const [name, value] of copy) thief.cookies.set(name, value)
    expect(await (await thief.go('/get')).json()).toBeNull()
    expect(new SessionGoneError().code).toBe('SESSION_GONE')
  })

  it("takes a plain cookie on http://localhost with secure: 'auto', and only there", async () => {
    const app = new Hono()
      .use(session({ secrets: SECRET, cookie: { secure: 'auto' } }))
      .get('/', (c) => {
        c.var.session.update('n', (n = 0) => n + 1)
        return c.json(c.var.session.get('n'))
      })
    const nameAt = async (url: string) =>
      (await app.request(url)).headers.getSetCookie()[0]?.split('=')[0]
    for (const url of [
      'http://localhost:3000/',
      'http://127.0.0.1/',
      'http://[::1]:80/',
      'http://app.localhost/',
    ]) {
      expect(await nameAt(url)).toBe('session')
    }
    for (const url of [
      'https://localhost/',
      'http://example.com/',
      'http://localhost.evil.com/',
      'http://127.0.0.1.evil.com/',
    ]) {
      expect(await nameAt(url)).toBe('__Host-session')
    }
  })

  it('lazy: makes no storage call before load(), and none at all without it', async () => {
    const storage = remoteStorage()
    const app = new Hono()
      .use(session({ storage, secrets: SECRET, lazy: true }))
      .get('/set', async (c) => {
        ;(await c.var.session.load()).set('x', 1)
        return c.text('')
      })
      .get('/health', (c) => c.text('ok'))
      .get('/get', async (c) => {
        await Promise.all(Array.from({ length: 10 }, () => c.var.session.load()))
        return c.json(c.var.session.get('x'))
      })
    const { go } = browser(app)
    await go('/set')
    storage.calls.length = 0
    await go('/health')
    expect(storage.calls).toEqual([])
    expect(await (await go('/get')).json()).toBe(1)
    expect(storage.calls).toEqual(['read'])
  })
})

describe('session() of a function', () => {
  it('takes secrets and storage from the request, and derives keys once', async () => {
    const storage = memoryStorage()
    const createRing = vi.spyOn(defaultEngine, 'createRing')
    const app = new Hono<{ Bindings: { SESSION_SECRET: string } }>()
      .use(session<{ n: number }>((c) => ({ secrets: c.env.SESSION_SECRET, storage })))
      .get('/', (c) => {
        c.var.session.update('n', (n = 0) => n + 1)
        return c.json(c.var.session.get('n') ?? null)
      })
    const env = { SESSION_SECRET: `${SECRET}, of a binding` }
    const first = await app.request('/', {}, env)
    const Cookie = first.headers.getSetCookie()[0]!.split(';')[0]!
    const second = await app.request('/', { headers: { Cookie } }, env)
    expect([await first.json(), await second.json()]).toEqual([1, 2])
    expect(createRing).toHaveBeenCalledTimes(1)
    createRing.mockRestore()
  })

  it('says which secret is missing when a binding is', async () => {
    let seen: unknown
    const app = new Hono<{ Bindings: { SESSION_SECRET?: string } }>()
      .use(session((c) => ({ secrets: c.env.SESSION_SECRET })))
      .get('/', (c) => c.text(''))
      .onError((error, c) => {
        seen = error
        return c.text('', 500)
      })
    expect((await app.request('/', {}, {})).status).toBe(500)
    expect(seen).toMatchObject({ name: 'ConfigurationError' })
    expect(String(seen)).toContain('secrets is missing')
  })

  it('moves the idle deadline after the response where the host can wait for it', async () => {
    vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ['Date'] })
    const storage = remoteStorage(5)
    const waited: Promise<unknown>[] = []
    const executionCtx = {
      waitUntil: (work: Promise<unknown>) => void waited.push(work),
      passThroughOnException: () => undefined,
      props: {},
    }
    const app = new Hono()
      .use(session({ secrets: SECRET, storage, idleTimeout: 60 }))
      .get('/set', (c) => c.text(String(c.var.session.set('x', 1))))
      .get('/get', (c) => c.json(c.var.session.get('x')))
    const set = await app.request('/set', {}, {}, executionCtx)
    const Cookie = set.headers.getSetCookie()[0]!.split(';')[0]!
    vi.setSystemTime(1_700_000_040_000)
    expect(waited).toEqual([])
    await app.request('/get', { headers: { Cookie } }, {}, executionCtx)
    expect(waited).toHaveLength(1)
    await Promise.all(waited)
    vi.setSystemTime(1_700_000_090_000)
    const later = await app.request('/get', { headers: { Cookie } }, {}, executionCtx)
    expect(await later.json()).toBe(1)
    vi.useRealTimers()
  })
})
