import { Hono } from 'hono'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ExplainReason } from '../bindings/explain-reasons.ts'
import { remoteStorage, SECRET } from '../bindings/sessions.fixture.ts'
import { createSessions } from '../bindings/sessions.ts'
import type { SessionsOptions } from '../bindings/options.ts'
import { cookieStorage } from '../bindings/storage/cookie.ts'
import { memoryStorage } from '../bindings/storage/memory.ts'
import { session } from './hono.ts'

afterEach(() => vi.unstubAllEnvs())

const HEADER = 'Tuile-Explain'

/** An app that sets a value, does nothing, or answers with what cannot be changed. */
function appWith(options: Partial<SessionsOptions<{ n: number }>> = {}) {
  const told: ExplainReason[] = []
  const sessions = createSessions<{ n: number }>({ secrets: SECRET, ...options })
  sessions.on('explain', ({ reason }) => void told.push(reason))
  const app = new Hono()
    .use(session(sessions))
    .get('/', (c) => c.text('nothing'))
    .get('/set', (c) => {
      c.var.session.update('n', (n = 0) => n + 1)
      return c.text('set')
    })
    .get('/read', (c) => c.text(String(c.var.session.get('n'))))
    .get('/rotate', (c) => {
      c.var.session.regenerateId({ grace: Number(c.req.query('grace') ?? 0) })
      return c.text('rotated')
    })
    .get('/out', (c) => {
      c.var.session.destroy()
      return c.text('out')
    })
    .get('/upgrade', (c) => {
      c.var.session.set('n', 1)
      return new Proxy(c.text('upgraded'), {
        get: (response, name) => (name === 'status' ? 101 : Reflect.get(response, name, response)),
      })
    })
    .get('/frozen', async () => {
      const response = Response.redirect('http://localhost/')
      return response
    })
  return { app, told }
}

describe('Tuile-Explain', () => {
  it('says on localhost, in development, why there is no session and no cookie', async () => {
    const { app } = appWith()
    const reasons = async (path: string, Cookie = '') => {
      const response = await app.request(path, { headers: { Cookie } })
      return response.headers.get(HEADER)
    }
    expect(await reasons('/')).toBe('no-cookie, unused')
    expect(await reasons('/', '__Host-session=x')).toBe('unused')
    expect(await reasons('/set')).toBe('no-cookie')
    expect(await reasons('/set', '__Host-session=x')).toBe('malformed')
    expect(await reasons('/frozen')).toBe('no-cookie, unused')
    expect(await reasons('http://127.0.0.1:3000/')).toBe('no-cookie, unused')
  })

  it('is elsewhere only where NODE_ENV says development', async () => {
    const at = async (url: string) => (await appWith().app.request(url)).headers.get(HEADER)
    expect(await at('https://shop.example/')).toBe(null)
    expect(await at('https://localhost.shop.example/')).toBe(null)
    vi.stubEnv('NODE_ENV', 'development')
    expect(await at('https://shop.example/')).toBe('no-cookie, unused')
  })

  it('is never there in production, where events are', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    const { app, told } = appWith()
    for (const url of ['http://localhost/', 'https://shop.example/set']) {
      expect((await app.request(url)).headers.get(HEADER)).toBe(null)
    }
    expect(told).toEqual(['no-cookie', 'unused', 'no-cookie'])
  })

  it('says on a response that failed why it did', async () => {
    const storage = { ...remoteStorage(0), read: () => Promise.reject(new Error('down')) }
    const made = await appWith({ storage }).app.request('/set')
    const Cookie = made.headers.getSetCookie()[0]!.split(';')[0]!
    const failed = await appWith({ storage }).app.request('/set', { headers: { Cookie } })
    expect([failed.status, failed.headers.get(HEADER)]).toEqual([503, 'storage-failed'])
  })

  it.each([
    ['memory', () => memoryStorage()],
    ['cookie', () => cookieStorage({ revocations: memoryStorage() })],
  ])('says that an id was superseded, once, with the %s storage', async (name, storage) => {
    const { app } = appWith({ storage: storage() })
    const ask = async (path: string, Cookie = '') => {
      const { headers } = await app.request(path, { headers: { Cookie } })
      const [line] = headers.getSetCookie()
      return { reasons: headers.get(HEADER), cookie: line?.split(';')[0] ?? Cookie }
    }
    const { cookie } = await ask('/set')
    const next = await ask('/rotate', cookie)
    for (const path of ['/read', '/set', '/out']) {
      const { reasons } = await ask(path, cookie)
      // The sign-out ends the session, for whoever has its newer id as well.
      expect([path, reasons]).toEqual([path, 'superseded'])
    }
    const over = name === 'memory' ? 'unknown-id' : 'revoked'
    expect((await ask('/read', next.cookie)).reasons).toBe(`${over}, empty`)

    const again = await ask('/set')
    await ask('/rotate?grace=60', again.cookie)
    expect((await ask('/read', again.cookie)).reasons).toBe('superseded')
    // A change of what may only be read is lost.
    expect((await ask('/set', again.cookie)).reasons).toBe('gone')
  })

  it.each([
    ['http://192.168.0.7:3000/set', {}, true],
    ['http://shop.example/set', {}, true],
    ['http://shop.example/set', { 'X-Forwarded-Proto': 'http' }, true],
    ['http://shop.example/set', { 'X-Forwarded-Proto': 'https' }, false],
    ['http://shop.example/set', { 'X-Forwarded-Proto': 'HTTPS, http' }, false],
    ['https://shop.example/set', {}, false],
    ['http://localhost/set', {}, false],
    ['http://shop.example/', {}, false],
  ])(
    'says of a Secure cookie over plain HTTP that it is dropped: %s %o',
    async (url, headers, is) => {
      const { app, told } = appWith()
      await app.request(url, { headers: headers as Record<string, string> })
      expect(told.includes('insecure-transport')).toBe(is)
    }
  )

  it('says nothing of a cookie that may go over plain HTTP', async () => {
    const { app, told } = appWith({ cookie: { name: 'session', secure: false } })
    await app.request('http://shop.example/set')
    expect(told).toEqual(['no-cookie'])
  })

  it('leaves the headers of an upgrade alone, and tells that it came too late', async () => {
    const { app, told } = appWith()
    const response = await app.request('/upgrade')
    expect(response.headers.get(HEADER)).toBe(null)
    expect(told).toEqual(['no-cookie', 'response-started'])
  })
})
