import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { agreed } from './codec/engines.fixture.ts'
import { parseExpires, parseSetCookie } from './codec/set-cookie.fixture.ts'
import { type CookieAttributes, checkCookieName, parseCookies, serializeCookie } from './cookie.ts'
import { ConfigurationError } from './errors.ts'

/** Attributes as a program without types may give them. */
const attributes = (given: object): CookieAttributes => given as CookieAttributes

const refuses = (name: string, value: string, given: object = {}): void => {
  expect(() => serializeCookie(name, value, attributes(given)), JSON.stringify(given)).toThrow(
    TypeError
  )
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

describe('serializeCookie()', () => {
  it('serializeCookie() writes name, value and attributes in one order', () => {
    const line = serializeCookie('__Host-a', 'b', {
      sameSite: 'lax',
      priority: 'high',
      partitioned: true,
      secure: true,
      httpOnly: true,
      expires: new Date(0),
      path: '/',
      maxAge: 60,
    })
    expect(line).toBe(
      '__Host-a=b; Max-Age=60; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; ' +
        'Partitioned; Priority=High; SameSite=Lax'
    )
    expect(serializeCookie('a', 'b', { domain: 'example.com', sameSite: true })).toBe(
      'a=b; Domain=example.com; SameSite=Strict'
    )
    expect(serializeCookie('a', '', { secure: false, httpOnly: false, sameSite: false })).toBe('a=')
  })

  it('serializeCookie() encodes what is no cookie-octet, and parseCookies() reads it back', () => {
    for (const value of ['dark blue', '100%', 'a;b', 'a,b', '"q"', 'é€😀', '\0\r\n', '\\', '=']) {
      const line = serializeCookie('a', value)
      expect(line).toMatch(/^a=[!#-+\--:<-[\]-~]*$/)
      expect(agreed((engine) => ({ ...parseCookies(engine, line) }))).toEqual({ a: value })
    }
    expect(serializeCookie('a', 'T-_.~:/?#[]@!$&()*+=')).toBe('a=T-_.~:/?#[]@!$&()*+=')
    refuses('a', '\ud800')
  })

  it('GHSA-26pp-8wgv-hjvm serializeCookie() takes a name iff it is a token of RFC 9110', () => {
    for (let unit = 0; unit <= 0xff; unit++) {
      const character = String.fromCharCode(unit)
      for (const name of [character, `a${character}`, `a${character}b`]) {
        if (TOKEN.test(name)) expect(serializeCookie(name, 'v')).toBe(`${name}=v`)
        else refuses(name, 'v')
      }
    }
    for (const name of ['', 'a\u013bb', 'é', '\u2028', 'a\r\nSet-Cookie: b']) refuses(name, 'v')
  })

  it('CVE-2024-47764, GHSA-5pq2-9x2x-5p6w serializeCookie() takes no path or domain that breaks the line', () => {
    for (let unit = 0; unit <= 0xff; unit++) {
      const character = String.fromCharCode(unit)
      const breaks = unit < 0x20 || unit > 0x7e || character === ';'
      if (breaks) refuses('a', 'b', { path: `/${character}x` })
      if (!/[a-z0-9.-]/i.test(character)) refuses('a', 'b', { domain: `a${character}b` })
    }
    refuses('a', 'b', { path: '/; Domain=evil.example' })
    refuses('a', 'b', { domain: 'example.com; Path=/evil' })
    for (const domain of ['', '.', 'a..b', '-a.b', 'a-.b', 'a.b.', `${'a'.repeat(64)}.b`, 'é.b']) {
      refuses('a', 'b', { domain })
    }
  })

  it('CVE-2026-47675 serializeCookie() takes no sameSite and no priority but the known words', () => {
    for (const word of [
      '',
      'Lax; Domain=evil',
      'lax\r\n',
      'x',
      1,
      null,
      {},
      'toString',
      '__proto__',
    ]) {
      refuses('a', 'b', { sameSite: word, secure: true })
      refuses('a', 'b', { priority: word })
    }
    for (const word of ['lax', 'Lax', 'LAX']) {
      expect(serializeCookie('a', 'b', attributes({ sameSite: word }))).toBe('a=b; SameSite=Lax')
    }
  })

  it('serializeCookie() takes whole seconds of up to 400 days', () => {
    for (const maxAge of [0, -1, 1, 34_560_000]) {
      expect(serializeCookie('a', 'b', { maxAge })).toBe(`a=b; Max-Age=${maxAge}`)
    }
    for (const maxAge of [
      34_560_001,
      1.5,
      Number.NaN,
      Infinity,
      -Infinity,
      '60',
      '1; b',
      null,
      [],
    ]) {
      refuses('a', 'b', { maxAge })
    }
  })

  it('serializeCookie() writes Max-Age in digits only', () => {
    for (const maxAge of [-1e21, -Number.MAX_VALUE]) refuses('a', 'b', { maxAge })
    expect(serializeCookie('a', 'b', { maxAge: -0 })).toBe('a=b; Max-Age=0')
  })

  it('serializeCookie() takes dates that browsers can read', () => {
    const line = serializeCookie('a', 'b', { expires: new Date(Date.UTC(9999, 11, 31)) })
    expect(line).toBe('a=b; Expires=Fri, 31 Dec 9999 00:00:00 GMT')
    for (const expires of [new Date(Number.NaN), 0, '1 Jan 2030', {}, null]) {
      refuses('a', 'b', { expires })
    }
  })

  it('serializeCookie() refuses dates that browsers ignore, since the cookie would stay', () => {
    for (const year of [-1, 0, 1600, 10_000, 275_000]) {
      const expires = new Date(0)
      expires.setUTCFullYear(year)
      let line = ''
      try {
        line = serializeCookie('a', 'b', { expires })
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError)
      }
      if (line !== '') expect(parseExpires(line.slice('a=b; Expires='.length)), line).not.toBeNull()
    }
  })

  it('serializeCookie() refuses a path or domain that browsers ignore or read as another', () => {
    for (const path of [' /a', '/a ', `/${'a'.repeat(1024)}`]) refuses('a', 'b', { path })
    refuses('a', 'b', { domain: `${'a.'.repeat(512)}b` })
    expect(serializeCookie('a', 'b', { path: `/${'a'.repeat(1023)}` })).toContain('Path=/aaa')
  })

  it.each([
    ['__Host- without Secure', '__Host-a', { path: '/' }],
    ['__Host- without Path', '__Host-a', { secure: true }],
    ['__Host- with another Path', '__Host-a', { secure: true, path: '/a' }],
    ['__Host- with Domain', '__Host-a', { secure: true, path: '/', domain: 'example.com' }],
    ['__host- in another case', '__hOST-a', { path: '/' }],
    ['__Secure- without Secure', '__Secure-a', {}],
    ['__secure- in another case', '__SECURE-a', {}],
    ['Partitioned without Secure', 'a', { partitioned: true }],
    ['SameSite=None without Secure', 'a', { sameSite: 'none' }],
    ['SameSite=None without Secure, in another case', 'a', { sameSite: 'None' }],
    ['SameSite=NONE without Secure', 'a', { sameSite: 'NONE', secure: false }],
  ])('serializeCookie() refuses %s', (_, name, given) => {
    refuses(name, 'b', given)
  })

  const text = fc.oneof(
    fc.constantFrom('/', '/a', 'example.com', 'lax', 'None', 'high', 'a; b', 'a\r\nb', ' /a', ''),
    fc.string({ unit: 'binary' }),
    fc.string()
  )
  const mostly = <Value>(valid: fc.Arbitrary<Value>, wild: fc.Arbitrary<unknown> = text) =>
    fc.oneof({ weight: 30, arbitrary: valid }, wild, text)
  const anyAttributes = fc.record(
    {
      maxAge: mostly(fc.integer({ max: 34_560_000 }), fc.double()),
      domain: mostly(fc.domain()),
      path: mostly(fc.webPath()),
      expires: mostly(fc.date({ min: new Date(0), max: new Date(2 ** 47) }), fc.date()),
      httpOnly: fc.boolean(),
      secure: fc.boolean(),
      partitioned: fc.boolean(),
      priority: mostly(fc.constantFrom('low', 'Medium', 'high')),
      sameSite: mostly(fc.constantFrom('strict', 'Lax', 'none', 'None', true, false)),
    },
    { requiredKeys: [] }
  )
  const goodName = fc.constantFrom('a', '__Host-a', '__Secure-a', 'x.y-z')
  const anyName = fc.oneof({ weight: 15, arbitrary: goodName }, text)

  it('B7 serializeCookie() says exactly what it was given, or throws a TypeError', () => {
    let written = 0
    const check = (name: string, value: string, given: Record<string, unknown>): void => {
      let line: string
      try {
        line = serializeCookie(name, value, attributes(given))
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError)
        return
      }
      written++
      expect(line).toMatch(/^[ -~]*$/)
      const parsed = parseSetCookie(line)
      const { expires, ...said } = parsed.attributes
      expect([parsed.name, decodeURIComponent(parsed.value)]).toEqual([name, value])
      const lower = (word: unknown): string => String(word).toLowerCase()
      const { sameSite: site, priority } = given
      expect(said).toEqual({
        ...(given.maxAge !== undefined && { 'max-age': `${given.maxAge as number}` }),
        ...(given.domain !== undefined && { domain: given.domain }),
        ...(given.path !== undefined && { path: given.path }),
        ...(given.httpOnly === true && { httponly: true }),
        ...(given.secure === true && { secure: true }),
        ...(given.partitioned === true && { partitioned: true }),
        ...(priority !== undefined && { priority: expect.stringMatching(/^(Low|Medium|High)$/) }),
        ...(Boolean(site) && { samesite: expect.stringMatching(/^(Strict|Lax|None)$/) }),
      })
      if (priority !== undefined) expect(lower(said.priority)).toBe(lower(priority))
      if (site) expect(lower(said.samesite)).toBe(site === true ? 'strict' : lower(site))
      if (said.samesite === 'None') expect(said.secure).toBe(true)
      const instant = expires === undefined ? undefined : parseExpires(expires as string)
      const asked = given.expires as Date | undefined
      expect(instant).toBe(asked && Math.floor(asked.getTime() / 1000) * 1000)
    }
    fc.assert(fc.property(anyName, text, anyAttributes, check), { numRuns: 5000 })
    expect(written).toBeGreaterThan(500)
  })
})

describe('checkCookieName()', () => {
  it('checkCookieName() gives a token of up to 256 characters back', () => {
    for (const name of ['a', '__Host-session', "!#$%&'*+-.^_`|~", 'a'.repeat(256)]) {
      expect(checkCookieName(name)).toBe(name)
    }
  })

  it.each(['', 'a b', 'a=b', 'a;b', 'a\n', 'é', 'a'.repeat(257), 1, null, undefined, ['a']])(
    'checkCookieName() refuses %o',
    (name) => {
      expect(() => checkCookieName(name as string)).toThrow(ConfigurationError)
    }
  )
})
