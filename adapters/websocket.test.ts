import type { Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer, upgradeWebSocket } from '@hono/node-server'
import { Hono } from 'hono'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import {
  ConfigurationError,
  cookieStorage,
  createSessions,
  memoryStorage,
  type SessionsOptions,
  type UntypedData,
} from '../bindings/index.ts'
import { memoryBus } from '../bindings/bus.ts'
import { session, type SessionVariables } from './hono.ts'
import { createOriginCheck, sessionSocket, type SessionSocketOptions } from './websocket.ts'

const SECRET = 'websocket: a secret of more than 32 bytes, for nobody'
const closers: (() => void)[] = []
afterEach(() => {
  vi.useRealTimers()
  for (const close of closers.splice(0)) close()
})

interface Opened {
  readonly ws: WebSocket
  readonly messages: string[]
  readonly closed: Promise<{ code: number; reason: string }>
}

/** A site with a counter over HTTP and on its sockets. */
async function start(
  options: Partial<SessionsOptions<UntypedData>> = {},
  socketOptions: SessionSocketOptions = {}
) {
  const sessions = createSessions({
    secrets: SECRET,
    storage: memoryStorage(),
    bus: memoryBus(),
    ...options,
  })
  const app = new Hono<{ Variables: SessionVariables }>()
  const live = sessionSocket(
    sessions,
    (_, session) => ({
      onOpen: (_, ws) => ws.send(`open ${session.id === null ? 'without' : 'with'}`),
      async onMessage({ data }, ws) {
        try {
          const result = await session.with((context) => {
            if (data === 'out') context.session = null
            else if (data === 'move') context.session.regenerateId()
            else context.session.update('count', (count = 0) => count + 1)
            return data === 'out' ? 'out' : context.session.get('count')
          }, 'missing')
          ws.send(String(result))
        } catch (error) {
          ws.send((error as { code: string }).code)
        }
      },
      onSessionChange: (ws) => ws.send('changed'),
      onSessionEnd: (reason, ws) => ws.send(`end ${reason}`),
    }),
    socketOptions
  )
  app.get('/live', upgradeWebSocket(live))
  app.use(session(sessions))
  app.get('/count', (c) => {
    c.var.session.update('count', (count = 0) => count + 1)
    return c.text(`${c.var.session.get('count')}`)
  })
  app.get('/sign-in', (c) => {
    c.var.session.regenerateId()
    c.var.session.set('user', 'ada')
    return c.text('ok')
  })
  app.get('/sign-out', (c) => {
    c.var.session.destroy()
    return c.text('ok')
  })
  const server = createAdaptorServer({
    fetch: app.fetch,
    websocket: { server: new WebSocketServer({ noServer: true }) as never },
  }) as HttpServer
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  let cookie = ''
  const get = async (path: string): Promise<string> => {
    const response = await app.request(`https://127.0.0.1:${port}${path}`, { headers: { cookie } })
    for (const line of response.headers.getSetCookie()) cookie = line.split(';')[0]!
    return response.text()
  }
  const open = (headers: Record<string, string> = {}): Promise<Opened> =>
    new Promise((resolve, reject) => {
      const ws = new WebSocket(`ws://127.0.0.1:${port}/live`, { headers: { cookie, ...headers } })
      closers.push(() => ws.terminate())
      const messages: string[] = []
      const closed = new Promise<{ code: number; reason: string }>((resolve) => {
        ws.on('close', (code, reason) => resolve({ code, reason: String(reason) }))
      })
      ws.on('message', (data) => messages.push(String(data)))
      ws.once('open', () => resolve({ ws, messages, closed }))
      ws.once('unexpected-response', (_, { statusCode }) => reject(new Error(`${statusCode}`)))
      ws.once('error', reject)
    })
  return { sessions, get, open, forge: (text: string) => (cookie = text), cookie: () => cookie }
}

const until = vi.waitFor

describe('a WebSocket of Hono with the session of its request', () => {
  it('reads and changes what requests do, and hears of their changes', async () => {
    const { get, open } = await start()
    await get('/count')
    const { ws, messages } = await open()
    await until(() => expect(messages).toEqual(['open with']))
    ws.send('count')
    await until(() => expect(messages.slice(1).sort()).toEqual(['2', 'changed']))
    expect(await get('/count')).toBe('3')
    await until(() => expect(messages).toHaveLength(4))
    expect(messages[3]).toBe('changed')
  })

  it('N06 is closed by a new id with a code that says to come again', async () => {
    const { get, open } = await start()
    await get('/count')
    const { closed } = await open()
    await get('/sign-in')
    expect(await closed).toEqual({ code: 4409, reason: 'The session has a new id: connect again' })
    const again = await open()
    again.ws.send('count')
    await until(() => expect(again.messages).toContain('2'))
  })

  it.each([true, false])(
    'N06 has a client come again that was faster than its new cookie, required: %s',
    async (required) => {
      const { get, open, cookie } = await start({}, { required })
      await get('/count')
      const older = cookie()
      await get('/sign-in')
      const early = await open({ cookie: older })
      expect((await early.closed).code).toBe(4409)
      expect(early.messages).toEqual([])
      const { messages } = await open()
      await until(() => expect(messages).toEqual(['open with']))

      // Half a minute later it is no early client, but one that has no session.
      vi.useFakeTimers({ now: Date.now() + 31_000, toFake: ['Date'] })
      if (required) await expect(open({ cookie: older })).rejects.toThrow('401')
      else {
        const late = await open({ cookie: older })
        late.ws.send('count')
        await until(() => expect(late.messages).toEqual(['open without', 'missing']))
      }
    }
  )

  it('J3 goes along with a new id with onRotate: follow, and is closed by a sign-out', async () => {
    const { get, open } = await start({}, { onRotate: 'follow' })
    await get('/count')
    const { ws, messages, closed } = await open()
    await until(() => expect(messages).toEqual(['open with']))
    await get('/sign-in')
    ws.send('count')
    await until(() => expect(messages).toContain('2'))
    await get('/sign-out')
    expect(await closed).toEqual({ code: 4401, reason: 'The session has ended: destroyed' })
    expect(messages.at(-1)).toBe('end destroyed')
  })

  it('is closed when the time of the session is over, or if it ends that itself', async () => {
    const expiring = await start({ lifetime: 1 })
    await expiring.get('/count')
    const opened = await expiring.open()
    expect((await opened.closed).code).toBe(4401)
    expect(opened.messages.at(-1)).toBe('end expired')

    const { get, open } = await start()
    await get('/count')
    const { ws, closed } = await open()
    ws.send('out')
    expect((await closed).code).toBe(4401)
    expect(await get('/count')).toBe('1')
  })

  it('stays open after the end with closeOnEnd: false, and has no session', async () => {
    const { get, open } = await start({}, { closeOnEnd: false })
    await get('/count')
    const { ws, messages } = await open()
    await until(() => expect(messages).toHaveLength(1))
    await get('/sign-out')
    await until(() => expect(messages.at(-1)).toBe('end destroyed'))
    ws.send('count')
    await until(() => expect(messages.at(-1)).toBe('missing'))
  })

  it('refuses a new id, whose cookie could not be sent', async () => {
    const { get, open } = await start()
    await get('/count')
    const { ws, messages } = await open()
    ws.send('move')
    await until(() => expect(messages).toContain('CONFIGURATION'))
    expect(await get('/count')).toBe('2')
  })

  it.each([
    ['no cookie', ''],
    ['a forged one', `__Host-session=Tabc${'A'.repeat(24)}.${'A'.repeat(43)}`],
  ])('has no session with %s, and makes none', async (_, cookie) => {
    const { open, forge, sessions } = await start()
    const created: unknown[] = []
    sessions.on('create', (event) => created.push(event))
    forge(cookie)
    const { ws, messages } = await open()
    ws.send('count')
    await until(() => expect(messages).toEqual(['open without', 'missing']))
    expect(created).toEqual([])
  })

  it('is answered with 401 without a session, if that is required', async () => {
    const { get, open } = await start({}, { required: true })
    await expect(open()).rejects.toThrow('401')
    await get('/count')
    const { messages } = await open()
    await until(() => expect(messages).toEqual(['open with']))
  })

  it.each(['https://evil.example', 'null', 'file://', 'https://127.0.0.1.evil.example'])(
    '§2.50 is answered with 403 from a page of %s',
    async (origin) => {
      const { get, open } = await start()
      await get('/count')
      await expect(open({ origin })).rejects.toThrow('403')
    }
  )
})

describe('createOriginCheck', () => {
  it('§2.50 takes the own host, what is listed, and what is no page', () => {
    const check = createOriginCheck(['https://shop.example'])
    const host = 'api.example'
    expect(check({ origin: 'https://shop.example', host })).toBe(true)
    expect(check({ origin: 'https://api.example', host })).toBe(true)
    expect(check({ origin: 'https://api.example', host: 'API.example:443' })).toBe(true)
    expect(check({ origin: 'http://localhost:3000', host: 'localhost:3000' })).toBe(true)
    expect(check({ origin: undefined, host })).toBe(true)
    expect(check({ origin: null, host, fetchSite: 'same-origin' })).toBe(true)
  })

  it.each([
    ['https://evil.example', 'api.example', undefined],
    ['https://shop.example.evil.example', 'api.example', undefined],
    ['https://shop.example:8443', 'api.example', undefined],
    ['http://shop.example', 'api.example', undefined],
    ['https://api.example/', 'api.example', undefined],
    ['https://user@api.example', 'api.example', undefined],
    ['chrome-extension://api.example', 'api.example', undefined],
    ['null', 'null', undefined],
    ['', '', undefined],
    ['https://api.example', undefined, undefined],
    [null, 'api.example', 'cross-site'],
    [undefined, 'api.example', 'same-site'],
  ])('§2.50 refuses %s at %s', (origin, host, fetchSite) => {
    const check = createOriginCheck(['https://shop.example'])
    expect(check({ origin, host, fetchSite })).toBe(false)
  })

  it('asks a function, and refuses what is no origin', () => {
    const check = createOriginCheck((origin) => origin.endsWith('.example'))
    expect(check({ origin: 'https://a.example', host: 'b.test' })).toBe(true)
    expect(check({ origin: 'https://a.test', host: 'b.test' })).toBe(false)
    for (const origin of ['*', 'shop.example', 'https://shop.example/path', 42, null]) {
      expect(() => createOriginCheck([origin as string])).toThrow(ConfigurationError)
    }
    expect(() => createOriginCheck('https://shop.example' as never)).toThrow(ConfigurationError)
  })
})

it('sessionSocket refuses the cookie storage', () => {
  const sessions = createSessions({ secrets: SECRET, storage: cookieStorage() })
  expect(() => sessionSocket(sessions, () => ({}))).toThrow(ConfigurationError)
})
