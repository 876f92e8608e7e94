import { Hono } from 'hono'
import { etag } from 'hono/etag'
import { describe, expect, it } from 'vitest'
import { SECRET } from '../bindings/sessions.fixture.ts'
import { memoryStorage } from '../bindings/storage/memory.ts'
import { session, type SessionVariables } from './hono.ts'

/** An app whose page is always the same, behind `etag()` or before it. */
function createApp(order: 'outside' | 'inside') {
  const middleware = [etag(), session({ secrets: SECRET, storage: memoryStorage() })]
  if (order === 'inside') middleware.reverse()
  const app = new Hono<{ Variables: SessionVariables }>()
  for (const each of middleware) app.use(each)
  return app
    .get('/', (c) => {
      c.var.session.set('user', 'ada')
      if (c.req.query('rotate') !== undefined) c.var.session.regenerateId()
      return c.text('the same page')
    })
    .get('/who', (c) => c.text(c.var.session.get('user', 'nobody')))
}

const cookieIn = (response: Response): string | undefined =>
  response.headers.getSetCookie()[0]?.split(';')[0]

describe.each(['outside', 'inside'] as const)('etag() %s of session()', (order) => {
  it('never takes a new id away: a page that is the same comes with its cookie', async () => {
    const app = createApp(order)
    const first = await app.request('/')
    const headers = { Cookie: cookieIn(first)!, 'If-None-Match': first.headers.get('ETag')! }
    const rotated = await app.request('/?rotate', { headers })
    const Cookie = cookieIn(rotated)
    expect(Cookie).toBeDefined()
    expect(Cookie).not.toBe(headers.Cookie)
    expect(await (await app.request('/who', { headers: { Cookie: Cookie! } })).text()).toBe('ada')
  })

  it('still answers 304 where no cookie is set', async () => {
    const app = createApp(order)
    const Cookie = cookieIn(await app.request('/'))!
    const page = await app.request('/who', { headers: { Cookie } })
    const headers = { Cookie, 'If-None-Match': page.headers.get('ETag')! }
    expect((await app.request('/who', { headers })).status).toBe(304)
  })
})
