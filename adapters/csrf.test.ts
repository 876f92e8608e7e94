import { Hono } from 'hono'
import { csrf as honoCsrf } from 'hono/csrf'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { nodeKey, nodeToken } from '../bindings/codec/keys.fixture.ts'
import { ConfigurationError, CsrfError } from '../bindings/errors.ts'
import type { SessionsOptions } from '../bindings/options.ts'
import type { UntypedData } from '../bindings/session.ts'
import { OTHER_SECRET, remoteStorage, SECRET } from '../bindings/sessions.fixture.ts'
import { cookieStorage } from '../bindings/storage/cookie.ts'
import { memoryStorage } from '../bindings/storage/memory.ts'
import { csrf, csrfToken, type CsrfOptions } from './csrf.ts'
import { session, type MiddlewareOptions } from './hono.ts'

afterEach(() => void vi.useRealTimers())

type Options = Partial<SessionsOptions<UntypedData>> & MiddlewareOptions

function createApp(options: Options = {}, guard: CsrfOptions = {}) {
  const errors: unknown[] = []
  const app = new Hono()
    .use(session({ secrets: SECRET, storage: memoryStorage(), ...options }))
    .use(csrf(guard))
    .get('/form', async (c) => {
      await c.var.session.load()
      return c.text(csrfToken(c))
    })
    .get('/new', async (c) => {
      ;(await c.var.session.load()).set('cart', 1)
      return c.text(csrfToken(c))
    })
    .get('/then-new', async (c) => {
      await c.var.session.load()
      const token = csrfToken(c)
      c.var.session.set('cart', 1)
      return c.text(token)
    })
    .post('/sign-in', async (c) => {
      ;(await c.var.session.load()).authenticate()
      return c.text(csrfToken(c))
    })
    .all('/', (c) => c.text('done'))
    .onError((error, c) => {
      errors.push(error)
      return 'getResponse' in error ? (error.getResponse as () => Response)() : c.text('', 500)
    })
  return { app, errors }
}

/** A browser that tells neither Sec-Fetch-Site nor Origin, and keeps cookies. */
function oldBrowser({ app }: ReturnType<typeof createApp>) {
  const cookies = new Map<string, string>()
  const go = async (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers)
    if (cookies.size > 0)
      headers.set('Cookie', [...cookies].map((each) => each.join('=')).join('; '))
    const response = await app.request(path, { ...init, headers })
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      cookies.set(name!, value!)
    }
    return response
  }
  return {
    cookies,
    get: (path: string) => go(path),
    tokenOf: async (path: string) => (await go(path)).text(),
    post: async (token?: string, path = '/') => {
      const headers = token === undefined ? {} : { 'X-CSRF-Token': token }
      return (await go(path, { method: 'POST', headers })).status
    },
    signIn: async (token: string, more: Record<string, string> = {}) => {
      const headers = { 'X-CSRF-Token': token, ...more }
      return (await go('/sign-in', { method: 'POST', headers })).text()
    },
    submit: async (token: string, type = 'application/x-www-form-urlencoded') =>
      (
        await go('/', {
          method: 'POST',
          headers: { 'Content-Type': type },
          body: `a=b&_csrf=${encodeURIComponent(token)}`,
        })
      ).status,
  }
}

describe('csrf() and what the browser says', () => {
  const OWN = 'https://shop.example'
  const cases: [string, string | null, string | null, number][] = [
    // method, Sec-Fetch-Site, Origin, status
    ['GET', 'cross-site', 'https://evil.example', 200],
    ['HEAD', 'cross-site', null, 200],
    ['OPTIONS', 'cross-site', 'https://evil.example', 200],
    ['POST', 'same-origin', OWN, 200],
    ['POST', 'same-origin', null, 200],
    ['POST', 'none', null, 200],
    ['POST', 'same-site', 'https://blog.shop.example', 403],
    ['POST', 'cross-site', 'https://evil.example', 403],
    ['POST', 'cross-site', null, 403],
    ['POST', 'cross-site', 'null', 403],
    // The first counts: it cannot be set by a page.
    ['POST', 'cross-site', OWN, 403],
    ['POST', 'sibling', OWN, 403],
    ['POST', null, OWN, 200],
    ['POST', null, 'https://evil.example', 403],
    ['POST', null, 'https://shop.example.evil.example', 403],
    ['POST', null, 'https://blog.shop.example', 403],
    ['POST', null, 'https://shop.example:8443', 403],
    ['POST', null, 'http://shop.example', 403],
    ['POST', null, 'null', 403],
    ['POST', null, '', 403],
    ['POST', null, null, 403],
    ['PUT', 'cross-site', null, 403],
    ['PATCH', 'cross-site', null, 403],
    ['DELETE', null, 'https://evil.example', 403],
    ['PROPFIND', 'cross-site', null, 403],
    // Other origins that the app allows.
    ['POST', 'cross-site', 'https://pay.example', 200],
    ['POST', 'same-site', 'https://pay.example', 200],
    ['POST', null, 'https://pay.example', 200],
    ['POST', null, 'https://pay.example.evil.example', 403],
  ]
  it.each(cases)(
    '§2.49 %s, Sec-Fetch-Site %s, Origin %s: %i',
    async (method, site, origin, status) => {
      const { app } = createApp({}, { origin: ['https://pay.example'] })
      const headers = new Headers()
      if (site !== null) headers.set('Sec-Fetch-Site', site)
      if (origin !== null) headers.set('Origin', origin)
      expect((await app.request(`${OWN}/`, { method, headers })).status).toBe(status)
    }
  )

  it('behind a proxy that ends TLS, the origin is that of HTTPS', async () => {
    const { app } = createApp()
    const statusOf = async (url: string, Origin: string) =>
      (await app.request(url, { method: 'POST', headers: { Origin } })).status
    expect(await statusOf('http://shop.example/', 'https://shop.example')).toBe(200)
    expect(await statusOf('http://shop.example/', 'http://shop.example')).toBe(200)
    expect(await statusOf('https://shop.example/', 'http://shop.example')).toBe(403)
  })

  it('a function decides on origins, and gets the context', async () => {
    const { app } = createApp(
      {},
      { origin: (origin, c) => origin.endsWith('.example') && c.req.path === '/' }
    )
    const statusOf = async (Origin: string) =>
      (await app.request('/', { method: 'POST', headers: { Origin } })).status
    expect(await statusOf('https://a.example')).toBe(200)
    expect(await statusOf('https://a.invalid')).toBe(403)
  })

  it('refuses with a typed error and a 403 that no cache keeps', async () => {
    const { app, errors } = createApp()
    const headers = { 'Sec-Fetch-Site': 'cross-site' }
    const response = await app.request('/', { method: 'POST', headers })
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(await response.json()).toEqual({ error: 'CSRF', reason: 'site' })
    expect(errors[0]).toBeInstanceOf(CsrfError)
  })

  it('costs nothing where the browser speaks: the session is not looked at', async () => {
    const { app } = createApp()
    const headers = { 'Sec-Fetch-Site': 'same-origin', Cookie: '__Host-session=x' }
    const response = await app.request('/', { method: 'POST', headers })
    expect(response.headers.get('Vary')).toBeNull()
  })
})

describe.each<[string, () => Options]>([
  ['memory', () => ({ storage: memoryStorage() })],
  ['cookie', () => ({ storage: cookieStorage() })],
  ['remote', () => ({ storage: remoteStorage(0) })],
  ['remote and lazy', () => ({ storage: remoteStorage(0), lazy: true })],
])('csrfToken() with a %s storage', (_, options) => {
  it('§2.49 a guest may post with a token, in a header or a form, and without one not', async () => {
    const browser = oldBrowser(createApp(options()))
    const token = await browser.tokenOf('/form')
    expect([...browser.cookies.keys()]).toEqual(['__Host-csrf'])
    expect(await browser.post(token)).toBe(200)
    expect(await browser.submit(token)).toBe(200)
    expect(await browser.submit(token, 'text/plain')).toBe(403)
    expect(await browser.post()).toBe(403)
    expect(await browser.post(await browser.tokenOf('/form'))).toBe(200)
    // Another guest has none, and this one's is no use.
    expect(await oldBrowser(createApp(options())).post(token)).toBe(403)
    expect([...browser.cookies.keys()]).toEqual(['__Host-csrf'])
  })

  it.each(['/new', '/then-new'])(
    'a session that %s stores is what its token is of',
    async (path) => {
      const browser = oldBrowser(createApp(options()))
      const token = await browser.tokenOf(path)
      expect([...browser.cookies.keys()]).toEqual(['__Host-session'])
      expect(await browser.post(token)).toBe(200)
    }
  )

  it('§2.49 is renewed at sign-in: what was given before is dead, a planted guest too', async () => {
    const app = createApp(options())
    const browser = oldBrowser(app)
    const planted = oldBrowser(app)
    const known = await planted.tokenOf('/form')
    browser.cookies.set('__Host-csrf', planted.cookies.get('__Host-csrf')!)
    const guest = await browser.tokenOf('/form')
    const signedIn = await browser.signIn(guest)
    expect([await browser.post(guest), await browser.post(known)]).toEqual([403, 403])
    expect(await browser.post(signedIn)).toBe(200)
    const again = await browser.signIn(signedIn)
    expect([await browser.post(signedIn), await browser.post(again)]).toEqual([403, 200])
  })

  it('§2.49 of a copy of its cookie that signs in as well does not serve the session', async () => {
    const app = createApp(options())
    const attacker = oldBrowser(app)
    const before = await attacker.tokenOf('/new')
    const victim = oldBrowser(app)
    for (const [name, value] of attacker.cookies) victim.cookies.set(name, value)
    const own = await victim.signIn(before)
    vi.useFakeTimers({ now: Date.now() + 1000, toFake: ['Date'] })
    const copied = await attacker.signIn(before, { 'Sec-Fetch-Site': 'same-origin' })
    expect(await attacker.post(copied)).toBe(200)
    expect([await victim.post(copied), await victim.post(own)]).toEqual([403, 200])
  })

  it('is of one session', async () => {
    const app = createApp(options())
    const [ada, bob] = [oldBrowser(app), oldBrowser(app)]
    const [of, other] = [await ada.tokenOf('/new'), await bob.tokenOf('/new')]
    expect([await ada.post(of), await ada.post(other)]).toEqual([200, 403])
  })
})

describe('csrfToken()', () => {
  it('P39 2,000 guests that get and post leave no record and no session cookie', async () => {
    const storage = memoryStorage()
    const app = createApp({ storage })
    for (let i = 0; i < 2000; i++) {
      const browser = oldBrowser(app)
      expect(await browser.post(await browser.tokenOf('/form'))).toBe(200)
      expect(browser.cookies.has('__Host-session')).toBe(false)
    }
    expect(storage.size).toBe(0)
  })

  it('is another text each time, and tells no id', async () => {
    const storage = memoryStorage()
    const browser = oldBrowser(createApp({ storage }))
    const tokens = new Set<string>()
    for (let i = 0; i < 100; i++) tokens.add(await browser.tokenOf(i === 0 ? '/new' : '/form'))
    expect(tokens.size).toBe(100)
    const id = browser.cookies.get('__Host-session')!.slice(4, 44)
    for (const part of [id.slice(0, 16), id.slice(16)]) {
      for (const token of tokens) expect(token).not.toContain(part)
    }
  })

  it('is refused however it is changed', async () => {
    const browser = oldBrowser(createApp())
    const token = await browser.tokenOf('/new')
    const changed = Array.from(token, (character, index) => {
      const other = character === 'A' ? 'B' : 'A'
      return `${token.slice(0, index)}${other}${token.slice(index + 1)}`
    })
    const cut = Array.from(token, (_, index) => token.slice(0, index))
    const others = [`${token}A`, `${token};a=b`, `a;__Host-session=${token}`, `${token}.${token}`]
    for (const forged of [...changed, ...cut, ...others]) {
      expect(await browser.post(forged), forged).toBe(403)
    }
    expect(await browser.post(token)).toBe(200)
  })

  it('§2.16 is signed with keys of its own: no session cookie is one, and it is no cookie', async () => {
    const browser = oldBrowser(createApp())
    const token = await browser.tokenOf('/new')
    const content = token.slice(4, 59)
    const [csrfKey, idKey] = ['csrf', 'id'].map((purpose) =>
      nodeKey(SECRET, '__Host-session', purpose)
    )
    expect(nodeToken(csrfKey!, content)).toBe(token)
    expect(await browser.post(nodeToken(idKey!, content))).toBe(403)
    expect(await browser.post(browser.cookies.get('__Host-session'))).toBe(403)
    browser.cookies.set('__Host-session', token)
    const next = await browser.get('/new')
    expect(next.headers.getSetCookie()[0]).toMatch(/^__Host-session=T/)
  })

  it('of an older secret is good until that is retired', async () => {
    const storage = memoryStorage()
    const before = oldBrowser(createApp({ storage, secrets: OTHER_SECRET }))
    const token = await before.tokenOf('/new')
    const posts = async (secrets: string[]) => {
      const browser = oldBrowser(createApp({ storage, secrets }))
      for (const [name, value] of before.cookies) browser.cookies.set(name, value)
      return browser.post(token)
    }
    expect(await posts([SECRET, OTHER_SECRET])).toBe(200)
    expect(await posts([SECRET])).toBe(403)
  })

  it('makes a page that no cache keeps, and a guest cookie that no other site can set', async () => {
    const { app } = createApp()
    const page = await app.request('/form')
    expect(page.headers.get('Cache-Control')).toBe('no-store')
    expect(page.headers.get('Vary')).toBe('Cookie')
    expect(page.headers.getSetCookie()[0]).toMatch(
      /^__Host-csrf=[\w-]{24}; Path=\/; HttpOnly; Secure; SameSite=Lax$/
    )
    const Cookie = page.headers.getSetCookie()[0]!.split(';')[0]!
    const again = await app.request('/form', { headers: { Cookie } })
    expect(again.headers.getSetCookie()).toEqual([])
  })

  it("with token: 'always' is needed also where the browser speaks", async () => {
    const app = createApp({}, { token: 'always' })
    const browser = oldBrowser(app)
    const token = await browser.tokenOf('/new')
    const Cookie = `__Host-session=${browser.cookies.get('__Host-session')}`
    const statusOf = async (headers: Record<string, string>) =>
      (await app.app.request('/', { method: 'POST', headers: { Cookie, ...headers } })).status
    expect(await statusOf({ 'Sec-Fetch-Site': 'same-origin' })).toBe(403)
    expect(await statusOf({ 'Sec-Fetch-Site': 'same-origin', 'X-CSRF-Token': token })).toBe(200)
    expect(await statusOf({ 'Sec-Fetch-Site': 'cross-site', 'X-CSRF-Token': token })).toBe(403)
  })

  it('is not asked of sessions in headers', async () => {
    const { app } = createApp({ transport: ['cookie', 'bearer', { header: 'X-Session' }] })
    const statusOf = async (headers: Record<string, string>) =>
      (await app.request('/', { method: 'POST', headers })).status
    expect(await statusOf({ 'X-Session': '' })).toBe(200)
    expect(await statusOf({ Authorization: 'Bearer x' })).toBe(200)
    // Browsers send these by themselves.
    expect(await statusOf({ Authorization: 'Basic YTpi' })).toBe(403)
    expect(await statusOf({ Cookie: 'a=b' })).toBe(403)
  })

  it.each(['before', 'behind'])('plays well with hono/csrf %s it', async (place) => {
    const both = place === 'before' ? [honoCsrf(), csrf()] : [csrf(), honoCsrf()]
    const app = new Hono()
      .use(session({ secrets: SECRET }))
      .use(...both)
      .get('/', (c) => c.text(csrfToken(c)))
      .post('/', async (c) => c.json(await c.req.parseBody()))
    const post = (headers: Record<string, string>, body = 'a=b') =>
      app.request('http://localhost/', {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
        body,
      })
    const own = { 'Sec-Fetch-Site': 'same-origin', Origin: 'http://localhost' }
    const response = await post(own)
    expect([response.status, await response.json()]).toEqual([200, { a: 'b' }])
    const evil = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }
    expect((await post(evil)).status).toBe(403)
  })

  it('leaves the form to the handler', async () => {
    const app = new Hono()
      .use(session({ secrets: SECRET }))
      .use(csrf())
      .get('/', (c) => c.text(csrfToken(c)))
      .post('/', async (c) => c.json(await c.req.parseBody()))
    const page = await app.request('/')
    const body = new FormData()
    body.set('_csrf', await page.text())
    body.set('name', 'Ada')
    const Cookie = page.headers.getSetCookie()[0]!.split(';')[0]!
    const response = await app.request('/', { method: 'POST', headers: { Cookie }, body })
    expect(await response.json()).toMatchObject({ name: 'Ada' })
  })

  it('needs csrf() before it, as csrf() needs session()', async () => {
    const errors: unknown[] = []
    const app = new Hono()
      .get('/token', (c) => c.text(csrfToken(c)))
      .post('/', csrf(), (c) => c.text(''))
      .onError((error, c) => {
        errors.push(error)
        return c.text('', 500)
      })
    await app.request('/token')
    await app.request('/', { method: 'POST' })
    expect(errors).toEqual([expect.any(ConfigurationError), expect.any(ConfigurationError)])
  })

  it.each<CsrfOptions>([
    { origin: 'app.example.com' },
    { origin: 'https://app.example.com/' },
    { origin: 'https://app.example.com/path' },
    { origin: ['https://a.example', '*'] },
    { origin: 'null' },
    { token: 'never' as never },
  ])('refuses %o', (options) => {
    expect(() => csrf(options)).toThrow(ConfigurationError)
  })
})
