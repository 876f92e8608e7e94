/**
 * The promises of kit-session that Tuile keeps: the attributes and the limits of the cookie.
 *
 * @module
 */
import { Hono } from 'hono'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  ConfigurationError,
  cookieStorage,
  CookieOverflowError,
  createSessions,
  type SessionCookieOptions,
  type SessionsOptions,
  type UntypedData,
} from '../../bindings/index.ts'
import { session } from '../hono.ts'
import { Browser, SECRET, Site } from './jar.fixture.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

/** The attributes of the `Set-Cookie` line of a session with these cookie options. */
async function attributesOf(cookie: SessionCookieOptions): Promise<string> {
  const visitor = new Site({ secrets: SECRET, cookie }).visitor()
  await visitor.send((session) => session.set('n', 1))
  return visitor.setCookies.join('\n').replace(/^[^;]+; /, '')
}

const withCookie = (cookie: unknown) => () =>
  createSessions({ secrets: SECRET, cookie: cookie as SessionCookieOptions })

it('K22 every cookie option is in the header, and the time is in seconds', async () => {
  const cookie = {
    name: 'sid',
    path: '/app',
    domain: 'shop.example',
    httpOnly: true,
    secure: true,
    sameSite: 'strict',
    maxAge: 3600,
  } as const
  const visitor = new Site({ secrets: SECRET, cookie }).visitor()
  await visitor.send((session) => session.set('n', 1))
  expect(visitor.setCookies).toEqual([
    expect.stringMatching(
      /^sid=S[\w-]+; Max-Age=3600; Domain=shop\.example; Path=\/app; HttpOnly; Secure; SameSite=Strict$/
    ),
  ])
})

it('K22 and the defaults are the safe ones', async () => {
  expect(await attributesOf({})).toBe('Max-Age=86400; Path=/; HttpOnly; Secure; SameSite=Lax')
})

it('K23 HttpOnly is on', async () => {
  expect(await attributesOf({ name: 'sid', secure: false })).toMatch(/; HttpOnly(;|$)/)
})

describe('K24 Secure', () => {
  it.each(['production', 'development', 'test'])('K24 is on in %s', async (environment) => {
    vi.stubEnv('NODE_ENV', environment)
    expect(await attributesOf({})).toMatch(/; Secure;/)
    expect(await attributesOf({ name: 'sid' })).toMatch(/; Secure;/)
  })

  it.each([
    ['https://shop.example', '__Host-session', '2'],
    ['https://localhost', '__Host-session', '2'],
    ['http://localhost:3000', 'session', '2'],
    ['http://127.0.0.1:8787', 'session', '2'],
    // A browser refuses Secure over plain HTTP: each visit is a new session there.
    ['http://shop.example', '__Host-session', '1'],
    ['http://localhost.evil.example', '__Host-session', '1'],
  ])("K24 with 'auto' on %s the cookie is %s", async (origin, name, secondVisit) => {
    const app = new Hono()
      .use(session({ secrets: SECRET, cookie: { secure: 'auto' } }))
      .get('/', (c) => {
        c.var.session.update('visits', (visits = 0) => visits + 1)
        return c.text(`${c.var.session.get('visits')}`)
      })
    const browser = new Browser(app, { origin })
    await browser.visit('/')
    expect(browser.setCookie.name).toBe(name)
    expect(browser.setCookie.attributes.has('secure')).toBe(name === '__Host-session')
    expect(await browser.visit('/')).toBe(secondVisit)
  })
})

describe('K25 SameSite', () => {
  it('K25 is Lax, can be Strict, and can be None with Secure', async () => {
    expect(await attributesOf({})).toMatch(/; SameSite=Lax$/)
    expect(await attributesOf({ sameSite: 'strict' })).toMatch(/; SameSite=Strict$/)
    expect(await attributesOf({ sameSite: 'none' })).toMatch(/; Secure; SameSite=None$/)
  })

  it.each(['none', 'None', 'NONE'])('K25 %s without Secure is refused', (sameSite) => {
    expect(withCookie({ name: 'sid', secure: false, sameSite })).toThrow(ConfigurationError)
  })

  it('K25 what is not known is refused', () => {
    expect(withCookie({ sameSite: 'loose' })).toThrow(ConfigurationError)
  })
})

describe('K26 names with a prefix', () => {
  it.each<[string, SessionCookieOptions]>([
    ['__Host- with Domain', { name: '__Host-sid', domain: 'shop.example' }],
    ['__Host- with another path', { name: '__Host-sid', path: '/app' }],
    ['__Host- without Secure', { name: '__Host-sid', secure: false }],
    ['the default name with Domain', { domain: 'shop.example' }],
    ['the default name without Secure', { secure: false }],
    ['__Secure- without Secure', { name: '__Secure-sid', secure: false }],
    ['__host- in lower case', { name: '__host-sid', secure: false }],
    ['Partitioned without Secure', { name: 'sid', partitioned: true, secure: false }],
  ])('K26 %s is refused', (_, cookie) => {
    expect(withCookie(cookie)).toThrow(ConfigurationError)
    expect(withCookie(cookie)).toThrow(/needs|must have no/)
  })

  it('K26 __Host- and __Secure- work where they may', async () => {
    expect(await attributesOf({ name: '__Host-sid' })).toMatch(/Path=\/; HttpOnly; Secure/)
    expect(
      await attributesOf({ name: '__Secure-sid', domain: 'shop.example', path: '/a' })
    ).toMatch(/Domain=shop\.example; Path=\/a; HttpOnly; Secure/)
  })
})

it('K27 without maxAge the cookie lasts until the browser is closed', async () => {
  expect(await attributesOf({ maxAge: null })).toBe('Path=/; HttpOnly; Secure; SameSite=Lax')
})

it('K28 a line of 4096 bytes is set, and not one byte more', async () => {
  const sessions = createSessions({ secrets: SECRET })
  const lineFor = async (length: number): Promise<string> => {
    const session = await sessions.read(null)
    session.set('text', 'x'.repeat(length))
    const [line = ''] = await sessions.commit(session)
    return line
  }
  const sizes: number[] = []
  let refused: unknown
  for (let length = 2_700; refused === undefined && length < 3_100; length++) {
    await lineFor(length).then(
      (line) => void sizes.push(line.length),
      (error) => {
        refused = error
      }
    )
  }
  expect(refused).toBeInstanceOf(CookieOverflowError)
  const { size } = refused as CookieOverflowError
  expect(size).toBeGreaterThan(4096)
  // base64url takes four characters for three.
  expect(size).toBeLessThanOrEqual(4098)
  expect(Math.max(...sizes)).toBeGreaterThanOrEqual(4094)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(4096)
})

describe('K36 a cookie that anyone could write cannot be configured', () => {
  it.each(['unsigned', 'plain', 'none', ''])('K36 not by the mode %j', (mode) => {
    expect(() => cookieStorage({ mode: mode as 'signed' })).toThrow(ConfigurationError)
  })

  it.each([[undefined], [null], [false], [''], [[]]])('K36 not by the secrets %j', (secrets) => {
    const options = { secrets } as unknown as SessionsOptions<UntypedData>
    expect(() => createSessions(options)).toThrow(ConfigurationError)
    expect(() => session(options)).toThrow(ConfigurationError)
  })
})
