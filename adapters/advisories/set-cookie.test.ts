/**
 * What an option may put into a `Set-Cookie` line, and what the line says.
 *
 * @module
 */
import { describe, expect, it } from 'vitest'
import { parseSetCookie } from '../../bindings/codec/set-cookie.fixture.ts'
import { serializeCookie } from '../../bindings/cookie.ts'
import { ConfigurationError } from '../../bindings/errors.ts'
import type { SessionCookieOptions } from '../../bindings/session-cookie.ts'
import { session } from '../hono.ts'
import { NAME, PLACES, SECRET, Site } from './places.fixture.ts'

const refused = (cookie: object, lifetime?: number): void => {
  const make = () => session({ secrets: SECRET, cookie: cookie as SessionCookieOptions, lifetime })
  expect(make, JSON.stringify(cookie)).toThrow(ConfigurationError)
}

/** What would end an attribute, a line, or the trust of who reads it. */
const BREAKERS = [
  ';',
  '\r',
  '\n',
  '\0',
  '\x1f',
  '\x7f',
  '; Domain=evil.example',
  '\r\nX: y',
  '\u013b',
]

describe('an option of the cookie', () => {
  it.each<[string, (text: string) => object]>([
    ['CVE-2026-47675, GHSA-3hrh-pfw6-9m5x, §2.11 sameSite', (text) => ({ sameSite: `lax${text}` })],
    ['CVE-2026-47675, GHSA-3hrh-pfw6-9m5x, §2.11 priority', (text) => ({ priority: `low${text}` })],
    ['GHSA-5pq2-9x2x-5p6w, §2.11 path', (text) => ({ name: 'a', path: `/a${text}b` })],
    ['GHSA-5pq2-9x2x-5p6w, §2.11 domain', (text) => ({ name: 'a', domain: `a${text}.example` })],
    ['GHSA-26pp-8wgv-hjvm, CVE-2024-47764, §2.11 name', (text) => ({ name: `a${text}b` })],
  ])('%s with anything that breaks the line is refused when the app starts', (_, make) => {
    for (const text of BREAKERS) refused(make(text))
  })

  it('RUSTSEC-2017-0005, §2.12 maxAge of twenty digits, or of more than 400 days, is refused', () => {
    for (const maxAge of [1e20, Number.MAX_SAFE_INTEGER, Infinity, Number.NaN, 34_560_001]) {
      refused({ maxAge })
      expect(() => serializeCookie('a', 'b', { maxAge })).toThrow(TypeError)
    }
    refused({}, 34_560_001)
    refused({ name: 'a', path: `/${'a'.repeat(1024)}` })
    // A browser ignores an attribute of over 1,024 octets; what it reads is what was meant.
    expect(serializeCookie('a', 'b', { maxAge: 34_560_000 })).toContain('Max-Age=34560000')
  })

  it('RUSTSEC-2017-0005 Max-Age of twenty digits in a Cookie header is a cookie like any other', async () => {
    const visitor = new Site({ secrets: SECRET }).visitor()
    visitor.jar.plant('Max-Age', '9'.repeat(20))
    visitor.jar.plant(NAME, `x; Max-Age=${'9'.repeat(400)}`)
    expect(await visitor.send((session) => session.isNew)).toBe(true)
  })

  it.each([
    ['a __Host- name with Domain', { domain: 'shop.example' }],
    ['a __Host- name with another path', { path: '/shop' }],
    ['a __Host- name without Secure', { secure: false }],
    ['a __Secure- name without Secure', { name: '__Secure-a', secure: false }],
    ['SameSite=None without Secure', { name: 'a', sameSite: 'none', secure: false }],
    ['Partitioned without Secure', { name: 'a', partitioned: true, secure: false }],
  ])('§2.11 %s, which browsers drop, is refused when the app starts', (_, cookie) => {
    refused(cookie)
  })
})

describe.each(PLACES)('the cookie, %s', (_, storage) => {
  it('§2.10, §2.15 is __Host-session, Secure, HttpOnly, SameSite=Lax, Path=/, and says nothing of its user', async () => {
    const visitor = new Site({ secrets: SECRET, storage: storage() }).visitor()
    await visitor.send((session) => session.set('x', 1))
    const { name, value, attributes } = parseSetCookie(visitor.setCookies[0]!)
    expect(name).toBe(NAME)
    expect(attributes).toEqual({
      'max-age': '86400',
      path: '/',
      httponly: true,
      secure: true,
      samesite: 'Lax',
    })
    expect(value).toMatch(/^[A-Za-z0-9_.-]+$/)
  })

  it('CVE-2026-34454, §2.13 is deleted with the name and the attributes that it was set with', async () => {
    const cookie = {
      name: '__Secure-a',
      domain: 'shop.example',
      path: '/cart',
      partitioned: true,
      sameSite: 'strict',
      priority: 'high',
    } as const
    const site = new Site({ secrets: SECRET, storage: storage(), cookie })
    const visitor = site.visitor()
    const take = () => parseSetCookie(visitor.setCookies[0]!)
    await visitor.send((session) => session.set('x', 1))
    const set = take()
    // The jar keeps to paths: this app answers below any.
    const headers = { Cookie: `${set.name}=${set.value}` }
    const { ticket } = site.register((session) => session.destroy())
    await visitor.visit(`/${ticket}`, { headers })
    const deleted = take()
    expect([deleted.name, deleted.value]).toEqual([set.name, ''])
    const { 'max-age': gone, expires, ...rest } = deleted.attributes
    expect([gone, expires]).toEqual(['0', 'Thu, 01 Jan 1970 00:00:00 GMT'])
    const { 'max-age': _life, ...attributes } = set.attributes
    expect(rest).toEqual(attributes)
  })
})
