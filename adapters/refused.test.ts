/**
 * A cookie that is refused: the response has the browser forget it, unless it may be a good one.
 *
 * @module
 */
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { OTHER_SECRET, remoteStorage, SECRET } from '../bindings/sessions.fixture.ts'
import { nodeKey, nodeToken } from '../bindings/codec/keys.fixture.ts'
import { createSessions, type SessionStorage } from '../bindings/index.ts'
import type { SessionsOptions } from '../bindings/options.ts'
import { cookieStorage } from '../bindings/storage/cookie.ts'
import { memoryStorage } from '../bindings/storage/memory.ts'
import { session, type MiddlewareOptions, type SessionVariables } from './hono.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

type Options = Partial<SessionsOptions<object>> & MiddlewareOptions

const NAME = '__Host-session'
const REMOVED =
  /^__Host-session=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax$/

function appWith(options: Options) {
  const reasons: string[] = []
  const sessions = createSessions({ secrets: SECRET, ...options } as SessionsOptions<object>)
  sessions.on('reject', ({ reason }) => void reasons.push(reason))
  sessions.on('expire', () => void reasons.push('expired'))
  const app = new Hono<{ Variables: SessionVariables }>()
    .use(session(sessions as never, { lazy: options.lazy ?? false }))
    .get('/unused', (c) => c.text('unused'))
    .get('/read', async (c) => c.text(String((await c.var.session.load()).get('user', 'nobody'))))
    .get('/set', async (c) => {
      ;(await c.var.session.load()).set('user', 'ada')
      return c.text('set')
    })
    .get('/rotate', async (c) => {
      ;(await c.var.session.load()).regenerateId()
      return c.text('rotated')
    })
    .get('/out', async (c) => {
      ;(await c.var.session.load()).destroy()
      return c.text('out')
    })
  const go = async (path: string, Cookie: string, headers: Record<string, string> = {}) => {
    const response = await app.request(path, { headers: { Cookie, ...headers } })
    const lines = response.headers.getSetCookie()
    return {
      response,
      lines,
      cookie: lines[0]?.split(';')[0] ?? Cookie,
      text: await response.text(),
    }
  }
  return { go, reasons }
}

type Site = ReturnType<typeof appWith>

interface Case {
  readonly what: string
  readonly reason: string
  readonly options?: () => Options
  /** Makes the cookie that is refused. */
  readonly bring: (site: Site, options: Options) => Promise<string> | string
}

const signedIn = async ({ go }: Site): Promise<string> => (await go('/set', '')).cookie
const withRevocations = (): Options => ({
  storage: cookieStorage({ revocations: memoryStorage() }),
})

/** Cookies that no request will ever accept. */
const REFUSED: readonly Case[] = [
  { what: 'nonsense', reason: 'malformed', bring: () => `${NAME}=x` },
  {
    what: 'the signature of another',
    reason: 'bad-signature',
    bring: async (site) => {
      const cookie = await signedIn(site)
      return cookie.slice(0, -1) + (cookie.endsWith('A') ? 'Q' : 'A')
    },
  },
  {
    what: 'a secret that was retired',
    reason: 'unknown-key',
    bring: (_, options) => signedIn(appWith({ ...options, secrets: OTHER_SECRET })),
  },
  {
    what: 'a session that was signed out',
    reason: 'unknown-id',
    bring: async (site) => {
      const cookie = await signedIn(site)
      await site.go('/out', cookie)
      return cookie
    },
  },
  {
    what: 'a session that was revoked',
    reason: 'revoked',
    options: withRevocations,
    bring: async (site) => {
      const cookie = await signedIn(site)
      await site.go('/out', cookie)
      return cookie
    },
  },
  {
    what: 'a session whose time is over',
    reason: 'expired',
    options: () => ({ storage: cookieStorage() }),
    bring: async (site) => {
      const cookie = await signedIn(site)
      vi.advanceTimersByTime(86_401_000)
      return cookie
    },
  },
  {
    what: 'an id that is signed and is no id',
    reason: 'corrupt',
    bring: () => `${NAME}=${nodeToken(nodeKey(SECRET, NAME, 'id'), 'short')}`,
  },
  {
    what: 'a rotation that never was',
    reason: 'superseded',
    bring: async (site) => {
      const cookie = await signedIn(site)
      const id = cookie.slice(NAME.length + 5, NAME.length + 45)
      const other = id.slice(0, 16) + 'A'.repeat(24)
      return `${NAME}=${nodeToken(nodeKey(SECRET, NAME, 'id'), other)}`
    },
  },
  {
    what: 'an id that was superseded half a minute ago',
    reason: 'superseded',
    bring: async (site) => {
      const cookie = await signedIn(site)
      await site.go('/rotate', cookie)
      vi.advanceTimersByTime(30_000)
      return cookie
    },
  },
]

describe.each(REFUSED)('a cookie with $what', ({ reason, options, bring }) => {
  const start = async (more: Options = {}) => {
    const all = { storage: memoryStorage(), ...options?.(), ...more }
    const site = appWith(all)
    const cookie = await bring(site, all)
    site.reasons.length = 0
    return { ...site, cookie }
  }

  it('§2.30 is forgotten by the browser, by a response that no cache keeps', async () => {
    const { go, reasons, cookie } = await start()
    const { response, lines, text } = await go('/read', cookie)
    expect(text).toBe('nobody')
    expect(lines).toEqual([expect.stringMatching(REMOVED)])
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.get('Vary')).toBe('Cookie')
    expect(reasons).toEqual([reason])
  })

  it('is left alone by a response that does not depend on the session', async () => {
    const { go, cookie } = await start()
    const { response, lines } = await go('/unused', cookie)
    expect([lines, response.headers.get('Cache-Control')]).toEqual([[], null])
  })

  it('is replaced once, not removed as well, by a session that is written', async () => {
    const { go, cookie } = await start()
    const { lines, cookie: next } = await go('/set', cookie)
    expect(lines).toHaveLength(1)
    expect(lines[0]).not.toMatch(REMOVED)
    expect((await go('/read', next)).text).toBe('ada')
  })

  it('is removed once by a sign-out', async () => {
    const { go, cookie } = await start()
    expect((await go('/out', cookie)).lines).toEqual([expect.stringMatching(REMOVED)])
  })
})

/** Cookies that may be good, for another request or another node. */
const KEPT: readonly Case[] = [
  {
    what: 'data of another version of the app',
    reason: 'schema',
    bring: (_, { storage }) => signedIn(appWith({ storage: storage! })),
    options: () => ({
      schema: {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: () => ({ issues: [{ message: 'no' }] }),
        },
      } as never,
    }),
  },
  {
    what: 'an id that was superseded a moment ago',
    reason: 'superseded',
    bring: async (site) => {
      const cookie = await signedIn(site)
      await site.go('/rotate', cookie)
      vi.advanceTimersByTime(29_999)
      return cookie
    },
  },
  {
    what: 'an id whose record may not have arrived yet',
    reason: 'unknown-id',
    options: () => ({ storage: { ...remoteStorage(0), consistency: 'eventual' } }),
    bring: () => signedIn(appWith({ storage: memoryStorage() })),
  },
  {
    what: 'a header that is too long to be looked at',
    reason: 'oversize',
    bring: async (site) => `filler=${'x'.repeat(20_000)}; ${await signedIn(site)}`,
  },
]

describe.each(KEPT)('a cookie with $what', ({ reason, options, bring }) => {
  it('stays, when the session is read', async () => {
    const all = { storage: memoryStorage() as SessionStorage, ...options?.() }
    const site = appWith(all)
    const cookie = await bring(site, all)
    site.reasons.length = 0
    const { response, lines, text } = await site.go('/read', cookie)
    expect([text, lines, response.headers.get('Cache-Control')]).toEqual(['nobody', [], null])
    expect(site.reasons).toEqual([reason])
  })
})

it('a cookie is kept while the storage is down, whatever onStorageError says', async () => {
  const memory = remoteStorage(0)
  const cookie = await signedIn(appWith({ storage: memory }))
  const storage = { ...memory, read: () => Promise.reject(new Error('down')) }
  const { go } = appWith({ storage, onStorageError: 'empty' })
  const { lines, text } = await go('/read', cookie)
  expect([text, lines]).toEqual(['nobody', []])
})

it('a lazy session that nobody loads leaves a refused cookie alone', async () => {
  const { go } = appWith({ storage: remoteStorage(0), lazy: true })
  expect((await go('/unused', `${NAME}=x`)).lines).toEqual([])
  expect((await go('/read', `${NAME}=x`)).lines).toEqual([expect.stringMatching(REMOVED)])
})

it('a refused session that came in a header is answered in that header, not by a cookie', async () => {
  const { go } = appWith({ storage: memoryStorage(), transport: ['bearer', 'cookie'] })
  const { response, lines } = await go('/read', '', { Authorization: 'Bearer x' })
  expect(lines).toEqual([])
  expect(response.headers.get('Authorization')).toBe('')
  expect(response.headers.get('Cache-Control')).toBe('no-store')
})
