/** Sockets that outlive their object, in workerd, with objects that really sleep. */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { createSessions, memoryStorage } from '../../bindings/index.ts'
import {
  bundle,
  describeRuntime,
  type Miniflare,
  startMiniflare,
} from '../../bindings/storage/inside.fixture.ts'
import { Jar } from '../acceptance/jar.fixture.ts'
import { cookieStorage, durableObjectBus, hibernatingSockets } from '../workers/index.ts'

const SECRET = 'hibernating: a secret of more than 32 bytes'
/** Milliseconds after which workerd drops an object in which nothing happens: ten seconds, and some. */
const ASLEEP = 13_000
/** Milliseconds until news that nobody has sent are found out. */
const FOUND = { timeout: 10_000, interval: 50 }

const state = {
  storage: { getAlarm: async () => null, setAlarm: async () => undefined },
  acceptWebSocket() {},
  getWebSockets: () => [],
}

describe('hibernatingSockets', () => {
  const sessions = createSessions({ storage: memoryStorage(), secrets: SECRET })

  it('refuses what is no state of a Durable Object, and options out of their range', () => {
    for (const wrong of [undefined, null, {}, { storage: {} }]) {
      expect(() => hibernatingSockets(wrong as never, sessions)).toThrow(
        /state of a Durable Object/
      )
    }
    for (const recheckEvery of [0, -1, 86_401, Number.NaN, '60' as never]) {
      expect(() => hibernatingSockets(state, sessions, { recheckEvery })).toThrow(/recheckEvery/)
    }
    expect(() => hibernatingSockets(state, sessions, { origins: ['shop'] })).toThrow(/no origin/)
    const stateless = createSessions({ storage: cookieStorage(), secrets: SECRET })
    expect(() => hibernatingSockets(state, stateless)).toThrow(/cookie storage/)
  })

  it('leaves requests alone that are no handshake and no news', () => {
    const sockets = hibernatingSockets(state, sessions)
    expect(sockets.answer(new Request('https://shop.example/'))).toBeNull()
    const post = new Request('https://shop.example/news', { method: 'POST', body: 'x' })
    expect(sockets.answer(post)).toBeNull()
  })
})

describe('an object whose storage is down', () => {
  it('signs nobody out, and asks again a second later', async () => {
    const down = { ...memoryStorage(), sync: false, read: () => Promise.reject(new Error('down')) }
    const sessions = createSessions({ storage: down, secrets: SECRET })
    const closed: unknown[] = []
    const alarms: number[] = []
    const socket = {
      attachment: { tuile: { id: 'A'.repeat(40), end: Date.now() - 1 } },
      send() {},
      close: (code: number) => closed.push(code),
      serializeAttachment() {},
      deserializeAttachment: () => socket.attachment,
    }
    const full = {
      ...state,
      storage: { ...state.storage, setAlarm: async (time: number) => alarms.push(time) },
      getWebSockets: () => [socket],
    }
    const now = Date.now()
    await hibernatingSockets(full as never, sessions).alarm()
    expect(closed).toEqual([])
    expect(alarms).toHaveLength(1)
    expect(alarms[0]).toBeGreaterThanOrEqual(now + 1000)
  })
})

describe('durableObjectBus', () => {
  it.each([undefined, null, {}, [null], [{}]])('refuses %j', (objects) => {
    expect(() => durableObjectBus(objects as never)).toThrow(/no list of Durable Objects/)
  })

  it('lets requests go on while an object does not answer, and says so', async () => {
    const down = { fetch: async () => ({ ok: false, status: 500 }) }
    const kept: Promise<unknown>[] = []
    const bus = durableObjectBus([down], { waitUntil: (work) => kept.push(work) })
    const sessions = createSessions({ storage: memoryStorage(), secrets: SECRET, bus })
    const errors: unknown[] = []
    sessions.on('error', ({ error }) => errors.push(error))
    const session = await sessions.read(null)
    session.set('n', 1)
    await sessions.commit(session)
    await sessions.destroy(session.id)
    await Promise.all(kept)
    expect(kept).toHaveLength(1)
    await vi.waitFor(() => expect(errors).toMatchObject([{ code: 'SESSION_BUS' }]))
  })
})

describeRuntime('miniflare', 'hibernatingSockets in workerd', () => {
  let miniflare: Miniflare
  let site: string

  beforeAll(async () => {
    const folder = fileURLToPath(new URL('.', import.meta.url))
    const script = await bundle(
      `export * from './hibernating.fixture.ts'
       export { default } from './hibernating.fixture.ts'`,
      folder
    )
    const object = (className: string) => ({ className, useSQLite: true })
    const durableObjects = {
      SESSIONS: object('SessionObject'),
      ROOM: object('Room'),
      QUICK: object('Quick'),
      DOWN: object('Down'),
    }
    const worker = { modules: true, script, compatibilityDate: '2026-04-01', durableObjects }
    miniflare = await startMiniflare([worker])
    site = (await miniflare.ready).href
  }, 120_000)
  afterAll(() => miniflare?.dispose())

  /** A browser with one cookie jar. */
  const browser = () => {
    const jar = new Jar()
    const cookie = () => jar.header(site) ?? ''
    const visit = async (path: string): Promise<string> => {
      const response = await fetch(new URL(path, site), { headers: { Cookie: cookie() } })
      jar.store(site, response.headers.getSetCookie())
      expect(response.ok).toBe(true)
      return response.text()
    }
    const handshake = (room: string, headers: Record<string, string> = { Cookie: cookie() }) =>
      new WebSocket(new URL(room, site.replace('http', 'ws')), { headers })
    /** Opens a socket; `messages` are those that came, `closed` how it ended. */
    const open = async (room: string, headers?: Record<string, string>) => {
      const socket = handshake(room, headers)
      const messages: string[] = []
      const closed: [number, string][] = []
      socket.on('message', (data) => messages.push(String(data)))
      socket.on('close', (code, reason) => closed.push([code, String(reason)]))
      await once(socket, 'open')
      const ask = async (message: string): Promise<string> => {
        const answered = once(socket, 'message')
        socket.send(message)
        return String((await answered)[0])
      }
      return { socket, messages, closed, ask }
    }
    const refusal = async (room: string, headers?: Record<string, string>): Promise<number> => {
      const socket = handshake(room, headers)
      socket.on('error', () => undefined)
      const [, response] = await once(socket, 'unexpected-response')
      response.destroy()
      return response.statusCode
    }
    return { cookie, visit, open, refusal }
  }
  const inspect = async (room: string) =>
    (await (await fetch(new URL(room, site))).json()) as { made: string; errors: string[] }

  it('§2.50 refuses other sites, and who has no session, and says when the storage is down', async () => {
    const { cookie, refusal, visit, open } = browser()
    expect(await refusal('room', {})).toBe(401)
    expect(await refusal('room', { Cookie: 'session=T.forged.cookie' })).toBe(401)
    await visit('/')
    const Cookie = cookie()
    expect(await refusal('room', { Cookie, Origin: 'https://evil.example' })).toBe(403)
    expect(await refusal('room', { Cookie, Origin: 'null' })).toBe(403)
    expect(await refusal('down')).toBe(503)
    const { socket } = await open('room', { Cookie, Origin: 'https://shop.example' })
    socket.close()
    await visit('/out')
    expect(await refusal('room', { Cookie })).toBe(401)
  })

  it('§2.50, N06 shares the session with requests, is closed by a new id, and at the end', async () => {
    const { visit, open } = browser()
    expect(await visit('/')).toBe('count 1')
    const { messages, closed, socket } = await open('room')
    socket.send('count')
    await vi.waitFor(() => expect(messages.sort()).toEqual(['changed', 'count 2']))
    expect(await visit('/')).toBe('count 3')
    await vi.waitFor(() => expect(messages).toHaveLength(3))
    await visit('/move')
    const rotated = [4409, 'The session has a new id: connect again']
    await vi.waitFor(() => expect(closed).toEqual([rotated]))
    const next = await open('room')
    expect(await visit('/')).toBe('count 4')
    await vi.waitFor(() => expect(next.messages).toEqual(['changed']))
    next.socket.send('count')
    await vi.waitFor(() => expect(next.messages).toContain('count 5'))
    await visit('/out')
    const ended = [4401, 'The session has ended: destroyed']
    await vi.waitFor(() => expect(next.closed).toEqual([ended]))
    expect(next.messages.at(-1)).toBe('over: destroyed')
  })

  it.each(['room', 'quick'])(
    'N06 has a client come again that was faster than its new cookie, to %s',
    async (room) => {
      const { cookie, visit, open } = browser()
      await visit('/')
      const older = cookie()
      await visit('/move')
      const { socket, closed } = await open(room, { Cookie: older })
      await vi.waitFor(() => expect(socket.readyState).toBe(WebSocket.CLOSING))
      // Of a socket that has never sent anything, workerd leaves the connection open for a while.
      socket.terminate()
      await vi.waitFor(() => expect(closed.map(([code]) => code)).toEqual([4409]))
      const { ask } = await open(room)
      expect(await ask('count')).toMatch(/^(?:count 2|changed)$/)
    }
  )

  it('N06 follows a new id with onRotate: follow', async () => {
    const { visit, open } = browser()
    await visit('/')
    const { messages, closed, socket } = await open('quick')
    await visit('/') // the first listener of an object fails
    await visit('/move')
    await vi.waitFor(() => expect(messages).toContain('changed'))
    socket.send('count')
    await vi.waitFor(() => expect(messages).toContain('count 3'))
    expect(closed).toEqual([])
    socket.close()
  })

  it('§2.50 keeps sessions and attachments while the object sleeps, and is woken by news', async () => {
    const { visit, open } = browser()
    await visit('/')
    const { ask, closed, messages } = await open('room')
    const other = browser()
    await other.visit('/')
    const stays = await other.open('room')
    const made = async () => (await ask('who')).split(' ').at(-1)
    const asleep = () => new Promise((resolve) => setTimeout(resolve, ASLEEP))

    stays.socket.send('nick ada')
    const first = await made()
    await asleep()
    // The first message to the new object comes from a socket.
    expect(await stays.ask('who')).toMatch(/^ada true /)
    const second = await made()
    expect(second).not.toBe(first)
    expect(await visit('/')).toBe('count 2')
    await vi.waitFor(() => expect(messages).toContain('changed'))

    await asleep()
    // And this time from a Worker.
    await visit('/out')
    await vi.waitFor(() => expect(closed).toHaveLength(1))
    expect(closed).toEqual([[4401, 'The session has ended: destroyed']])
    expect(stays.closed).toEqual([])
    expect(await stays.ask('who')).toMatch(/^ada true /)
    expect((await stays.ask('who')).split(' ').at(-1)).not.toBe(second)
    stays.socket.close()
  }, 60_000)

  it('ends nothing by news that none of ours has sealed', async () => {
    const { visit, open } = browser()
    await visit('/')
    const { ask, closed, socket } = await open('room')
    await visit('/forged')
    expect((await inspect('room')).errors.join()).toMatch(/none of us has sealed/)
    expect(await ask('who')).toMatch(/ true /)
    expect(closed).toEqual([])
    socket.close()
  })

  it('§2.50 finds what nobody told, by a message and by its alarm', async () => {
    const { visit, open } = browser()
    await visit('/')
    const asking = await open('room')
    const silent = await open('quick')
    await visit('/lose')
    expect(await asking.ask('count')).toBe('over: gone')
    await vi.waitFor(() => expect(asking.closed).toEqual([[4401, 'The session has ended: gone']]))
    await vi.waitFor(() => expect(silent.messages).toEqual(['over: gone']), FOUND)
    // This room closes no socket.
    expect(await silent.ask('who')).toMatch(/ false /)
    expect(await silent.ask('count')).toBe('count missing')
    expect(silent.closed).toEqual([])
    silent.socket.close()
  }, 30_000)

  it('ends a session by its time', async () => {
    const { visit, open } = browser()
    await visit('/')
    const { messages, socket } = await open('quick')
    await visit('/lose?in=2500')
    await vi.waitFor(() => expect(messages).toEqual(['over: expired']), FOUND)
    socket.close()
  }, 30_000)

  it('lets guests in where no session is required, and tells others though one listener fails', async () => {
    const guest = await browser().open('quick')
    expect(await guest.ask('count')).toBe('count missing')
    guest.socket.close()

    const { visit, open } = browser()
    await visit('/')
    const sockets = await Promise.all(Array.from({ length: 200 }, () => open('quick')))
    await visit('/')
    await visit('/')
    await vi.waitFor(() => {
      const told = sockets.map(({ messages }) => messages.length)
      expect(told.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(399)
    }, FOUND)
    expect((await inspect('quick')).errors.join()).toMatch(/the first listener fails/)
    await visit('/out')
    for (const { messages } of sockets) {
      await vi.waitFor(() => expect(messages.at(-1)).toBe('over: destroyed'))
    }
    for (const { socket } of sockets) socket.close()
  }, 30_000)
})
