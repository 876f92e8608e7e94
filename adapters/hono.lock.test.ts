import { Hono } from 'hono'
import { stream } from 'hono/streaming'
import { describe, expect, it, vi } from 'vitest'
import type { SessionsOptions } from '../bindings/options.ts'
import { remoteStorage, SECRET } from '../bindings/sessions.fixture.ts'
import type { SessionStorage } from '../bindings/storage/contract.ts'
import { leaseServer } from '../bindings/storage/lease.fixture.ts'
import { memoryStorage } from '../bindings/storage/memory.ts'
import { type MiddlewareOptions, lockSession, session } from './hono.ts'

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

interface Data {
  n: number
}

type Options = Partial<SessionsOptions<Data> & MiddlewareOptions>

/** Routes that read, wait and write; some of which lock by themselves. */
function createApp(options: Options) {
  let finish = (): void => undefined
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const app = new Hono()
    .use(session<Data>({ secrets: SECRET, ...options } as SessionsOptions<Data>))
    .get('/start', (c) => {
      c.var.session.set('n', 0)
      return c.text('started')
    })
    .get('/n', async (c) => {
      await c.var.session.load()
      return c.json(c.var.session.get('n', -1))
    })
    .get('/add', async (c) => {
      await c.var.session.load()
      const n = c.var.session.get('n', 0)
      await pause(2)
      c.var.session.set('n', n + 1)
      return c.text('added')
    })
    .get('/add-locked', lockSession(), async (c) => {
      const n = c.var.session.get('n', 0)
      await pause(2)
      c.var.session.set('n', n + 1)
      return c.text('added')
    })
    .get('/throw', lockSession(), () => {
      throw new Error('handler')
    })
    .get('/hang', lockSession(), async (c) => {
      await finished
      return c.text('at last')
    })
    .get('/stream', lockSession(), (c) =>
      stream(c, async (body) => {
        await body.write('first')
        await finished
        await body.write(' last')
      })
    )
    .get('/untouched', (c) => c.text('untouched'))
  return { app, finish }
}

const STORAGES: Record<string, () => SessionStorage> = {
  memory: () => memoryStorage(),
  remote: () => ({ ...remoteStorage(1), lock: leaseServer(1).lock }),
}

async function start(app: Hono): Promise<(path: string) => Promise<Response>> {
  const response = await app.request('/start')
  const Cookie = response.headers.get('Set-Cookie')!.split(';')[0]!
  return async (path) => app.request(path, { headers: { Cookie } })
}

describe.each(Object.entries(STORAGES))('a lock in Hono, %s', (_, create) => {
  it.each<[string, Options, string]>([
    ['lock: true', { lock: true }, '/add'],
    ['lock: true and lazy: true', { lock: true, lazy: true }, '/add'],
    ['lockSession()', {}, '/add-locked'],
    ['lockSession() and lazy: true', { lazy: true }, '/add-locked'],
    ['lockSession() and lock: true', { lock: true }, '/add-locked'],
  ])('%s keeps every plain read and write of parallel requests', async (_, options, path) => {
    const { app } = createApp({ storage: create(), ...options })
    const go = await start(app as never)
    await Promise.all(Array.from({ length: 20 }, () => go(path)))
    expect(await (await go('/n')).json()).toBe(20)
  })

  it('is given back when a handler throws', async () => {
    const { app } = createApp({ storage: create(), lockTimeout: 1 })
    app.onError((_, c) => c.text('failed', 500))
    const go = await start(app as never)
    expect((await go('/throw')).status).toBe(500)
    expect((await go('/add-locked')).status).toBe(200)
  })

  it('is given back before the body of a stream goes on', async () => {
    const { app, finish } = createApp({ storage: create() })
    const go = await start(app as never)
    const streaming = await go('/stream')
    expect((await go('/add-locked')).status).toBe(200)
    finish()
    expect(await streaming.text()).toBe('first last')
  })

  it('that others hold for too long is a 503, or what onError makes of it', async () => {
    const { app, finish } = createApp({ storage: create(), lockTimeout: 0.1 })
    const go = await start(app as never)
    const hanging = go('/hang')
    await pause(10)
    const refused = await go('/add-locked')
    expect([refused.status, refused.headers.get('Cache-Control')]).toEqual([503, 'no-store'])
    app.onError((error, c) => c.text((error as Error).name, 409))
    const told = await go('/add-locked')
    expect([told.status, await told.text()]).toEqual([409, 'SessionLockTimeoutError'])
    expect((await go('/n')).status).toBe(200) // who does not lock does not wait
    finish()
    await hanging
  })

  it('that somebody writes past is lost if that changed what the handler has read, else nothing is', async () => {
    const waiting: (() => void)[] = []
    const app = new Hono()
      .use(session<{ n: number; other: number }>({ secrets: SECRET, storage: create() }))
      .get('/start', (c) => {
        c.var.session.set('n', 1)
        return c.text('ok')
      })
      .get('/slow', lockSession(), async (c) => {
        const n = c.var.session.get('n', 0)
        await new Promise<void>((resolve) => waiting.push(resolve))
        c.var.session.set('n', n + 1)
        return c.text('ok')
      })
      .get('/set/:key', (c) => {
        c.var.session.set(c.req.param('key') as 'n', 50)
        return c.text('ok')
      })
      .get('/all', (c) => c.json(c.var.session.all()))
      .onError((error, c) => c.text(error.name, 409))
    const go = await start(app as never)
    const race = async (key: string): Promise<unknown[]> => {
      const slow = go('/slow')
      await vi.waitFor(() => expect(waiting).toHaveLength(1))
      await go(`/set/${key}`)
      waiting.pop()!()
      return [await (await slow).text(), await (await go('/all')).json()]
    }
    expect(await race('other')).toEqual(['ok', { n: 2, other: 50 }])
    expect(await race('n')).toEqual(['SessionLockLostError', { n: 50, other: 50 }])
  })

  it('is not waited for any more when the client has gone', async () => {
    const { app, finish } = createApp({ storage: create() })
    const first = await app.request('/start')
    const headers = { Cookie: first.headers.get('Set-Cookie')!.split(';')[0]! }
    const hanging = app.request('/hang', { headers })
    await pause(10)
    const controller = new AbortController()
    const reasons: unknown[] = []
    app.onError((error, c) => {
      reasons.push(error.name)
      return c.text('gone', 499 as never)
    })
    const request = new Request('http://x/add-locked', { headers, signal: controller.signal })
    const waiting = app.request(request)
    await pause(5)
    controller.abort()
    await waiting
    expect(reasons).toEqual(['AbortError'])
    finish()
    await hanging
    expect((await app.request('/add-locked', { headers })).status).toBe(200)
  })

  it('needs no cookie, and a route that does not use its session has no Vary', async () => {
    const { app } = createApp({ storage: create(), lock: true })
    const response = await app.request('/untouched')
    expect([response.status, response.headers.get('Vary')]).toEqual([200, null])
    const go = await start(app as never)
    expect((await go('/untouched')).headers.get('Vary')).toBeNull()
  })
})

it('lockSession() without session() says what is missing', async () => {
  const app = new Hono().get('/', lockSession({ variable: 'admin' }), (c) => c.text('in'))
  app.onError((error, c) => c.text(error.message, 500))
  const response = await app.request('/')
  expect(await response.text()).toMatch('no session() gave c.var.admin')
})
