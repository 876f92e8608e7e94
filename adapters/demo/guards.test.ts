import { describe, expect, test, vi } from 'vitest'
import { ConfigurationError, memoryStorage } from '../../bindings/index.ts'
import { createDemo } from './app.tsx'
import { checkName, MAX_NAME } from './data.ts'
import { STYLE_URL } from './styles.ts'
import { visit } from './visitor.fixture.ts'

const problemOf = (text: string): string | undefined =>
  /<p class="flash problem" role="status">([^<]*)<\/p>/.exec(text)?.[1]

describe('createDemo()', () => {
  test('refuses a secret that is too short', () => {
    expect(() => createDemo({ secrets: 'short' })).toThrow(ConfigurationError)
  })

  test('escapes a name that is markup, in the page, its title and the panel', async () => {
    const visitor = visit()
    const { text } = await visitor.post('/sign-in', { name: '<script>alert(1)</script>' })
    expect(text).not.toContain('<script')
    expect(text).toContain('<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>')
    expect(text).toContain('<title>&lt;script&gt;')
  })

  test.each(['', '   ', 'x'.repeat(MAX_NAME + 1)])('refuses the name "%s"', async (name) => {
    const { text } = await visit().post('/sign-in', { name })
    expect(problemOf(text)).toBe('A name has 1 to 40 characters.')
    expect(text).toContain('action="/sign-in"')
  })

  test('refuses a sign-in without a name', async () => {
    const { text } = await visit().post('/sign-in', {})
    expect(problemOf(text)).toBeDefined()
  })

  test.each(['croissant', '', '__proto__', 'toString'])(
    'answers 400 to the item "%s"',
    async (item) => {
      for (const path of ['/cart/add', '/cart/remove']) {
        const { response, text } = await visit().post(path, { item })
        expect(response.status).toBe(400)
        expect(text).toContain('<h1>That is not something the bakery knows.</h1>')
      }
    }
  )

  test('answers 400 to a body that is no form', async () => {
    const response = await createDemo({ secrets: 'x'.repeat(32) }).request('/cart/add', {
      method: 'POST',
      body: 'no form',
      headers: { Origin: 'http://localhost', 'Content-Type': 'multipart/form-data' },
    })
    expect(response.status).toBe(400)
  })

  test('answers 413 to a body that no form of the demo has', async () => {
    const { response, text } = await visit().post('/sign-in', { name: 'x'.repeat(5000) })
    expect(response.status).toBe(413)
    expect(text).toContain('more than a form of ours can hold')
  })

  test.each(['/sign-in', '/sign-out', '/cart/add', '/cart/remove'])(
    'refuses a form of another site at %s, and leaves the session alone',
    async (path) => {
      const visitor = visit({ storage: memoryStorage() })
      await visitor.post('/sign-in', { name: 'Ada' })
      const before = visitor.cookie
      const form = { name: 'Eve', item: 'tuile' }
      for (const headers of [{ Origin: 'https://evil.example' }, {}]) {
        const { response, text } = await visitor.submit(path, form, headers)
        expect(response.status).toBe(403)
        expect(text).toContain('sent from another site')
        expect(response.headers.getSetCookie()).toEqual([])
      }
      expect(visitor.cookie).toBe(before)
      expect((await visitor.get()).text).toContain('<bdi>Ada</bdi>')
    }
  )

  test('answers 404 with a page that leads back', async () => {
    const { response, text } = await visit().get('/croissant')
    expect(response.status).toBe(404)
    expect(text).toContain('<a class="button" href="/">')
  })

  test('tells nothing of a failure but that there was one', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const storage = memoryStorage()
    const down = (): never => {
      throw new Error('the disk of 10.0.0.7 is full')
    }
    const { response, text } = await visit({ storage: { ...storage, write: down } }).get()
    expect(response.status).toBe(500)
    expect(text).toContain('Something burnt in the oven.')
    expect(text).not.toContain('10.0.0.7')
    expect(log).toHaveBeenCalled()
    log.mockRestore()
  })

  test('shows the page although another request has ended the session meanwhile', async () => {
    const storage = memoryStorage()
    const visitor = visit({
      storage: {
        ...storage,
        write(key, value, options) {
          if (options.ifVersion !== null) storage.destroy(key)
          return storage.write(key, value, options)
        },
      },
    })
    await visitor.get()
    const { response } = await visitor.get()
    expect(response.status).toBe(200)
    expect(response.headers.getSetCookie()).toEqual([])
  })

  test('forbids storing every page, also one that sets no cookie', async () => {
    const visitor = visit({ storage: memoryStorage() })
    await visitor.get()
    const { response } = await visitor.get()
    expect(response.headers.getSetCookie()).toEqual([])
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.get('Vary')).toBe('Cookie')
    for (const path of ['/', '/croissant']) {
      expect((await visit().get(path)).response.headers.get('Cache-Control')).toBe('no-store')
    }
    const { headers } = (await visit().submit('/sign-in', { name: 'Ada' })).response
    expect(headers.get('Cache-Control')).toBe('no-store')
  })

  test('allows no script, no inline style and no frame', async () => {
    for (const path of ['/', '/croissant', STYLE_URL]) {
      const { response, text } = await visit().get(path)
      expect(response.headers.get('Content-Security-Policy')).toBe(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; " +
          "base-uri 'none'; frame-ancestors 'none'"
      )
      expect(text).not.toMatch(/<script|<style|\sstyle=|\son\w+=/)
    }
  })

  test('serves its style and icon to be kept, without a session', async () => {
    for (const [path, type] of [
      [STYLE_URL, 'text/css; charset=utf-8'],
      ['/icon.svg', 'image/svg+xml'],
    ] as const) {
      const { headers, status } = (await visit().get(path)).response
      expect(status).toBe(200)
      expect(headers.get('Content-Type')).toBe(type)
      expect(headers.get('Cache-Control')).toMatch(/^public, max-age=\d+/)
      expect(headers.getSetCookie()).toEqual([])
    }
  })
})

describe('checkName()', () => {
  test('counts characters, not code units', () => {
    expect(checkName('🥐'.repeat(MAX_NAME))).toBe('🥐'.repeat(MAX_NAME))
    expect(checkName('🥐'.repeat(MAX_NAME + 1))).toBeNull()
  })

  test('refuses what is no text', () => {
    expect(checkName(undefined)).toBeNull()
    expect(checkName(new File([], 'name'))).toBeNull()
  })
})
