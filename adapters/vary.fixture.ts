/**
 * An app that makes responses in every way there is, for the tests of `Vary`.
 *
 * @module
 */
import type { ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono, type Context } from 'hono'
import { compress } from 'hono/compress'
import { cors } from 'hono/cors'
import { etag } from 'hono/etag'
import { stream } from 'hono/streaming'
import { SECRET } from '../bindings/sessions.fixture.ts'
import { createSessions, type Sessions } from '../bindings/sessions.ts'
import { memoryStorage } from '../bindings/storage/memory.ts'
import { session, type SessionVariables } from './hono.ts'

type Env = {
  Variables: SessionVariables & SessionVariables<{ y?: number }, never, 'other'>
  Bindings: { outgoing?: { setHeader(name: string, value: string): void } & object }
}
/** Whose session each route reads. */
export const sessions: Sessions = createSessions({ secrets: SECRET, storage: memoryStorage() })
const other = createSessions({
  secrets: SECRET,
  cookie: { name: 'other' },
  transport: ['cookie', { header: 'X-Other' }],
})
/** Headers that an app makes many responses with. */
export const SHARED = { Vary: 'Accept', 'Content-Type': 'text/css' }
let shared: Response | undefined
/** What the app has seen, and where it fetches from. */
export const seen: { upstream: string; [what: string]: unknown } = { upstream: '' }

const use = (c: Context<Env>): string => String(c.var.session.get('x'))

/** Reads the session, for what comes after. */
function reads(c: Context<Env>): Context<Env> {
  use(c)
  return c
}

/** Whether it was left to `writeHead`. */
const left = (c: Context<Env>): boolean => Object.hasOwn(c.env?.outgoing ?? {}, 'writeHead')

function createApp(): Hono<Env> {
  const app = new Hono<Env>()
  const outer = (path: string, after: (c: Context<Env>) => unknown): void => {
    app.use(path, async (c, next) => {
      await next()
      await after(c)
    })
  }
  outer('/text', (c) => void (seen.left = left(c)))
  outer('/outer/get', (c) => void (seen.get = c.res.headers.get('Vary')))
  outer('/outer/append', (c) => c.res.headers.append('Vary', 'Accept'))
  outer('/outer/header', (c) => c.header('Vary', 'Accept', { append: true }))
  outer('/outer/delete', (c) => c.res.headers.delete('Vary'))
  outer('/outer/clone', (c) => void (seen.clone = c.res.clone().headers.get('Vary')))
  outer('/outer/copy', async (c) => {
    const text = await c.res.text()
    const copy = new Response(`${text}!`, c.res)
    seen.copy = copy.headers.get('Vary')
    c.res = copy
  })
  outer('/outer/status', (c) => void (seen.status = [c.res.status, c.res.ok]))
  app.use('/outer/compress', compress({ threshold: 0 }))
  app.use('/outer/etag', etag())
  app.use('/outer/cors', cors({ origin: 'https://a.example' }))
  app.use('/both/*', session(other, { variable: 'other' }))
  app.use(session(sessions))
  app.use('/inner/cors', cors({ origin: (origin) => origin }))
  app.use('/inner/compress', compress({ threshold: 0 }))
  app.onError((error, c) => c.text(error.message, 500))

  app
    .get('/unused', (c) => c.text('for all'))
    .get('/outer/*', (c) => c.text(use(c)))
    .get('/inner/*', (c) => c.text(use(c)))
    .get('/text', (c) => c.text(use(c)))
    .get('/json', (c) => c.json({ x: use(c) }))
    .get('/html', (c) => c.html(`<p>${use(c)}`))
    .get('/empty', (c) => reads(c).body(null, 204))
    .get('/redirect', (c) => reads(c).redirect('/text'))
    .get('/unchanged', (c) => reads(c).body(null, 304))
    .get('/bytes', (c) => c.body(new TextEncoder().encode(use(c)).buffer))
    .get('/blob', (c) => new Response(new Blob([use(c)])))
    .get('/form', (c) => new Response(new URLSearchParams({ x: use(c) })))
    .get('/stream', (c) => {
      use(c)
      return stream(c, async (stream) => {
        await stream.write('a')
        await stream.sleep(5)
        await stream.write('b')
      })
    })
    .get('/header', (c) => {
      c.header('Vary', 'Accept-Encoding')
      return c.text(use(c))
    })
    .get('/header/same', (c) => {
      c.header('Vary', 'accept, COOKIE')
      return c.text(use(c))
    })
    .get('/header/all', (c) => {
      c.header('Vary', '*')
      return c.text(use(c))
    })
    .get('/header/longer', (c) => {
      c.header('Vary', 'X-Cookie')
      return c.text(use(c))
    })
    .get('/record', (c) => new Response(use(c), { headers: SHARED }))
    .get('/record/case', (c) => new Response(use(c), { headers: { VARY: 'Accept' } }))
    .get('/record/pairs', (c) => new Response(use(c), { headers: [['Vary', 'Accept']] }))
    .get('/record/cookies', (c) => {
      const headers = new Headers({ Vary: 'Accept' })
      headers.append('Set-Cookie', 'a=1')
      headers.append('Set-Cookie', 'b=2')
      return new Response(use(c), { headers })
    })
    .get('/set', (c) => {
      c.env?.outgoing?.setHeader('Vary', 'Origin')
      return c.text(use(c))
    })
    .get('/throw', (c) => {
      throw new Error(use(c))
    })
    .get('/fetch', (c) => {
      use(c)
      return fetch(seen.upstream)
    })
    .get('/shared', (c) => {
      use(c)
      shared ??= new Response(null)
      return shared
    })
    .get('/frozen', (c) => Object.freeze(new Response(use(c))))
    .get('/inside/returned', (c) => app.request('https://a.example/text', {}, c.env))
    .get('/sent', (c) => {
      use(c)
      const outgoing = c.env.outgoing as unknown as ServerResponse
      outgoing.writeHead(200, { 'X-Own': '1' })
      outgoing.end('own')
      return RESPONSE_ALREADY_SENT
    })
    .get('/both/x', (c) => c.text(`${use(c)} ${c.var.other.get('y')}`))
    .get('/inside', async (c) =>
      c.text(await (await app.request('https://a.example/text', {}, c.env)).text())
    )
    .get('/both/write', (c) => {
      c.var.other.set('y', 1)
      return c.text('')
    })
    .get('/nowhere', (c) => reads(c).notFound())
  return app
}

/** The app by itself. */
export const app: Hono<Env> = createApp()
/** The app also inside of another. */
export const parent: Hono = new Hono()
  .mount('/mounted', app.fetch)
  .route('/routed', app)
  .route('/', app)

/** What each path says. */
export const CASES: readonly [path: string, vary: readonly string[], status?: number][] = [
  ['/unused', []],
  ['/text', ['Cookie']],
  ['/json', ['Cookie']],
  ['/html', ['Cookie']],
  ['/empty', ['Cookie'], 204],
  ['/redirect', ['Cookie'], 302],
  ['/unchanged', ['Cookie'], 304],
  ['/bytes', ['Cookie']],
  ['/blob', ['Cookie']],
  ['/form', ['Cookie']],
  ['/stream', ['Cookie']],
  ['/header', ['Accept-Encoding', 'Cookie']],
  ['/header/same', ['accept', 'COOKIE']],
  ['/header/all', ['*']],
  ['/header/longer', ['X-Cookie', 'Cookie']],
  ['/record', ['Accept', 'Cookie']],
  ['/record/case', ['Accept', 'Cookie']],
  ['/record/pairs', ['Accept', 'Cookie']],
  ['/record/cookies', ['Accept', 'Cookie']],
  ['/throw', ['Cookie'], 500],
  ['/fetch', ['Accept', 'Cookie']],
  ['/shared', ['Cookie']],
  ['/nowhere', ['Cookie'], 404],
  ['/both/x', ['Cookie', 'X-Other']],
  ['/inside', []],
  ['/inside/returned', ['Cookie']],
  ['/both/write', ['Cookie', 'X-Other']],
  ['/inner/cors', ['Origin', 'Cookie']],
  ['/inner/compress', ['Accept-Encoding', 'Cookie']],
  ['/outer/get', ['Cookie']],
  ['/outer/append', ['Cookie', 'Accept']],
  ['/outer/header', ['Cookie', 'Accept']],
  ['/outer/delete', []],
  ['/outer/clone', ['Cookie']],
  ['/outer/copy', ['Cookie']],
  ['/outer/status', ['Cookie']],
  ['/outer/compress', ['Cookie', 'Accept-Encoding']],
  ['/outer/etag', ['Cookie']],
  ['/outer/cors', ['Origin', 'Cookie']],
  ['/mounted/text', ['Cookie']],
  ['/mounted/record', ['Accept', 'Cookie']],
  ['/mounted/outer/get', ['Cookie']],
  ['/routed/text', ['Cookie']],
  ['/routed/throw', ['Cookie'], 500],
]
