import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { ConfigurationError, SessionGoneError } from '../bindings/errors.ts'
import type { SessionEvent } from '../bindings/events.ts'
import { createSessions } from '../bindings/sessions.ts'
import { OTHER_SECRET, remoteStorage, SECRET } from '../bindings/sessions.fixture.ts'
import type { SessionsOptions } from '../bindings/options.ts'
import type { UntypedData } from '../bindings/session.ts'
import { cookieStorage } from '../bindings/storage/cookie.ts'
import { memoryStorage } from '../bindings/storage/memory.ts'
import type { Transport } from '../bindings/transport.ts'
import { session } from './hono.ts'

const ALL: Transport[] = ['cookie', 'bearer', { header: 'X-Session' }]
const TOKEN = /^[Tt][\w-]+\.[\w-]{43}$|^[Ss][\w-]+$/

function createApp(options: Partial<SessionsOptions<UntypedData>> = {}) {
  const events: SessionEvent[] = []
  const app = new Hono()
    .use(
      session({
        secrets: SECRET,
        storage: memoryStorage(),
        transport: ALL,
        onEvent: (event) => void events.push(event),
        ...options,
      })
    )
    .get('/', (c) => c.json([c.var.session.get('x') ?? null, c.var.session.transport]))
    .post('/', (c) => {
      c.var.session.update('x', (x = 0) => x + 1)
      return c.json(c.var.session.get('x'))
    })
    .post('/sign-in', (c) => {
      c.var.session.authenticate()
      return c.text('')
    })
    .post('/sign-out', (c) => {
      c.var.session.destroy()
      return c.text('')
    })
    .get('/untouched', (c) => c.text(''))
  const get = async (headers: Record<string, string>, path = '/') => app.request(path, { headers })
  const post = async (headers: Record<string, string>, path = '/') =>
    app.request(path, { method: 'POST', headers })
  return { app, get, post, events }
}

/** Starts a session in each transport; gives the headers that continue it. */
async function startAll({ post }: ReturnType<typeof createApp>) {
  const cookie = (await post({})).headers.getSetCookie()[0]!.split(';')[0]!
  const bearer = (await post({ Authorization: 'Bearer' })).headers.get('Authorization')!
  const header = (await post({ 'X-Session': '' })).headers.get('X-Session')!
  return {
    cookie: { Cookie: cookie },
    bearer: { Authorization: bearer },
    header: { 'X-Session': header },
  }
}

describe.each([
  ['memory', () => memoryStorage()],
  ['remote', () => remoteStorage(0)],
  ['cookie', () => cookieStorage()],
] as const)('transports of a %s storage', (_, create) => {
  it('keep a session in each, and answer each the way it came', async () => {
    const app = createApp({ storage: create() })
    const sessions = await startAll(app)
    expect(sessions.header['X-Session']).toMatch(TOKEN)
    expect(sessions.bearer.Authorization).toMatch(/^Bearer [\w.-]+$/)
    for (const [kind, headers] of Object.entries(sessions)) {
      expect(await (await app.get(headers)).json()).toEqual([1, kind])
      const signedIn = await app.post(headers, '/sign-in')
      expect(signedIn.headers.getSetCookie()).toHaveLength(kind === 'cookie' ? 1 : 0)
      expect(signedIn.headers.has('Authorization')).toBe(kind === 'bearer')
      expect(signedIn.headers.has('X-Session')).toBe(kind === 'header')
      expect(signedIn.headers.get('Cache-Control')).toBe('no-store')
    }
  })
})

describe('transports', () => {
  it('§2.14 Vary names every header that was looked at, where the session is used', async () => {
    const { get, post } = createApp()
    expect((await get({})).headers.get('Vary')).toBe('Cookie, Authorization, X-Session')
    expect((await get({ 'X-Session': '' })).headers.get('Vary')).toBe(
      'Cookie, Authorization, X-Session'
    )
    expect((await get({}, '/untouched')).headers.get('Vary')).toBeNull()
    const mobile = createApp({ transport: [{ header: 'X-Session' }] })
    expect((await mobile.get({})).headers.get('Vary')).toBe('X-Session')
    expect((await post({})).headers.get('Vary')).toBe('Cookie, Authorization, X-Session')
  })

  it('say nothing where nothing has changed', async () => {
    const app = createApp()
    const { header } = await startAll(app)
    const { headers } = await app.get(header)
    expect([headers.get('X-Session'), headers.get('Cache-Control')]).toEqual([null, null])
  })

  it('say with an empty header that there is no session any more', async () => {
    const app = createApp()
    const { bearer, header } = await startAll(app)
    expect((await app.post(bearer, '/sign-out')).headers.get('Authorization')).toBe('')
    expect((await app.post(header, '/sign-out')).headers.get('X-Session')).toBe('')
    expect(await (await app.get(header)).json()).toEqual([null, 'header'])
    expect(app.events.at(-1)).toEqual({ type: 'reject', reason: 'unknown-id' })
  })

  it('a header wins over the cookie, and decides alone', async () => {
    const app = createApp()
    const { cookie, bearer, header } = await startAll(app)
    await app.post(cookie)
    expect(await (await app.get({ ...cookie, ...header })).json()).toEqual([1, 'header'])
    expect(await (await app.get({ ...cookie, ...bearer, ...header })).json()).toEqual([1, 'bearer'])
    // Refused, it is a new session: the cookie is no second chance.
    const forged = { 'X-Session': `${header['X-Session']}A` }
    expect(await (await app.get({ ...cookie, ...forged })).json()).toEqual([null, 'header'])
    expect(app.events.at(-1)).toEqual({ type: 'reject', reason: 'malformed' })
  })

  it('an Authorization of another scheme is for others', async () => {
    const app = createApp()
    const { cookie } = await startAll(app)
    for (const Authorization of ['Basic YTpi', 'Bearerx', 'DPoP abc', '']) {
      expect(await (await app.get({ ...cookie, Authorization })).json()).toEqual([1, 'cookie'])
    }
  })

  it('§2.16 a token of one transport opens no session in another', async () => {
    const app = createApp()
    const { cookie, bearer, header } = await startAll(app)
    const tokens = {
      cookie: cookie.Cookie.slice('__Host-session='.length),
      bearer: bearer.Authorization.slice('Bearer '.length),
      header: header['X-Session'],
    }
    const opened: string[] = []
    for (const [kind, token] of Object.entries(tokens)) {
      const ways = {
        cookie: { Cookie: `__Host-session=${token}` },
        bearer: { Authorization: `bearer   ${token}` },
        header: { 'x-session': token },
      }
      for (const [way, headers] of Object.entries(ways)) {
        const [x] = (await (await app.get(headers)).json()) as [number | null, string]
        if (x !== null) opened.push(`${kind} in ${way}`)
      }
    }
    expect(opened).toEqual(['cookie in cookie', 'bearer in bearer', 'header in header'])
  })

  it.each([
    ['a second token', (token: string) => `${token}, ${token}`],
    ['a parameter', (token: string) => `${token}; a=b`],
    ['a name', (token: string) => `header:x-session=${token}`],
    ['another pair in front', (token: string) => `a;header:x-session=${token}`],
    ['quotes', (token: string) => `"${token}"`],
    ['a cut', (token: string) => token.slice(0, -1)],
    ['16 KiB', (token: string) => `${token}${'A'.repeat(16_384)}`],
  ])('a header with %s is refused, with an event', async (_, spoil) => {
    const app = createApp()
    const { header } = await startAll(app)
    app.events.length = 0
    const response = await app.get({ 'X-Session': spoil(header['X-Session']) })
    expect(await response.json()).toEqual([null, 'header'])
    expect(app.events.filter(({ type }) => type === 'reject')).toHaveLength(1)
  })

  it('without the cookie, a request without a header gets the first header of the list', async () => {
    const { post, get } = createApp({ transport: [{ header: 'X-Session' }, 'bearer'] })
    const response = await post({ Cookie: '__Host-session=x' })
    expect(response.headers.getSetCookie()).toEqual([])
    const token = response.headers.get('X-Session')!
    expect(await (await get({ 'X-Session': token })).json()).toEqual([1, 'header'])
  })

  it('a token of an older secret is given anew', async () => {
    const storage = memoryStorage()
    const transport = ALL
    const old = createApp({ storage, secrets: OTHER_SECRET })
    const { header } = await startAll(old)
    const { get } = createApp({ storage, transport, secrets: [SECRET, OTHER_SECRET] })
    const response = await get(header)
    expect(response.headers.get('X-Session')).toMatch(TOKEN)
    expect(response.headers.get('X-Session')).not.toBe(header['X-Session'])
  })

  it('a session that ended meanwhile is answered with nothing', async () => {
    const sessions = createSessions({ secrets: SECRET, storage: memoryStorage(), transport: ALL })
    const header = (name: string) => ({ 'X-Session': token })[name]
    let token = ''
    const first = await sessions.with(null, (session) => session.set('x', 1), { header })
    token = first.answer.header![1]
    expect(first.setCookie).toEqual([])
    const slow = await sessions.read(null, { header })
    slow.set('x', 2)
    await sessions.with(null, (session) => session.destroy(), { header })
    await expect(async () => sessions.commit(slow)).rejects.toBeInstanceOf(SessionGoneError)
    expect(sessions.answerOf(slow).header).toBeNull()
  })

  it('the cookie is all that is looked at by default', async () => {
    const { get, post } = createApp({ transport: undefined })
    const response = await post({ 'X-Session': '', Authorization: 'Bearer' })
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect((await get({})).headers.get('Vary')).toBe('Cookie')
    const sessions = createSessions({ secrets: SECRET })
    expect(sessions.cookieOnly).toBe(true)
    let asked = 0
    await sessions.read(null, { header: () => String(asked++) })
    expect(asked).toBe(0)
  })

  const refused: [string, unknown][] = [
    ['nothing', []],
    ['no list', 'cookie'],
    ['another word', ['jwt']],
    ['null', [null]],
    ['the cookie twice', ['cookie', 'cookie']],
    ['a header twice', [{ header: 'x-session' }, { header: 'X-Session' }]],
    ['a header without a name', [{ header: '' }]],
    ['a header that is no name', [{ header: 'X Session' }]],
    ['a header with a line break', [{ header: 'X\r\nY' }]],
    ['a header of 65 characters', [{ header: 'x'.repeat(65) }]],
    ['the Cookie header', [{ header: 'Cookie' }]],
    ['the Authorization header as it is', [{ header: 'authorization' }]],
    // Other sites can send these without asking.
    ['a safelisted header', [{ header: 'Accept-Language' }]],
  ]
  it.each(refused)('are refused when they are made: %s', (_, transport) => {
    expect(() => createApp({ transport: transport as Transport[] })).toThrow(ConfigurationError)
  })
})
