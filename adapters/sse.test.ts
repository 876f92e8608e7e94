import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { memoryBus } from '../bindings/bus.ts'
import {
  createSessions,
  memoryStorage,
  type SessionsOptions,
  type UntypedData,
} from '../bindings/index.ts'
import { session } from './hono.ts'
import { sessionStream } from './sse.ts'

const SECRET = 'sse: a secret of more than 32 bytes, for nobody'

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
  })
})
afterEach(() => {
  vi.useRealTimers()
})

function start(
  options: Partial<SessionsOptions<UntypedData>> = {},
  streaming: { onRotate?: 'follow' } = {}
) {
  const sessions = createSessions({
    secrets: SECRET,
    storage: memoryStorage(),
    bus: memoryBus(),
    ...options,
  })
  const app = new Hono()
    .get('/events', (c) =>
      sessionStream(c, sessions, {
        data: (session) => ({ count: session.get('count') }),
        ...streaming,
      })
    )
    .use(session(sessions))
    .get('/count', (c) => {
      c.var.session.update('count', (count = 0) => count + 1)
      return c.text('ok')
    })
    .get('/sign-in', (c) => {
      c.var.session.regenerateId()
      return c.text('ok')
    })
    .get('/sign-out', (c) => {
      c.var.session.destroy()
      return c.text('ok')
    })
  let cookie = ''
  const get = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const response = await app.request(path, { ...init, headers: { cookie, ...init.headers } })
    for (const line of response.headers.getSetCookie()) cookie = line.split(';')[0]!
    return response
  }
  return { sessions, get, cookieOfNow: () => cookie }
}

/** The texts that came, and whether the stream has ended. */
function read(response: Response): { readonly texts: string[]; ended: boolean; cancel(): void } {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  const seen = { texts: [] as string[], ended: false, cancel: () => void reader.cancel() }
  const next = async (): Promise<void> => {
    const { done, value } = await reader.read()
    if (done) {
      seen.ended = true
      return
    }
    seen.texts.push(value)
    await next()
  }
  void next()
  return seen
}

const until = vi.waitFor
const change = (count: number): string => `event: change\ndata: {"count":${count}}\n\n`

describe('a stream of events', () => {
  it('begins with the session as it is, tells each change, and ends with it', async () => {
    const { get } = start()
    await get('/count')
    const response = await get('/events')
    expect(response.headers.get('Content-Type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    const seen = read(response)
    await until(() => expect(seen.texts).toEqual([change(1)]))
    await get('/count')
    await until(() => expect(seen.texts).toEqual([change(1), change(2)]))
    await get('/sign-out')
    await until(() => expect(seen.ended).toBe(true))
    expect(seen.texts.at(-1)).toBe('event: end\ndata: {"reason":"destroyed"}\n\n')
  })

  it('N06 ends at a new id, so that the browser comes again with the new cookie', async () => {
    const { get, cookieOfNow } = start()
    await get('/count')
    const before = cookieOfNow()
    const seen = read(await get('/events'))
    await until(() => expect(seen.texts).toHaveLength(1))
    await get('/sign-in')
    await until(() => expect(seen.ended).toBe(true))
    expect(seen.texts.join()).not.toContain('event: end')
    // Too early, with the older cookie: it is told to try once more, and not that there is nothing.
    const early = await get('/events', { headers: { cookie: before } })
    expect([early.status, await early.text()]).toEqual([200, 'retry: 1000\n\n'])
    const again = read(await get('/events'))
    await until(() => expect(again.texts).toEqual([change(1)]))
    // Half a minute later, whoever has the older cookie alone is told to stop.
    vi.setSystemTime(Date.now() + 31_000)
    expect((await get('/events', { headers: { cookie: before } })).status).toBe(204)
    again.cancel()
  })

  it('N06 goes on with onRotate: follow', async () => {
    const { get } = start({}, { onRotate: 'follow' })
    await get('/count')
    const seen = read(await get('/events'))
    await until(() => expect(seen.texts).toHaveLength(1))
    await get('/sign-in')
    await get('/count')
    await until(() => expect(seen.texts.at(-1)).toBe(change(2)))
    expect(seen.ended).toBe(false)
    seen.cancel()
  })

  it('ends when the time of the session is over', async () => {
    const { get } = start({ lifetime: 60 })
    await get('/count')
    const seen = read(await get('/events'))
    await vi.advanceTimersByTimeAsync(61_000)
    await until(() => expect(seen.ended).toBe(true))
    expect(seen.texts.at(-1)).toContain('expired')
  })

  it('says now and then that it is there, until the browser goes', async () => {
    const { get } = start()
    await get('/count')
    const seen = read(await get('/events'))
    await vi.advanceTimersByTimeAsync(41_000)
    await until(() => expect(seen.texts.slice(1)).toEqual([': \n\n', ': \n\n']))
    const abort = new AbortController()
    read(await get('/events', { signal: abort.signal }))
    abort.abort()
    seen.cancel()
    await until(() => expect(vi.getTimerCount()).toBeLessThanOrEqual(1))
    await vi.advanceTimersByTimeAsync(61_000)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is 204 without a session, which tells EventSource to stop, and makes none', async () => {
    const { get, sessions } = start()
    const created: unknown[] = []
    sessions.on('create', (event) => created.push(event))
    expect((await get('/events')).status).toBe(204)
    expect(created).toEqual([])
  })

  it('§2.50 is 403 for a page of another site', async () => {
    const { get } = start()
    await get('/count')
    expect((await get('/events', { headers: { Origin: 'https://evil.example' } })).status).toBe(403)
    const headers = { 'Sec-Fetch-Site': 'cross-site' }
    expect((await get('/events', { headers })).status).toBe(403)
  })
})
