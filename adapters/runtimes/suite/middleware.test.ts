import { Hono } from 'hono'
import { memoryStorage } from 'tuile'
import { csrf, csrfToken } from 'tuile/csrf'
import { session } from 'tuile/hono'
import { describe, expect, it } from 'vitest'
import { SECRETS } from './environment.ts'

describe.each(['cookie', 'memory'])('session() with a %s storage', (kind) => {
  const app = new Hono()
    .use(
      session<{ visits: number }, { notice: string }>({
        secrets: SECRETS,
        ...(kind === 'memory' && { storage: memoryStorage() }),
      })
    )
    .get('/', (c) => {
      c.header('Set-Cookie', 'other=1', { append: true })
      c.var.session.update('visits', (visits = 0) => visits + 1)
      return c.json([c.var.session.get('visits'), c.var.session.get('notice') ?? null])
    })
    .get('/flash', (c) => {
      c.var.session.flash('notice', 'hello')
      return c.redirect('/')
    })
    .get('/throw', (c) => {
      c.var.session.flash('notice', 'failed')
      throw new Error('handler')
    })
    .get('/sign-out', (c) => {
      c.var.session.destroy()
      return c.text('bye')
    })
    .onError((error, c) => c.text(error.message, 500))

  it('counts, flashes, saves on errors, signs out, and keeps the cookies of others', async () => {
    let cookie = ''
    const go = async (path: string): Promise<string> => {
      const response = await app.request(path, { headers: cookie ? { Cookie: cookie } : {} })
      const lines = response.headers.getSetCookie()
      const ours = lines.find((line) => line.startsWith('__Host-session='))
      if (ours !== undefined) cookie = ours.split(';')[0]!
      if (path === '/') expect(lines).toContain('other=1')
      return response.text()
    }
    expect(await go('/')).toBe('[1,null]')
    await go('/flash')
    expect(await go('/')).toBe('[2,"hello"]')
    expect(await go('/')).toBe('[3,null]')
    expect(await go('/throw')).toBe('handler')
    expect(await go('/')).toBe('[4,"failed"]')
    await go('/sign-out')
    expect(await go('/')).toBe('[1,null]')
  })
})

describe('the ways of a session', () => {
  const app = new Hono()
    .use(
      session<{ text: string }>({
        secrets: SECRETS,
        transport: ['cookie', 'bearer', { header: 'X-Session' }],
        cookie: { chunks: 4 },
      })
    )
    .use(csrf())
    .get('/token', (c) => c.text(csrfToken(c)))
    .get('/', (c) => c.json([c.var.session.get('text', '').length, c.var.session.transport]))
    .post('/:size', (c) => {
      c.var.session.set('text', 'x'.repeat(Number(c.req.param('size'))))
      return c.text('')
    })
    .post('/out/now', (c) => {
      c.var.session.destroy()
      return c.text('')
    })
  const post = (path: string, headers: Record<string, string>) =>
    app.request(path, { method: 'POST', headers })
  const sizeOf = async (headers: Record<string, string>) =>
    (await app.request('/', { headers })).text()

  it('are headers, which are empty at the start and at the end', async () => {
    for (const [kind, name] of [
      ['bearer', 'Authorization'],
      ['header', 'X-Session'],
    ] as const) {
      const first = await post('/10', { [name]: kind === 'bearer' ? 'Bearer' : '' })
      const token = first.headers.get(name)!
      expect(await sizeOf({ [name]: token })).toBe(`[10,"${kind}"]`)
      expect((await post('/out/now', { [name]: token })).headers.get(name)).toBe('')
    }
  })

  it('are several cookies, if one is too small', async () => {
    const response = await post('/6000', { 'Sec-Fetch-Site': 'same-origin' })
    const lines = response.headers.getSetCookie()
    expect(lines).toHaveLength(3)
    expect(lines.every((line) => line.length <= 4096)).toBe(true)
    const Cookie = lines.map((line) => line.split(';')[0]).join('; ')
    expect(await sizeOf({ Cookie })).toBe('[6000,"cookie"]')
    expect(await sizeOf({ Cookie: Cookie.replace('.1=', '.2=') })).toBe('[0,"cookie"]')
  })

  it('are no way for other sites', async () => {
    const page = await app.request('/token')
    const Cookie = page.headers.getSetCookie()[0]!.split(';')[0]!
    const token = { Cookie, 'X-CSRF-Token': await page.text() }
    expect((await post('/1', token)).status).toBe(200)
    expect((await post('/1', { Cookie })).status).toBe(403)
    expect((await post('/1', { ...token, 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403)
  })
})
