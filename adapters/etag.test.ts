/**
 * Our cookie in a response that other middleware replaces: `etag()` answers with a 304 of its own where
 * the browser has the page already.
 *
 * @module
 */
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { etag } from 'hono/etag'
import { describe, expect, it } from 'vitest'
import { Browser } from './acceptance/jar.fixture.ts'
import type { Session } from '../bindings/session.ts'
import { OTHER_SECRET, SECRET } from '../bindings/sessions.fixture.ts'
import { cookieStorage } from '../bindings/storage/cookie.ts'
import { memoryStorage } from '../bindings/storage/memory.ts'
import { session } from './hono.ts'

type Work = (session: Session) => unknown

/** What a request does that makes the response set our cookie. */
const WORK: readonly (readonly [what: string, work: Work])[] = [
  ['a new id', (session) => session.regenerateId()],
  ['a sign-in', (session) => session.authenticate()],
  ['a flash message', (session) => session.flash('notice', 'saved')],
  ['a sign-out', (session) => session.destroy()],
  ['a cookie that an older secret signed', (session) => session.get('user')],
]
const STORAGES = [
  ['memory', () => memoryStorage()],
  ['cookie', () => cookieStorage({ revocations: memoryStorage() })],
] as const
const ORDERS = ['before', 'after'] as const
const CASES = STORAGES.flatMap(([storage, create]) =>
  ORDERS.flatMap((order) => WORK.map(([what, work]) => ({ storage, create, order, what, work })))
)

/** A page that is always the same, whatever is done to the session. */
function createApp(
  storage: ReturnType<(typeof STORAGES)[number][1]>,
  order: (typeof ORDERS)[number],
  secrets: string | readonly string[] = SECRET
) {
  let work: Work = () => undefined
  const sessions = session({ storage, secrets })
  const chain: MiddlewareHandler[] = order === 'before' ? [etag(), sessions] : [sessions, etag()]
  const app = new Hono().use(...(chain as [MiddlewareHandler, MiddlewareHandler]))
  app.get('/page', (c: Context) => {
    work(c.get('session'))
    return c.text('the same page')
  })
  app.get('/who', (c: Context) => c.text((c.get('session') as Session).get('user', 'nobody')))
  return { app, next: (then: Work) => void (work = then) }
}

describe('§2.14 etag()', () => {
  it.each(CASES)(
    '$order session(), with the $storage storage: $what reaches a browser that has the page',
    async ({ create, order, what, work }) => {
      const storage = create()
      const isOld = what.includes('older secret')
      const first = createApp(storage, order, isOld ? OTHER_SECRET : SECRET)
      first.next((session) => session.set('user', 'ada'))
      const browser = new Browser(first.app)
      await browser.visit('/page')
      const tag = browser.response.headers.get('ETag')!

      const { app, next } = createApp(storage, order, [SECRET, OTHER_SECRET])
      const later = new Browser(app, { jar: browser.jar })
      next(work)
      await later.visit('/page', { headers: { 'If-None-Match': tag } })
      expect(later.setCookies).toHaveLength(1)
      expect(later.response.headers.get('Cache-Control')).toBe('no-store')
      expect(later.response.status).toBe(order === 'before' ? 200 : 304)
      const isOver = what === 'a sign-out'
      expect(await later.visit('/who')).toBe(isOver ? 'nobody' : 'ada')
      expect(later.jar.names).toEqual(isOver ? [] : ['__Host-session'])
    }
  )

  it.each(ORDERS)('%s session(): a page whose session is only read is a 304', async (order) => {
    const { app, next } = createApp(memoryStorage(), order)
    next((session) => session.set('user', 'ada'))
    const browser = new Browser(app)
    await browser.visit('/page')
    next((session) => session.get('user'))
    await browser.visit('/page')
    const tag = browser.response.headers.get('ETag')!
    await browser.visit('/page', { headers: { 'If-None-Match': tag } })
    expect([browser.response.status, browser.setCookies]).toEqual([304, []])
    expect(browser.response.headers.get('ETag')).toBe(tag)
  })

  it('after session(): a 304 that sets our cookie has the tag of its page', async () => {
    const { app, next } = createApp(memoryStorage(), 'after')
    next((session) => session.set('user', 'ada'))
    const browser = new Browser(app)
    await browser.visit('/page')
    const tag = browser.response.headers.get('ETag')!
    next((session) => session.regenerateId())
    await browser.visit('/page', { headers: { 'If-None-Match': tag } })
    expect(browser.response.status).toBe(304)
    expect(browser.response.headers.get('ETag')).toBe(tag)
  })
})
