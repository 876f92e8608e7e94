/**
 * The promises of rudder that Tuile keeps: where sessions are, and when they are saved.
 *
 * @module
 */
import { type Context, Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { streamText } from 'hono/streaming'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSessions, memoryStorage, SessionCommittedError } from '../../bindings/index.ts'
import { type SessionVariables, session } from '../hono.ts'
import { type App, Browser, OLD_SECRET, SECRET, Site } from './jar.fixture.ts'
import { spyStorage } from './spy.fixture.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

type Env = { Variables: SessionVariables }

/** An app whose web routes have a session and whose API routes have none. */
function site(): Browser {
  const web = new Hono<Env>()
    .get('/name/:name', (c) => {
      c.var.session.set('name', c.req.param('name'))
      return c.text('set')
    })
    .get('/name', (c) => c.text(c.var.session.get('name', 'nobody')))
  const api = new Hono().get('/name', (c) =>
    c.text('session' in c.var ? 'a session' : 'no session')
  )
  const app = new Hono()
    .use('/web/*', session({ secrets: SECRET, storage: memoryStorage() }))
    .route('/web', web)
    .route('/api', api)
  return new Browser(app)
}

it('R12 one line gives every route of a group a session', async () => {
  const browser = site()
  expect(await browser.visit('/web/name')).toBe('nobody')
  await browser.visit('/web/name/ada')
  expect(await browser.visit('/web/name')).toBe('ada')
})

it('R13 routes outside of it have no session and set no cookie', async () => {
  const browser = site()
  await browser.visit('/web/name/ada')
  expect(await browser.visit('/api/name')).toBe('no session')
  expect(browser.setCookies).toEqual([])
  expect(browser.response.headers.get('Vary')).toBeNull()
})

it('R14 a single route can have the session of the others', async () => {
  const sessions = createSessions({ secrets: SECRET, storage: memoryStorage() })
  const app = new Hono()
    .use('/web/*', session(sessions))
    .get('/web/name/:name', (c) => {
      c.var.session.set('name', c.req.param('name'))
      return c.text('set')
    })
    .get('/api/me', session(sessions), (c) => c.text(c.var.session.get('name', 'nobody')))
    .get('/api/other', (c) => c.text('session' in c.var ? 'a session' : 'no session'))
  const browser = new Browser(app)
  await browser.visit('/web/name/ada')
  expect(await browser.visit('/api/me')).toBe('ada')
  expect(await browser.visit('/api/other')).toBe('no session')
})

it('R14 its options can come with the request, as bindings do', async () => {
  type Bindings = { SESSION_SECRET: string }
  const app = new Hono()
    .use(session((c: Context<{ Bindings: Bindings }>) => ({ secrets: c.env.SESSION_SECRET })))
    .get('/', (c) => {
      c.var.session.update('visits', (visits = 0) => visits + 1)
      return c.text(`${c.var.session.get('visits')}`)
    })
  const withSecret = (SESSION_SECRET: string): App => ({
    fetch: (request) => app.fetch(request, { SESSION_SECRET }),
  })
  const browser = new Browser(withSecret(SECRET))
  expect([await browser.visit('/'), await browser.visit('/')]).toEqual(['1', '2'])
  const { jar } = browser
  expect(await new Browser(withSecret(OLD_SECRET), { jar }).visit('/')).toBe('1')
})

it('R15 the middleware is made from options, without a provider or a container', async () => {
  const middleware = session({
    secrets: SECRET,
    lifetime: 3600,
    cookie: { name: 'by_hand', sameSite: 'strict', secure: false },
  })
  const app = new Hono().use(middleware).get('/', (c) => {
    c.var.session.set('n', 1)
    return c.text('set')
  })
  const browser = new Browser(app)
  await browser.visit('/')
  expect(browser.setCookies[0]).toMatch(
    /^by_hand=S[^;]+; Max-Age=3600; Path=\/; HttpOnly; SameSite=Strict$/
  )
})

describe('R39 two session middlewares on one route', () => {
  it('R39 share the session, set one cookie, and warn once', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const options = {
      secrets: SECRET,
      storage: memoryStorage(),
      cookie: { name: '__Host-mounted-twice' },
    }
    const group = new Hono().use(session(options)).get('/visit', (c) => {
      c.var.session.update('visits', (visits = 0) => visits + 1)
      return c.text(`${c.var.session.get('visits')}`)
    })
    const browser = new Browser(new Hono().use(session(options)).route('/group', group))
    expect(await browser.visit('/group/visit')).toBe('1')
    expect(browser.setCookies).toHaveLength(1)
    expect(await browser.visit('/group/visit')).toBe('2')
    expect(await browser.visit('/group/visit')).toBe('3')
    expect(warn).toHaveBeenCalledTimes(1)
    expect(warn.mock.lastCall?.[0]).toContain('__Host-mounted-twice')
  })

  it('R39 the inner one does not undo a sign-in of the outer one', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const options = { secrets: SECRET, storage: memoryStorage() }
    const app = new Hono()
      .use(session(options))
      .use('/login', async (c, next) => {
        c.var.session.regenerateId()
        c.var.session.set('user', 'ada')
        await next()
      })
      .use(session(options))
      .get('/login', (c) => c.text(c.var.session.get('user', 'nobody')))
      .get('/', (c) => c.text(c.var.session.get('user', 'nobody')))
    const browser = new Browser(app)
    expect(await browser.visit('/login')).toBe('ada')
    expect(browser.setCookies).toHaveLength(1)
    expect(await browser.visit('/')).toBe('ada')
  })
})

describe('R40 a session is saved without a call', () => {
  it('R40 after the handler', async () => {
    const visitor = new Site({ secrets: SECRET, storage: spyStorage() }).visitor()
    await visitor.send((session) => session.set('n', 1))
    expect(await visitor.send((session) => session.get('n'))).toBe(1)
  })

  it.each([
    ['throws', () => new Error('broken'), 500],
    ['throws an HTTPException', () => new HTTPException(403), 403],
  ])('R40 also when the handler %s', async (_, errorOf, status) => {
    const visitor = new Site({ secrets: SECRET, storage: spyStorage() }).visitor()
    await visitor.send((session) => {
      session.flash('error', 'Something broke')
      throw errorOf()
    })
    expect(visitor.response.status).toBe(status)
    expect(await visitor.send((session) => session.getFlash('error'))).toBe('Something broke')
  })

  it('R40 also before a stream ends; what the stream changes is refused, not dropped', async () => {
    const late: unknown[] = []
    const app = new Hono().use(session({ secrets: SECRET })).get('/', (c) => {
      const { session } = c.var
      session.update('visits', (visits = 0) => visits + 1)
      return streamText(c, async (stream) => {
        await stream.write(`${session.get('visits')}`)
        await stream.sleep(5)
        try {
          session.set('late', true)
        } catch (error) {
          late.push(error)
        }
      })
    })
    const browser = new Browser(app)
    expect(await browser.visit('/')).toBe('1')
    expect(await browser.visit('/')).toBe('2')
    expect(late).toHaveLength(2)
    expect(late[0]).toBeInstanceOf(SessionCommittedError)
  })
})

it('R42 what one middleware sets, every other reader sees in the same request', async () => {
  const signIn = session({ secrets: SECRET, cookie: { name: '__Host-shared' } })
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  const seen: unknown[] = []
  const app = new Hono()
    .use(signIn)
    .use(async (c, next) => {
      c.var.session.set('user', 'ada')
      await next()
      seen.push(c.var.session.get('seen'))
    })
    .use(signIn)
    .use(async (c, next) => {
      seen.push(c.var.session.get('user'))
      await next()
    })
    .get('/', (c) => {
      c.var.session.set('seen', true)
      return c.text(c.var.session.get('user', 'nobody'))
    })
  expect(await new Browser(app).visit('/')).toBe('ada')
  expect(seen).toEqual(['ada', true])
})
