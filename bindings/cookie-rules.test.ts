/**
 * The rules of cookies, in and out, one by one. Each line number is one of the list of requirements;
 * the tests of the codec go deeper, byte by byte and on both engines.
 */
import { describe, expect, it, vi } from 'vitest'
import { bombs, falseBlanks } from './codec/cookies.fixture.ts'
import { agreed, agreeingRing } from './codec/engines.fixture.ts'
import { nodeKey, nodeToken } from './codec/keys.fixture.ts'
import { meteredEngine } from './codec/workload.fixture.ts'
import { parseCookies } from './cookie.ts'
import { ConfigurationError } from './errors.ts'
import type { SessionCookieOptions } from './session-cookie.ts'
import { cookieOf, cookieWith, recordedSessions, SECRET, visit } from './sessions.fixture.ts'
import { memoryStorage } from './storage/memory.ts'

const NAME = '__Host-session'

/** Sessions on a server, and the cookie of one that holds `x: 1`. */
async function signedIn() {
  const { sessions, events } = recordedSessions({ storage: memoryStorage() })
  const cookie = await cookieWith(sessions)
  events.length = 0
  const xOf = async (header: string) => (await sessions.read(header)).get('x')
  return { sessions, events, cookie, token: cookie.slice(NAME.length + 1), xOf }
}

describe('the Cookie header', () => {
  it('§2.1 only SP and HTAB around name and value are blank', async () => {
    const { xOf, token } = await signedIn()
    for (const blank of [' ', '\t', ' \t \t']) {
      expect(await xOf(`${blank}${NAME}${blank}=${blank}${token}${blank}`)).toBe(1)
      expect(await xOf(`a=b;${blank}${NAME}${blank}=${blank}${token}${blank};c=d`)).toBe(1)
    }
    expect(falseBlanks.length).toBeGreaterThan(15)
    for (const blank of falseBlanks) {
      expect(await xOf(`${blank}${NAME}=${token}`)).toBeUndefined()
      expect(await xOf(`${NAME}${blank}=${token}`)).toBeUndefined()
      expect(await xOf(`${NAME}=${blank}${token}`)).toBeUndefined()
      expect(await xOf(`${NAME}=${token}${blank}`)).toBeUndefined()
    }
  })

  it.each([
    ['in another case', '__host-session'],
    ['percent-encoded', '%5F%5FHost-session'],
    ['percent-encoded at its end', '__Host-sessio%6E'],
    ['with a dot for "_"', '._Host-session'],
    ['with a bracket for "_"', '_[Host-session'],
    ['in full width', '__Host－session'],
    ['decomposed', '__Host-session\u0301'],
    ['in quotes', '"__Host-session"'],
  ])('§2.2 a name %s is another name', async (_, name) => {
    const { xOf, token, events } = await signedIn()
    expect(await xOf(`${name}=${token}`)).toBeUndefined()
    expect(events).toEqual([])
    expect(await xOf(`${name}=evil; ${NAME}=${token}`)).toBe(1)
  })

  it('§2.3 a pair without "=" or without a name is dropped', async () => {
    const { xOf, token } = await signedIn()
    for (const header of [
      `${NAME}${token}`,
      `=${NAME}=${token}`,
      `==${token}`,
      NAME,
      `=${token}`,
    ]) {
      expect(await xOf(header)).toBeUndefined()
      expect(await xOf(`${header}; ${NAME}=${token}`)).toBe(1)
    }
    expect(agreed((engine) => engine.listCookies('a; =b; ==c; ;d=e'))).toEqual(['d', 'e'])
  })

  it('§2.4 ";" ends a pair also inside quotes, "," never does, and nothing is unquoted', async () => {
    const { xOf, token } = await signedIn()
    expect(await xOf(`x="a; ${NAME}=${token}; b"`)).toBe(1)
    expect(await xOf(`$Version=1; x="a; ${NAME}=${token}; $Path="/"`)).toBe(1)
    expect(await xOf(`x=1, ${NAME}=${token}`)).toBeUndefined()
    expect(await xOf(`${NAME}="${token}"`)).toBeUndefined()
    const octal = `\\${token.charCodeAt(0).toString(8)}${token.slice(1)}`
    expect(await xOf(`${NAME}=${octal}`)).toBeUndefined()
  })

  it('§2.5 no code unit stands for the separator that is its low byte', async () => {
    const { xOf, token } = await signedIn()
    for (const high of [0x0100, 0x2000, 0xff00]) {
      const unit = (low: string) => String.fromCharCode(high | low.charCodeAt(0))
      expect(await xOf(`x=1${unit(';')} ${NAME}=${token}`)).toBeUndefined()
      expect(await xOf(`${NAME}${unit('=')}${token}`)).toBeUndefined()
      expect(await xOf(`x=1;${unit(' ')}${NAME}=${token}`)).toBeUndefined()
      expect(await xOf(`${unit('_')}_Host-session=${token}`)).toBeUndefined()
      expect(await xOf(`${NAME}=${unit(token[0]!)}${token.slice(1)}`)).toBeUndefined()
    }
  })

  it('§2.6 of several cookies of our name the first of four that verifies counts, with an event', async () => {
    const { sessions, events, token, xOf } = await signedIn()
    const other = (await cookieWith(sessions, { x: 2 })).slice(NAME.length + 1)
    events.length = 0
    const header = (...values: string[]) => values.map((value) => `${NAME}=${value}`).join('; ')
    expect(await xOf(header(token, other))).toBe(1)
    expect(await xOf(header(other, token))).toBe(2)
    expect(await xOf(header('a', 'b', 'c', token))).toBe(1)
    expect(await xOf(header('a', 'b', 'c', 'd', token))).toBeUndefined()
    const duplicates = events.filter(({ type }) => type === 'duplicate')
    expect(duplicates).toEqual([2, 2, 4, 5].map((count) => ({ type: 'duplicate', count })))
    events.length = 0
    expect(await xOf(`${header(token)}; x${NAME}=1; ${NAME}x=2`)).toBe(1)
    expect(events.map(({ type }) => type)).toEqual(['load'])
  })

  it('§2.6, B8 5,000 copies of our cookie: four verifications, one event', async () => {
    const NAME_OF_ONE = 'a'
    const { sessions, events } = recordedSessions({
      storage: memoryStorage(),
      cookie: { name: NAME_OF_ONE, secure: false },
    })
    const token = nodeToken(nodeKey(SECRET, NAME_OF_ONE), 'k5Jx0-pZ_3qWvT8yLmNb2RcA')
    // Three bytes a copy, so that all of them fit the header that is looked at.
    const header = `${'a=;'.repeat(4999)}a=${token}`
    expect(header.length).toBeLessThan(16_384)
    expect((await sessions.read(header)).isNew).toBe(true)
    expect(events).toEqual([
      { type: 'reject', reason: 'malformed' },
      { type: 'duplicate', count: 5000 },
    ])

    const { engine, workOf } = meteredEngine()
    const ring = engine.createRing(NAME_OF_ONE, [nodeKey(SECRET, NAME_OF_ONE)])
    const forged = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`
    const copies = Array.from({ length: 200 }, () => `a=${forged}`).join(';')
    // A MAC of a short text is two compressions.
    expect(workOf(() => expect(ring.open(copies)).toBe('bad-signature')).compressions).toBe(8)
  })

  it('§2.6 counts duplicates for listeners alone', async () => {
    const { sessions } = recordedSessions({ storage: memoryStorage(), onEvent: undefined })
    const cookie = await cookieWith(sessions)
    const counted: number[] = []
    const off = sessions.on('duplicate', ({ count }) => counted.push(count))
    await sessions.read(`${cookie}; ${cookie}`)
    off()
    await sessions.read(`${cookie}; ${cookie}`)
    expect(counted).toEqual([2])
  })

  it('§2.7 what is too long is refused before any hash', () => {
    const { engine, workOf } = meteredEngine()
    const ring = engine.createRing(NAME, [nodeKey(SECRET, NAME)])
    const token = `T${nodeKey(SECRET, NAME).fingerprint}${'A'.repeat(4096)}.${'A'.repeat(43)}`
    const work = workOf(() => {
      expect(ring.open(`${NAME}=${token}`)).toBe('oversize')
      expect(ring.open(`${NAME}=a; b=${'c'.repeat(16_384)}`)).toBe('oversize')
    })
    expect(work.compressions).toBe(0)
    const agreeing = agreeingRing(NAME, [nodeKey(SECRET, NAME)])
    expect(agreeing.open(`${NAME}=${token}`)).toBe('oversize')
  })

  it('§2.8 work grows as the header does', () => {
    const { engine, workOf } = meteredEngine()
    const ring = engine.createRing('sid', [nodeKey(SECRET, 'sid')])
    for (const [what, bomb] of Object.entries(bombs)) {
      const turns = (size: number) => workOf(() => ring.open(bomb(size))).turns
      expect(turns(16_320), what).toBeLessThan(2.1 * turns(8160) + 64)
    }
  })

  it('§2.9 what was parsed has no prototype, and "__proto__" is a name', () => {
    const cookies = agreed((engine) => parseCookies(engine, '__proto__=a; constructor=b'))
    expect(Object.getPrototypeOf(cookies)).toBeNull()
    expect(Object.entries(cookies)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ])
    expect(({} as Record<string, unknown>).a).toBeUndefined()
  })
})

describe('the Set-Cookie line', () => {
  const lineOf = async (cookie: SessionCookieOptions = {}) => {
    const { sessions } = recordedSessions({ cookie })
    return (await visit(sessions, null, (session) => session.set('x', 1)))[0]!
  }

  it('§2.10 the defaults are __Host-, Secure, HttpOnly, Path=/, SameSite=Lax and no Domain', async () => {
    const [, ...attributes] = (await lineOf()).split('; ')
    expect(attributes).toEqual(['Max-Age=86400', 'Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax'])
    expect(await lineOf()).toMatch(/^__Host-session=/)
  })

  it.each([
    ['__Host- with Domain', { domain: 'example.com' }],
    ['__Host- with another path', { path: '/app' }],
    ['__Host- without Secure', { secure: false }],
    ['__Secure- without Secure', { name: '__Secure-a', secure: false }],
    ['SameSite=None without Secure', { name: 'a', secure: false, sameSite: 'none' }],
    ['Partitioned without Secure', { name: 'a', secure: false, partitioned: true }],
    ...['\0', '\t', '\n', '\r', '\x1f', '\x7f', ';'].flatMap(
      (bad): [string, SessionCookieOptions][] => [
        [`a name with ${JSON.stringify(bad)}`, { name: `a${bad}b` }],
        [`a path with ${JSON.stringify(bad)}`, { name: 'a', path: `/${bad}b` }],
        [`a domain with ${JSON.stringify(bad)}`, { name: 'a', domain: `a${bad}b.com` }],
        [`a SameSite with ${JSON.stringify(bad)}`, { sameSite: `lax${bad}` as 'lax' }],
        [`a priority with ${JSON.stringify(bad)}`, { priority: `low${bad}` as 'low' }],
      ]
    ),
  ] as [string, SessionCookieOptions][])('§2.11 is refused when it is made: %s', (_, cookie) => {
    expect(() => recordedSessions({ cookie })).toThrow(ConfigurationError)
  })

  it('§2.12 Max-Age is at most 400 days, an attribute at most 1024 octets', async () => {
    expect(await lineOf({ maxAge: 34_560_000 })).toContain('; Max-Age=34560000;')
    expect(() => recordedSessions({ cookie: { maxAge: 34_560_001 } })).toThrow(ConfigurationError)
    expect(() => recordedSessions({ lifetime: 34_560_001 })).toThrow(ConfigurationError)
    const path = (size: number) => ({ name: 'a', path: `/${'p'.repeat(size - 1)}` })
    expect(await lineOf(path(1024))).toContain(`; Path=${path(1024).path};`)
    expect(() => recordedSessions({ cookie: path(1025) })).toThrow(ConfigurationError)
  })

  it.each<[string, SessionCookieOptions]>([
    ['the default', {}],
    ['a cookie of a domain', { name: 'a', domain: 'example.com', path: '/app' }],
    ['a partitioned cookie', { partitioned: true, sameSite: 'none' }],
    ['a cookie of plain HTTP', { name: 'a', secure: false, httpOnly: false, sameSite: 'strict' }],
    ['a cookie without Max-Age', { maxAge: null, priority: 'low' }],
  ])('§2.13 %s is deleted with every attribute that it was set with', async (_, cookie) => {
    const { sessions } = recordedSessions({ cookie })
    const set = await visit(sessions, null, (session) => session.set('x', 1))
    const removed = await visit(sessions, cookieOf(set), (session) => session.destroy())
    const attributesOf = ([line]: string[]) =>
      line!.split('; ').filter((text) => !/^(?:Max-Age|Expires)=/.test(text))
    const [pair, ...attributes] = attributesOf(removed)
    expect(pair).toBe(`${sessions.cookieName}=`)
    expect(attributes).toEqual(attributesOf(set).slice(1))
    expect(removed[0]).toContain('; Max-Age=0;')
    expect(removed[0]).toContain('; Expires=Thu, 01 Jan 1970 00:00:00 GMT')
  })

  it('§2.15, §2.26 a cookie of a server storage is a random id of 144 bits and tells nothing', async () => {
    const random = vi.spyOn(crypto, 'getRandomValues')
    const { sessions } = recordedSessions({ storage: memoryStorage() })
    const cookie = await cookieWith(sessions, { email: 'ada@example.com', role: 'admin' })
    expect(cookie).toMatch(/^__Host-session=T[\w-]{3}[\w-]{40}\.[\w-]{43}$/)
    expect(random.mock.calls.some(([bytes]) => bytes?.byteLength === 30)).toBe(true)
    random.mockRestore()
    const text = Buffer.from(cookie.slice(NAME.length + 5).split('.')[0]!, 'base64url').toString()
    expect(text).not.toMatch(/ada|example|admin/)
    const ids = new Set<string>()
    for (let i = 0; i < 1000; i++) ids.add(await cookieWith(sessions))
    expect(ids.size).toBe(1000)
  })
})
