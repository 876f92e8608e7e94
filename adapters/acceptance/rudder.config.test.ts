/**
 * The promises of rudder that Tuile keeps: options.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  ConfigurationError,
  cookieStorage,
  createSessions,
  memoryStorage,
  type SessionCookieOptions,
} from '../../bindings/index.ts'
import { OLD_SECRET, SECRET, type SetCookie, visitorOf } from './jar.fixture.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** The `Set-Cookie` of a session with these cookie options. */
async function setCookieOf(cookie: SessionCookieOptions): Promise<SetCookie> {
  const visitor = visitorOf({ cookie })
  await visitor.send((session) => session.set('n', 1))
  return visitor.setCookie
}

/** Makes a manager with these cookie options. */
const withCookie = (cookie: SessionCookieOptions) => () =>
  createSessions({ secrets: SECRET, cookie })

it('R01 without a storage the session is in its cookie, sealed', async () => {
  const visitor = visitorOf({})
  await visitor.send((session) => session.set('name', 'Ada'))
  expect(visitor.setCookie.value).toMatch(/^S/)
  const bytes = Buffer.from(visitor.setCookie.value.slice(4), 'base64url')
  expect(bytes.includes('Ada')).toBe(false)

  const elsewhere = createSessions({ secrets: SECRET })
  const read = await elsewhere.read(visitor.jar.header('https://shop.example/'))
  expect(read.get('name')).toBe('Ada')
})

describe.each([
  ['the cookie', cookieStorage],
  ['memory', memoryStorage],
])('R05 in %s', (_, storageOf) => {
  it('R05 a session of 120 minutes is empty after 121, whoever kept the cookie', async () => {
    const visitor = visitorOf({ storage: storageOf(), lifetime: 7200, cookie: { maxAge: null } })
    await visitor.send((session) => session.set('user', 'ada'))
    vi.advanceTimersByTime(121 * 60_000)
    expect(visitor.jar.names).toEqual(['__Host-session'])
    expect(await visitor.send((session) => [session.isNew, session.all()])).toEqual([true, {}])
  })

  it('R05 using a session does not make it live longer than its lifetime', async () => {
    const visitor = visitorOf({ storage: storageOf(), lifetime: 7200 })
    const maxAges: (string | undefined)[] = []
    for (let minute = 0; minute < 120; minute += 30) {
      await visitor.send((session) => session.update('visits', (visits = 0) => visits + 1))
      maxAges.push(visitor.setCookies[0]?.match(/Max-Age=(\d+)/)?.[1])
      vi.advanceTimersByTime(30 * 60_000)
    }
    expect(maxAges[0]).toBe('7200')
    // In memory the id does not change, so its cookie is sent once.
    expect(maxAges.slice(1).filter(Boolean)).toEqual(
      storageOf === cookieStorage ? ['5400', '3600', '1800'] : []
    )
    expect(await visitor.send((session) => session.get('visits'))).toBeUndefined()
  })
})

describe('R06 a secret that is none is refused', () => {
  it.each([
    ['the placeholder of the README', 'change-me-in-production'],
    ['a placeholder that is long enough', 'change-me-in-production-change-me-in-production'],
    ['an empty one', ''],
    ['one of 31 bytes', `${'x7'.repeat(15)}y`],
    ['a good one beside a short one', [SECRET, 'short']],
    ['none at all', []],
  ])('R06 %s', (_, secrets) => {
    expect(() => createSessions({ secrets })).toThrow(ConfigurationError)
    expect(() => createSessions({ secrets })).toThrow(/Make one with/)
  })

  it('R06 and never told in the message', () => {
    expect(() => createSessions({ secrets: 'hunter2' })).not.toThrow(/hunter2/)
  })

  it('R06 one of 32 bytes is accepted', () => {
    expect(createSessions({ secrets: OLD_SECRET.slice(0, 32) }).cookieName).toBe('__Host-session')
  })
})

describe('R07 the name of the cookie', () => {
  it('R07 is the one that was chosen', async () => {
    expect((await setCookieOf({ name: 'rudderjs_session' })).name).toBe('rudderjs_session')
  })

  it.each(['', 'a b', 'a;b', 'a=b', 'a\r\nSet-Cookie: x', 'ä', 'a,b'])(
    'R07 %j is refused',
    (name) => {
      expect(withCookie({ name })).toThrow(ConfigurationError)
    }
  )
})

it('R08 Secure can be on and off', async () => {
  const on = await setCookieOf({ name: 'sid', secure: true })
  expect(on.attributes.has('secure')).toBe(true)
  const off = await setCookieOf({ name: 'sid', secure: false })
  expect(off.attributes.has('secure')).toBe(false)
})

it('R09 HttpOnly is on', async () => {
  expect((await setCookieOf({})).attributes.has('httponly')).toBe(true)
})

describe('R10 SameSite', () => {
  it('R10 is Lax', async () => {
    expect((await setCookieOf({})).attributes.get('samesite')).toBe('Lax')
  })

  it.each([
    ['strict', 'Strict'],
    ['none', 'None'],
  ] as const)('R10 can be %s', async (sameSite, attribute) => {
    const { attributes } = await setCookieOf({ sameSite })
    expect(attributes.get('samesite')).toBe(attribute)
    expect(attributes.has('secure')).toBe(true)
  })

  it('R10 none without Secure, which browsers drop, is refused', () => {
    const cookie = { name: 'sid', secure: false, sameSite: 'none' } as const
    expect(withCookie(cookie)).toThrow(ConfigurationError)
    expect(withCookie(cookie)).toThrow(/SameSite=None needs Secure/)
  })
})

describe('R11 the path of the cookie', () => {
  it('R11 is /', async () => {
    expect((await setCookieOf({})).attributes.get('path')).toBe('/')
  })

  it('R11 can be another', async () => {
    const { attributes } = await setCookieOf({ name: 'sid', path: '/shop' })
    expect(attributes.get('path')).toBe('/shop')
  })

  it.each(['/;Domain=evil.example', '/\r\nX: y', '/\0'])('R11 %j is refused', (path) => {
    expect(withCookie({ name: 'sid', path })).toThrow(ConfigurationError)
  })
})
