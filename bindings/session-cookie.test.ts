import { afterEach, describe, expect, it, vi } from 'vitest'
import { ConfigurationError } from './errors.ts'
import type { SessionCookieOptions } from './session-cookie.ts'
import { recordedSessions, visit } from './sessions.fixture.ts'

async function lineFor(cookie: SessionCookieOptions, plain = false): Promise<string> {
  const { sessions } = recordedSessions({ cookie })
  const session = await sessions.read(null, { plain })
  session.set('x', 1)
  return (await sessions.commit(session))[0]!.replace(/=S[\w.-]+/, '=…')
}

describe("the session's cookie", () => {
  it('is __Host-, Secure, HttpOnly, SameSite=Lax and lives as long as the session', async () => {
    expect(await lineFor({})).toBe(
      '__Host-session=…; Max-Age=86400; Path=/; HttpOnly; Secure; SameSite=Lax'
    )
  })

  it('takes every attribute', async () => {
    const line = await lineFor({
      name: 'app',
      domain: 'example.com',
      path: '/app',
      secure: false,
      httpOnly: false,
      sameSite: 'strict',
      priority: 'high',
      maxAge: 60,
    })
    expect(line).toBe(
      'app=…; Max-Age=60; Domain=example.com; Path=/app; Priority=High; SameSite=Strict'
    )
  })

  it('lives until the browser is closed with maxAge: null', async () => {
    expect(await lineFor({ maxAge: null })).not.toContain('Max-Age')
  })

  it("is plain on localhost with secure: 'auto', and nowhere else", async () => {
    const cookie = { secure: 'auto', partitioned: true } as const
    expect(await lineFor(cookie)).toContain('__Host-session=…')
    expect(await lineFor(cookie)).toContain('; Secure; Partitioned')
    expect(await lineFor(cookie, true)).toBe(
      'session=…; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax'
    )
  })

  it('is removed with the attributes that it was set with', async () => {
    const cookie = { name: 'app', domain: 'example.com', path: '/app', sameSite: 'none' } as const
    const { sessions } = recordedSessions({ cookie: { ...cookie, partitioned: true } })
    const set = await visit(sessions, null, (session) => session.set('x', 1))
    const removed = await visit(sessions, set[0]!.split(';')[0]!, (session) => session.destroy())
    expect(removed).toEqual([
      'app=; Max-Age=0; Domain=example.com; Path=/app; Expires=Thu, 01 Jan 1970 00:00:00 GMT; ' +
        'HttpOnly; Secure; Partitioned; SameSite=None',
    ])
  })

  const refused: [string, SessionCookieOptions][] = [
    ['__Host- with a domain', { domain: 'example.com' }],
    ['__Host- with another path', { path: '/app' }],
    ['__Host- without Secure', { secure: false }],
    ['__HOST- in any case', { name: '__HOST-x', secure: false }],
    ['__Secure- without Secure', { name: '__Secure-x', secure: false }],
    ['SameSite=None without Secure', { name: 'x', secure: false, sameSite: 'none' }],
    ['Partitioned without Secure', { name: 'x', secure: false, partitioned: true }],
    ['a Max-Age over 400 days', { maxAge: 34_560_001 }],
    ['a Max-Age that is no integer', { maxAge: 1.5 }],
    ['a Max-Age that is over at once', { maxAge: 0 }],
    ['a name with a semicolon', { name: 'a;b' }],
    ['a name with a line break', { name: 'a\r\nSet-Cookie: evil=1' }],
    ['an empty name', { name: '' }],
    ['a path with a semicolon', { name: 'x', path: '/; Domain=evil.com' }],
    ['a path with a line break', { name: 'x', path: '/\r\nX: 1' }],
    ['a domain with a semicolon', { name: 'x', domain: 'a.com; Secure' }],
    ['an unknown SameSite', { sameSite: 'sometimes' as never }],
    ['an unknown priority', { priority: 'urgent' as never }],
  ]
  it.each(refused)('is refused when it is made: %s', (_, cookie) => {
    expect(() => recordedSessions({ cookie })).toThrow(ConfigurationError)
  })

  it('is refused when the lifetime is over 400 days', () => {
    expect(() => recordedSessions({ lifetime: 401 * 86_400 })).toThrow(ConfigurationError)
    expect(() =>
      recordedSessions({ lifetime: 401 * 86_400, cookie: { maxAge: null } })
    ).not.toThrow()
  })
})

describe('the options of sessions', () => {
  it.each([
    [{ lifetime: 0 }, 'lifetime'],
    [{ lifetime: Number.NaN }, 'lifetime'],
    [{ lifetime: '3600' as never }, 'lifetime'],
    [{ idleTimeout: -1 }, 'idleTimeout'],
    [{ idleTimeout: 60, touchEvery: 60 }, 'touchEvery'],
    [{ idleTimeout: 60, touchEvery: -1 }, 'touchEvery'],
    [{ storage: {} as never }, 'read()'],
    [{ secrets: undefined as never }, 'secrets'],
    [{ secrets: 'short' }, 'secrets[0]'],
  ])('that cannot work are refused by name: %o', (options, name) => {
    expect(() => recordedSessions(options)).toThrow(ConfigurationError)
    expect(() => recordedSessions(options)).toThrow(name)
  })
})

describe('a host without a random generator', () => {
  afterEach(() => void vi.unstubAllGlobals())

  it('is refused when sessions are made, with advice', () => {
    vi.stubGlobal('crypto', undefined)
    expect(() => recordedSessions()).toThrow(ConfigurationError)
    expect(() => recordedSessions()).toThrow('no crypto.getRandomValues')
  })
})
