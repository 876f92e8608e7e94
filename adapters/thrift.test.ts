/**
 * What a request asks of its storage. The table is in docs/locks.md, and this keeps it true.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { type Context, Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SessionsOptions } from '../bindings/options.ts'
import type { Session } from '../bindings/session.ts'
import { SECRET } from '../bindings/sessions.fixture.ts'
import type { SessionStorage } from '../bindings/storage/contract.ts'
import { memoryStorage } from '../bindings/storage/memory.ts'
import { lockSession, type MiddlewareOptions, session, type SessionVariables } from './hono.ts'

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

type Handler = (session: Session, c: Context) => unknown

interface Request {
  readonly name: string
  readonly calls: string
  readonly options?: Partial<SessionsOptions<object> & MiddlewareOptions>
  /** What a request before this one does, which gives the cookie. */
  readonly before?: Handler
  /** What becomes of the cookie. */
  readonly cookie?: (cookie: string) => string
  /** Milliseconds that pass between the two. */
  readonly later?: number
  /** Whether another request has given the session a new id since. */
  readonly superseded?: boolean
  readonly lock?: boolean
  readonly handle: Handler
}

const nothing: Handler = () => undefined
const look: Handler = (session) => session.get('x')
const change: Handler = (session) => session.set('x', 2)
const start: Handler = (session) => session.set('x', 1)
const idle = { idleTimeout: 600, touchEvery: 60 }

const REQUESTS: Request[] = [
  { name: 'no cookie, the session not used', calls: 'none', handle: nothing },
  { name: 'no cookie, the session read', calls: 'none', handle: look },
  { name: 'no cookie, a value set', calls: 'write', handle: change },
  {
    name: 'a cookie that was tampered with',
    calls: 'none',
    before: start,
    cookie: (cookie) => `${cookie}A`,
    handle: look,
  },
  { name: 'the session not used', calls: 'read', before: start, handle: nothing },
  {
    name: 'the session not used, `lazy: true`',
    calls: 'none',
    options: { lazy: true },
    before: start,
    handle: nothing,
  },
  { name: 'the session read, once or often', calls: 'read', before: start, handle: look },
  {
    name: 'ten parallel `load()`s, `lazy: true`',
    calls: 'read',
    options: { lazy: true },
    before: start,
    handle: (session) => Promise.all(Array.from({ length: 10 }, () => session.load())),
  },
  { name: 'a value changed', calls: 'read, write', before: start, handle: change },
  {
    name: 'many changes',
    calls: 'read, write',
    before: start,
    handle(session) {
      for (let i = 0; i < 100; i++) session.set(`key${i}`, i)
      session.flash('notice', 'saved')
      session.unset('x')
    },
  },
  { name: 'a value set that is there already', calls: 'read', before: start, handle: start },
  {
    name: 'a flash message delivered',
    calls: 'read, write',
    before: (session) => session.flash('notice', 'saved'),
    handle: (session) => session.get('notice'),
  },
  {
    name: '`regenerateId()`',
    calls: 'read, write',
    before: start,
    handle: (session) => session.regenerateId(),
  },
  {
    name: '`regenerateId({ grace })`',
    calls: 'read, write, write',
    before: start,
    handle: (session) => session.regenerateId({ grace: 10 }),
  },
  {
    name: 'a cookie that was superseded, the session read',
    calls: 'read',
    before: start,
    superseded: true,
    handle: look,
  },
  {
    name: 'a cookie that was superseded, a value set',
    calls: 'read',
    before: start,
    superseded: true,
    handle: change,
  },
  {
    name: 'a cookie that was superseded, `destroy()`',
    calls: 'read, destroy',
    before: start,
    superseded: true,
    handle: (session) => session.destroy(),
  },
  {
    name: '`destroy()`',
    calls: 'read, destroy',
    before: start,
    handle: (session) => session.destroy(),
  },
  {
    name: 'the session read, `touchEvery` not over',
    calls: 'read',
    options: idle,
    before: start,
    later: 59_999,
    handle: look,
  },
  {
    name: 'the session read, `touchEvery` over',
    calls: 'read, touch',
    options: idle,
    before: start,
    later: 60_000,
    handle: look,
  },
  {
    name: 'the session read under its lock',
    calls: 'lock, read, release',
    options: { lock: true },
    before: start,
    handle: look,
  },
  {
    name: 'a value changed under its lock',
    calls: 'lock, read, write, release',
    options: { lock: true },
    before: start,
    handle: change,
  },
  {
    name: 'a value changed, `lockSession()` on the route',
    calls: 'read, lock, read, write, release',
    lock: true,
    before: start,
    handle: change,
  },
]

/** A storage that counts. */
function countingStorage() {
  const memory = memoryStorage()
  const calls: string[] = []
  const call = async <Result>(name: string, run: () => Result): Promise<Result> => {
    calls.push(name)
    return run()
  }
  const storage: SessionStorage = {
    atomic: true,
    read: (key) => call('read', () => memory.read(key)),
    write: (key, value, options) => call('write', () => memory.write(key, value, options)),
    destroy: (key) => call('destroy', () => memory.destroy(key)),
    touch: (key, expiresAt) => call('touch', () => memory.touch(key, expiresAt)),
    sweep: (limit) => call('sweep', () => memory.sweep(limit)),
    lock: (key) =>
      call('lock', () => ({
        extend: () => call(`extend ${key}`, () => true),
        release: () => call('release', () => undefined),
      })),
  }
  return { storage, calls }
}

const docs = readFileSync(new URL('../docs/locks.md', import.meta.url), 'utf8')

describe('the calls of a request', () => {
  it.each(REQUESTS)('$name: $calls', async (request) => {
    const { storage, calls } = countingStorage()
    const middleware = session({ storage, secrets: SECRET, ...request.options })
    const app = new Hono<{ Variables: SessionVariables }>().use(middleware)
    const handlerOf = (handle: Handler) => async (c: Context) => {
      await handle(c.get('session') as Session, c)
      return c.text('ok')
    }
    app.get('/before', async (c) => {
      await c.var.session.load()
      return handlerOf(request.before ?? nothing)(c)
    })
    app.get('/rotate', async (c) => {
      ;(await c.var.session.load()).regenerateId()
      return c.text('ok')
    })
    if (request.lock) app.get('/', lockSession(), handlerOf(request.handle))
    else app.get('/', handlerOf(request.handle))

    const headers: Record<string, string> = {}
    if (request.before) {
      const response = await app.request('/before')
      const Cookie = response.headers.get('Set-Cookie')!.split(';')[0]!
      headers.Cookie = request.cookie?.(Cookie) ?? Cookie
    }
    if (request.superseded) await app.request('/rotate', { headers })
    vi.advanceTimersByTime(request.later ?? 0)
    calls.length = 0
    const response = await app.request('/', { headers })
    expect(response.status).toBe(200)
    expect(calls.join(', ') || 'none').toBe(request.calls)
    const kept = calls.some((call) => call === 'write' || call === 'destroy')
    // A cookie that is refused is removed; that asks the storage nothing.
    const isRemoval = / Max-Age=0;/.test(response.headers.get('Set-Cookie') ?? '')
    if (!kept) expect(isRemoval || response.headers.get('Set-Cookie') === null).toBe(true)
    expect(isRemoval).toBe(/tampered|`destroy/.test(request.name))
  })

  it('stand in docs/locks.md', () => {
    const rows = REQUESTS.map(({ name, calls }) => `| ${name} | ${calls} |`)
    const unpadded = docs.replace(/ +\|/g, ' |')
    expect(rows.filter((row) => !unpadded.includes(row))).toEqual([])
  })
})

describe('an idle deadline', () => {
  it('is moved at most once per touchEvery, and the data are never written again', async () => {
    const { storage, calls } = countingStorage()
    const app = new Hono<{ Variables: SessionVariables }>()
      .use(session({ storage, secrets: SECRET, ...idle }))
      .get('/start', (c) => {
        c.var.session.set('x', 1)
        return c.text('ok')
      })
      .get('/', (c) => c.json(c.var.session.get('x', null)))
    const first = await app.request('/start')
    const Cookie = first.headers.get('Set-Cookie')!.split(';')[0]!
    calls.length = 0
    // A request each second for an hour.
    for (let second = 0; second < 3600; second++) {
      vi.advanceTimersByTime(1000)
      const response = await app.request('/', { headers: { Cookie } })
      expect(await response.json()).toBe(1)
    }
    const count = (name: string): number => calls.filter((call) => call === name).length
    expect([count('read'), count('touch'), count('write')]).toEqual([3600, 60, 0])
  })
})
