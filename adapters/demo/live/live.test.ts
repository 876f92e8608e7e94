import { describe, expect, test, vi } from 'vitest'
import { memoryStorage } from '../../../bindings/index.ts'
import { createDemo } from '../app.tsx'
import { SECRET, visit, Visitor } from '../visitor.fixture.ts'
import type { LiveNews } from './news.ts'
import { LIVE_SCRIPT_PATH } from './page.tsx'

const ORIGIN = 'http://127.0.0.1:3000'
type Demo = ReturnType<typeof createDemo>

/** What a window of a visitor is told. */
class Window {
  text = ''
  ended = false

  async open(app: Demo, cookie: string | undefined): Promise<Response> {
    const headers = { Cookie: `session=${cookie}` }
    const response = await app.request(`${ORIGIN}/events`, { headers })
    if (response.body !== null) void this.#read(response.body)
    return response
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder()
    for await (const bytes of body) this.text += decoder.decode(bytes, { stream: true })
    this.ended = true
  }

  /** The news of changes, the newest last. */
  get news(): LiveNews[] {
    return [...this.text.matchAll(/^event: change\ndata: (.*)$/gm)].map(
      ([, data]) => JSON.parse(data!) as LiveNews
    )
  }

  /** Waits until the cart shows this. */
  untilCart(text: string): Promise<void> {
    return vi.waitFor(() => expect(this.news.at(-1)?.parts.cart).toContain(text))
  }
}

const newDemo = (): Demo => createDemo({ secrets: SECRET, storage: memoryStorage() })

describe('the live part', () => {
  test('tells the windows of a session of each change, and no other window', async () => {
    const app = newDemo()
    const [ada, grace] = [new Visitor(app), new Visitor(app)]
    await ada.get()
    await grace.get()
    const [hers, others] = [new Window(), new Window()]
    await hers.open(app, ada.cookie)
    await others.open(app, grace.cookie)
    await hers.untilCart('Still empty')

    await ada.post('/cart/add', { item: 'madeleine' })
    await hers.untilCart('Madeleine')
    await grace.post('/cart/add', { item: 'sable' })
    await others.untilCart('Sabl')
    expect(others.text).not.toContain('Madeleine')
    expect(hers.text).not.toContain('Sabl')
  })

  test('comes again when somebody signs in, and shows the new id, cut', async () => {
    const app = newDemo()
    const ada = new Visitor(app)
    await ada.get()
    let open = new Window()
    await open.open(app, ada.cookie)
    const before = open
    await ada.post('/sign-in', { name: '<b>Ada' })
    // An EventSource connects again by itself, with the cookie that it has then.
    await vi.waitFor(() => expect(before.ended).toBe(true))
    expect(before.text).toMatch(/retry: 1000\n\n$/)
    open = new Window()
    await open.open(app, ada.cookie)
    await vi.waitFor(() => expect(open.news.at(-1)?.parts.greeting).toContain('&lt;b&gt;Ada'))
    const id = ada.cookie!.slice(4).split('.')[0]!
    expect(open.news.at(-1)?.parts.id).toContain(`${id.slice(0, 4)}…`)
    expect(open.text).not.toContain(id)
    await ada.post('/cart/add', { item: 'madeleine' })
    await open.untilCart('Madeleine')
  })

  test('ends with the session when somebody signs out, who goes on with a new one', async () => {
    const app = newDemo()
    const ada = new Visitor(app)
    await ada.post('/sign-in', { name: 'Ada' })
    const open = new Window()
    await open.open(app, ada.cookie)
    const before = ada.cookie
    const { response } = await ada.submit('/sign-out', {})
    expect(response.headers.getSetCookie()).toHaveLength(1)
    await vi.waitFor(() => expect(open.ended).toBe(true))
    expect(open.text).toMatch(/event: end\ndata: \{"reason":"destroyed"\}\n\n$/)
    expect((await new Window().open(app, before)).status).toBe(204)
    expect((await new Window().open(app, ada.cookie)).status).toBe(200)
  })

  test('shows in the page what the first event tells, so that nothing is replaced by it', async () => {
    const app = newDemo()
    const ada = new Visitor(app)
    const { text } = await ada.post('/sign-in', { name: 'Ada & "Grace"' })
    const open = new Window()
    await open.open(app, ada.cookie)
    await vi.waitFor(() => expect(open.news).toHaveLength(1))
    const [{ state, parts }] = open.news as [LiveNews]
    const shown = /data-state="([^"]*)"/.exec(text)![1]!
    expect(shown.replaceAll('&quot;', '"').replaceAll('&amp;', '&')).toBe(state)
    for (const name of ['account', 'greeting', 'cart', 'id']) expect(text).toContain(parts[name])
    for (const name of Object.keys(parts)) expect(text).toContain(`data-live="${name}"`)
  })

  test('runs one script of ours in the shop, and none elsewhere', async () => {
    const visitor = visit({ storage: memoryStorage() })
    const { text, response } = await visitor.get()
    expect(text.match(/<script[^>]*>/g)).toEqual([
      `<script type="module" src="${LIVE_SCRIPT_PATH}">`,
    ])
    expect(text).not.toMatch(/<style|\sstyle=|\son\w+=/)
    const policy = response.headers.get('Content-Security-Policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'; connect-src 'self'")
    const script = (await visitor.get(LIVE_SCRIPT_PATH)).response
    expect(script.status).toBe(200)
    expect(script.headers.get('Content-Type')).toBe('text/javascript; charset=utf-8')
    const problem = await visitor.get('/croissant')
    expect(problem.text).not.toContain('<script')
    expect(problem.response.headers.get('Content-Security-Policy')).not.toContain('script-src')
  })

  test('is refused to pages of other sites', async () => {
    const app = newDemo()
    const ada = new Visitor(app)
    await ada.get()
    const headers = { Cookie: `session=${ada.cookie}`, Origin: 'https://evil.example' }
    expect((await app.request(`${ORIGIN}/events`, { headers })).status).toBe(403)
  })

  test('is not there with sessions in cookies, and the page says so', async () => {
    const visitor = visit()
    const { text } = await visitor.get()
    expect(text).toContain('a session in its cookie cannot be followed')
    expect(text).not.toContain('data-state')
    expect((await visitor.get('/events')).response.status).toBe(404)
  })
})
