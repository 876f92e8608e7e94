/**
 * Responses that a shared cache must not give to the next visitor, and copies that must not be old.
 *
 * @module
 */
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { createSessions } from '../../bindings/sessions.ts'
import { cookieOf, visit } from '../../bindings/sessions.fixture.ts'
import { cookieStorage } from '../../bindings/storage/cookie.ts'
import { memoryStorage } from '../../bindings/storage/memory.ts'
import { tieredStorage } from '../../bindings/storage/tiered.ts'
import { session } from '../hono.ts'
import { PLACES, SECRET } from './places.fixture.ts'

describe.each(PLACES)('a cache in front of the app, %s', (_, storage) => {
  it('CVE-2023-30861, CVE-2014-1418, CVE-2022-24894, §2.14 is told by every response that reads or sets the session', async () => {
    const app = new Hono()
      .use(session({ secrets: SECRET, storage: storage(), idleTimeout: 600, touchEvery: 0 }))
      .get('/public', (c) => c.text('the same for all'))
      .get('/read', (c) => c.json(c.var.session.get('x') ?? null))
      .get('/set', (c) => {
        c.var.session.set('x', 1)
        c.header('Cache-Control', 'public, max-age=600')
        return c.text('set')
      })
      .get('/end', (c) => {
        c.var.session.destroy()
        return c.text('ended')
      })
      .get('/fail', (c) => {
        c.var.session.set('x', 2)
        throw new Error('handler')
      })
      .get('/other', (c) => {
        c.var.session.set('x', 3)
        c.header('Set-Cookie', 'theme=dark')
        c.header('Vary', 'Accept-Encoding')
        return c.text('others')
      })
      .onError((error, c) => c.text(error.message, 500))
    let cookie = ''
    const get = async (path: string) => {
      const { headers } = await app.request(path, { headers: cookie ? { Cookie: cookie } : {} })
      const lines = headers.getSetCookie()
      const ours = lines.filter((line) => line.startsWith('__Host-session='))
      expect(ours.length).toBeLessThanOrEqual(1)
      if (ours[0]) {
        expect(headers.get('Cache-Control'), path).toMatch(/no-store/)
        cookie = cookieOf(ours)
      }
      return { vary: headers.get('Vary'), lines: lines.length }
    }
    expect(await get('/public')).toEqual({ vary: null, lines: 0 })
    expect(await get('/read')).toEqual({ vary: 'Cookie', lines: 0 })
    expect(await get('/set')).toEqual({ vary: 'Cookie', lines: 1 })
    expect((await get('/read')).vary).toBe('Cookie')
    expect((await get('/fail')).vary).toBe('Cookie')
    const others = await get('/other')
    expect(others.vary).toBe('Accept-Encoding, Cookie')
    expect(others.lines).toBeGreaterThanOrEqual(1)
    expect(await get('/end')).toEqual({ vary: 'Cookie', lines: 1 })
  })
})

describe('a copy of a session', () => {
  it('GHSA-xg6x-h9c9-2m83 in its cookie from before the second factor is worth nothing after it', async () => {
    const sessions = createSessions({
      secrets: SECRET,
      storage: cookieStorage({ revocations: memoryStorage() }),
    })
    const half = cookieOf(await visit(sessions, null, (s) => s.set('factor', 1)))
    const whole = cookieOf(
      await visit(sessions, half, (s) => {
        s.regenerateId()
        s.set('factor', 2)
      })
    )
    expect((await sessions.read(whole)).get('factor')).toBe(2)
    expect((await sessions.read(half)).isNew).toBe(true)
  })

  it('GHSA-xg6x-h9c9-2m83 in a fast storage is dropped by whatever writes', async () => {
    const sessions = createSessions({
      secrets: SECRET,
      storage: tieredStorage(memoryStorage(), memoryStorage()),
    })
    const cookie = cookieOf(await visit(sessions, null, (s) => s.set('factor', 1)))
    for (const factor of [2, 3, 4]) {
      await visit(sessions, cookie, (s) => s.set('factor', factor))
      expect((await sessions.read(cookie)).get('factor')).toBe(factor)
    }
    await visit(sessions, cookie, (s) => s.destroy())
    expect((await sessions.read(cookie)).isNew).toBe(true)
  })
})
