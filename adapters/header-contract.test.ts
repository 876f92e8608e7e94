/** What a response says of its session to browsers and caches: a table of 26 cases. */
import { Hono, type Context } from 'hono'
import { describe, expect, it } from 'vitest'
import { SECRET } from '../bindings/sessions.fixture.ts'
import { cookieStorage } from '../bindings/storage/cookie.ts'
import { memoryStorage } from '../bindings/storage/memory.ts'
import { session, type SessionVariables } from './hono.ts'

type Handler = (c: Context<{ Variables: SessionVariables }>) => Response | Promise<Response>

interface Case {
  readonly what: string
  readonly handle: Handler
  /** What the request brings; by default the cookie of a session that holds `x: 1`. */
  readonly brings?: 'nothing' | 'forged'
  readonly server?: true
  readonly url?: string
  readonly vary: string | null
  readonly cacheControl: string | null
  /** The lines, each as a pattern. */
  readonly setCookie: readonly RegExp[]
  readonly status?: number
}

const ATTRIBUTES = 'Path=/; HttpOnly; Secure; SameSite=Lax'
const OURS = new RegExp(`^__Host-session=[TtSs][\\w.-]+; Max-Age=\\d+; ${ATTRIBUTES}$`)
const REMOVED =
  /^__Host-session=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax$/

const read: Handler = (c) => c.text(String(c.var.session.get('x')))
const write: Handler = (c) => {
  c.var.session.set('x', 2)
  return c.text('')
}
/** Writes, with headers of the app's own. */
const writeWith =
  (...headers: [name: string, value: string][]): Handler =>
  (c) => {
    c.var.session.set('x', 2)
    for (const [name, value] of headers) c.header(name, value, { append: true })
    return c.text('')
  }
const destroy: Handler = (c) => {
  c.var.session.destroy()
  return c.text('')
}

const said = { vary: 'Cookie', cacheControl: 'no-store', setCookie: [OURS] }
const readOnly = { vary: 'Cookie', cacheControl: null, setCookie: [] }
const removed = { vary: 'Cookie', cacheControl: 'no-store', setCookie: [REMOVED] }

const CASES: readonly Case[] = [
  {
    what: 'nothing is said where the session is not used',
    handle: (c) => c.text(''),
    ...readOnly,
    vary: null,
  },
  { what: 'a session that is read', handle: read, ...readOnly },
  { what: 'a new session that is read', handle: read, brings: 'nothing', ...readOnly },
  {
    what: 'a forged cookie where the session is not used',
    handle: (c) => c.text(''),
    brings: 'forged',
    ...readOnly,
    vary: null,
  },
  { what: 'a forged cookie, which is removed', handle: read, brings: 'forged', ...removed },
  {
    what: 'a forged cookie of a session that is written',
    handle: write,
    brings: 'forged',
    ...said,
  },
  { what: 'a new session that is written', handle: write, brings: 'nothing', ...said },
  { what: 'a session in its cookie that is written', handle: write, ...said },
  { what: 'a session on a server that is written', handle: write, server: true, ...readOnly },
  {
    what: 'a session on a server that gets a new id',
    handle: (c) => {
      c.var.session.regenerateId()
      return c.text('')
    },
    server: true,
    ...said,
  },
  { what: 'a session that is destroyed', handle: destroy, ...said, setCookie: [REMOVED] },
  {
    what: 'a session on a server that is destroyed',
    handle: destroy,
    server: true,
    ...said,
    setCookie: [REMOVED],
  },
  { what: 'a new session that is destroyed', handle: destroy, brings: 'nothing', ...readOnly },
  {
    what: 'a handler that throws',
    handle: (c) => {
      c.var.session.set('x', 2)
      throw new Error('handler')
    },
    ...said,
    status: 500,
  },
  {
    what: 'a redirect',
    handle: (c) => {
      c.var.session.set('x', 2)
      return c.redirect('/elsewhere')
    },
    ...said,
    status: 302,
  },
  {
    what: 'a response whose headers cannot be changed',
    handle: (c) => {
      c.var.session.set('x', 2)
      return Response.redirect('https://example.com/elsewhere')
    },
    ...said,
    status: 302,
  },
  {
    what: 'a cookie of the app',
    handle: writeWith(['Set-Cookie', 'a=1']),
    ...said,
    setCookie: [/^a=1$/, OURS],
  },
  {
    what: 'cookies of the app, one of a like name',
    handle: writeWith(['Set-Cookie', 'a=1; Path=/'], ['Set-Cookie', '__Host-session2=b']),
    ...said,
    setCookie: [/^a=1; Path=\/$/, /^__Host-session2=b$/, OURS],
  },
  {
    what: "the app's Vary of another header",
    handle: writeWith(['Vary', 'Accept']),
    ...said,
    vary: 'Accept, Cookie',
  },
  {
    what: "the app's Vary of the same header",
    handle: writeWith(['Vary', 'Accept, cookie']),
    ...said,
    vary: 'Accept, cookie',
  },
  { what: "the app's Vary: *", handle: writeWith(['Vary', '*']), ...said, vary: '*' },
  {
    what: 'a response that the app lets everybody cache',
    handle: writeWith(['Cache-Control', 'public, max-age=3600']),
    ...said,
  },
  {
    what: 'a response that the app is as strict about',
    handle: writeWith(['Cache-Control', 'private, no-store']),
    ...said,
    cacheControl: 'private, no-store',
  },
  {
    what: 'plain HTTP on localhost',
    handle: write,
    brings: 'nothing',
    url: 'http://localhost:3000/',
    ...said,
    setCookie: [/^session=S[\w.-]+; Max-Age=86400; Path=\/; HttpOnly; SameSite=Lax$/],
  },
  {
    what: 'plain HTTP elsewhere',
    handle: write,
    brings: 'nothing',
    url: 'http://example.com/',
    ...said,
  },
  {
    what: 'HTTPS on localhost',
    handle: write,
    brings: 'nothing',
    url: 'https://localhost:3000/',
    ...said,
  },
]

describe('the headers of a response', () => {
  it('D9 are a table of 26 cases', () => expect(CASES).toHaveLength(26))

  it.each(CASES)('D9, §2.14 $what', async (row) => {
    const { handle, brings, server, url = 'https://example.com/', status = 200 } = row
    const app = new Hono()
      .use(
        session({
          secrets: SECRET,
          storage: server ? memoryStorage() : cookieStorage(),
          cookie: { secure: 'auto' },
        })
      )
      .get('/sign-in', (c) => {
        c.var.session.set('x', 1)
        return c.text('')
      })
      .get('/', handle)
      .onError((error, c) => c.text(error.message, 500))
    const headers = new Headers()
    if (brings !== 'nothing') {
      const signedIn = await app.request('https://example.com/sign-in')
      const pair = signedIn.headers.getSetCookie()[0]!.split(';')[0]!
      headers.set('Cookie', brings === 'forged' ? `${pair}A` : pair)
    }
    const response = await app.request(url, { headers })
    expect(response.status).toBe(status)
    expect(response.headers.get('Vary')).toBe(row.vary)
    expect(response.headers.get('Cache-Control')).toBe(row.cacheControl)
    const lines = response.headers.getSetCookie()
    expect(lines).toHaveLength(row.setCookie.length)
    for (const [index, pattern] of row.setCookie.entries()) expect(lines[index]).toMatch(pattern)
  })
})
