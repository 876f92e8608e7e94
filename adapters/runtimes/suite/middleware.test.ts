import { Hono } from 'hono'
import { memoryStorage } from 'tuile'
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
