/**
 * The promises of kit-session that Tuile keeps: before and after hooks, and their order.
 *
 * @module
 */
import { Hono } from 'hono'
import { setCookie } from 'hono/cookie'
import { HTTPException } from 'hono/http-exception'
import { describe, expect, it } from 'vitest'
import { createSessions, memoryStorage, type Session } from '../../bindings/index.ts'
import { session } from '../hono.ts'
import { type App, Browser, SECRET, visitorOf } from './jar.fixture.ts'
import { spyStorage } from './spy.fixture.ts'

describe('hooks of a server without a framework', () => {
  const sessions = createSessions({ secrets: SECRET, storage: memoryStorage() })

  /** What a framework would call before a handler. */
  async function before(request: Request, context: { session?: Session }): Promise<void> {
    context.session = await sessions.read(request.headers.get('Cookie'))
  }

  /** What a framework would call after it. */
  async function after(context: { session?: Session }, response: Response): Promise<Response> {
    for (const line of await sessions.commit(context.session!)) {
      response.headers.append('Set-Cookie', line)
    }
    return response
  }

  const app: App = {
    async fetch(request) {
      const context: { session?: Session } = {}
      await before(request, context)
      const { session } = context
      if (new URL(request.url).pathname === '/count') {
        session?.update('count', (count = 0) => count + 1)
      }
      return after(context, new Response(`${session?.get('count', 0)}`))
    },
  }

  it('K29 read is the hook before the handler', async () => {
    const browser = new Browser(app)
    expect(await browser.visit('/')).toBe('0')
    await browser.visit('/count')
    expect(await browser.visit('/')).toBe('1')
  })

  it('K30 commit is the hook after it, and sets no cookie for nothing', async () => {
    const browser = new Browser(app)
    await browser.visit('/')
    expect(browser.setCookies).toEqual([])
    await browser.visit('/count')
    expect(browser.setCookies).toHaveLength(1)
    await browser.visit('/')
    expect(browser.setCookies).toEqual([])
    expect(await browser.visit('/count')).toBe('2')
  })
})

describe('K31 an early answer is saved too', () => {
  it('K31 a 401 from the handler', async () => {
    const visitor = visitorOf({ storage: spyStorage() })
    await visitor.send((session, c) => {
      session.flash('error', 'Sign in first')
      return c.text('Sign in', 401)
    })
    expect(visitor.response.status).toBe(401)
    expect(await visitor.send((session) => session.get('error'))).toBe('Sign in first')
  })

  it('K31 a 401 from a middleware, and one that is thrown', async () => {
    const app = new Hono()
      .use(session({ secrets: SECRET, storage: spyStorage() }))
      .use('/returned', async (c) => {
        c.var.session.flash('error', 'returned')
        return c.text('Sign in', 401)
      })
      .use('/thrown', async (c) => {
        c.var.session.flash('error', 'thrown')
        throw new HTTPException(401)
      })
      .get('/', (c) => c.text(c.var.session.get('error', 'none')))
    const browser = new Browser(app)
    for (const path of ['returned', 'thrown']) {
      await browser.visit(`/${path}`)
      expect(browser.response.status).toBe(401)
      expect(await browser.visit('/')).toBe(path)
    }
    expect(await browser.visit('/')).toBe('none')
  })

  it('K31 a response that came from elsewhere and cannot be changed', async () => {
    const app = new Hono().use(session({ secrets: SECRET })).get('/', (c) => {
      c.var.session.update('visits', (visits = 0) => visits + 1)
      return Response.redirect(`https://shop.example/${c.var.session.get('visits')}`)
    })
    const browser = new Browser(app)
    await browser.visit('/')
    expect(browser.setCookies).toHaveLength(1)
    await browser.visit('/')
    expect(browser.response.headers.get('Location')).toBe('https://shop.example/2')
  })
})

describe('K32 other middleware before the session', () => {
  const storage = spyStorage()
  const app = new Hono()
    .use(async (c, next) => {
      if (c.req.header('Authorization') === undefined) return c.text('Who are you?', 401)
      setCookie(c, 'theme', 'dark')
      setCookie(c, 'language', 'en')
      c.header('Vary', 'Accept-Encoding')
      c.header('Cache-Control', 'private')
      await next()
    })
    .use(session({ secrets: SECRET, storage }))
    .get('/', (c) => {
      c.var.session.update('visits', (visits = 0) => visits + 1)
      setCookie(c, 'late', 'yes')
      return c.text(`${c.var.session.get('visits')}`)
    })
  const headers = { Authorization: 'Bearer x' }

  it('K32 may answer by itself; the session is not asked then', async () => {
    const browser = new Browser(app)
    expect(await browser.visit('/')).toBe('Who are you?')
    expect(browser.setCookies).toEqual([])
    expect(storage.log).toEqual([])
  })

  it('K32 keeps its cookies and headers beside those of the session', async () => {
    const browser = new Browser(app)
    expect(await browser.visit('/', { headers })).toBe('1')
    expect(browser.jar.names.sort()).toEqual(['__Host-session', 'language', 'late', 'theme'])
    expect(browser.response.headers.get('Vary')).toBe('Accept-Encoding, Cookie')
    expect(browser.response.headers.get('Cache-Control')).toBe('no-store')
    expect(await browser.visit('/', { headers })).toBe('2')
  })
})
