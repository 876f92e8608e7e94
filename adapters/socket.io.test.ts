/**
 * Sockets that something goes wrong with: each bad input has its outcome.
 *
 * @module
 */
import { createAdapter } from '@socket.io/redis-adapter'
import { createClient } from 'redis'
import { Server } from 'socket.io'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { redisBus } from '../bindings/live/redis-bus.ts'
import {
  ConfigurationError,
  cookieStorage,
  createSessions,
  memoryStorage,
  SessionGoneError,
  SessionLockTimeoutError,
  SessionStorageError,
} from '../bindings/index.ts'
import { missingServer, RedisServer } from '../bindings/storage/redis-server.fixture.ts'
import { spyStorage } from './acceptance/spy.fixture.ts'
import { bridge } from './socket.io.ts'
import {
  type LiveBrowser,
  LiveSite,
  next,
  RECONNECTING,
  SECRET,
  type SiteOptions,
} from './sockets/site.fixture.ts'

const sites: LiveSite[] = []
const start = async (options?: SiteOptions): Promise<LiveSite> => {
  const site = await LiveSite.start(options)
  sites.push(site)
  return site
}
afterEach(async () => {
  await Promise.all(sites.splice(0).map((site) => site.stop()))
})

async function arrive(options?: SiteOptions) {
  const site = await start(options)
  const browser = site.browser()
  const id = await browser.visit((session) => {
    session.set('count', 1)
    return session.id
  })
  return { site, browser, id, ...(await browser.connect()) }
}

describe('a cookie that is not ours', () => {
  it.each([
    ['none', ''],
    ['another', 'other=1'],
    ['no token', 'session=hello'],
    ['a token of nobody', `session=Tabc${'A'.repeat(24)}.${'A'.repeat(43)}`],
    ['very long', `session=${'A'.repeat(5000)}`],
    ['many', Array.from({ length: 50 }, () => 'session=x').join('; ')],
  ])('%s: the socket is connected, and has no session', async (_, cookie) => {
    const site = await start()
    const { socket } = await site.browser().connect({ extraHeaders: { cookie } })
    expect([socket.data.sessionId, socket.data.clientId]).toEqual([undefined, undefined])
    expect(await site.live.withSession(socket, () => 'found', 'missing')).toBe('missing')
  })

  it('changed in one character: the socket has no session, and an event says why', async () => {
    const { site, browser } = await arrive()
    const token = browser.jar.get('session')!
    browser.jar.set('session', `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`)
    const { socket } = await browser.connect()
    expect(socket.data.sessionId).toBeUndefined()
    expect(site.told('reject')).toEqual([{ type: 'reject', reason: 'bad-signature' }])
  })

  it('of a client alone opens no session', async () => {
    const { browser } = await arrive()
    browser.jar.delete('session')
    const { socket } = await browser.connect()
    expect(socket.data.sessionId).toBeUndefined()
  })
})

describe.each(['polling', 'websocket'])('§2.50 a page of another site, over %s', (transport) => {
  it.each(['https://evil.example', 'null', 'http://127.0.0.1.evil.example', 'file://'])(
    'is refused: %s',
    async (origin) => {
      const { browser, site } = await arrive({ bridge: { origins: ['https://shop.example'] } })
      const before = site.sockets.length
      await expect(
        browser.connect({ transports: [transport], extraHeaders: { origin } })
      ).rejects.toMatchObject({ data: { code: 'ORIGIN' } })
      expect(site.sockets).toHaveLength(before)
    }
  )

  it('is let in if it is listed, here or in cors.origin', async () => {
    const origin = 'https://shop.example'
    const connect = { transports: [transport], extraHeaders: { origin } }
    const listed = await arrive({ bridge: { origins: [origin] } })
    expect((await listed.browser.connect(connect)).socket.data.sessionId).toBe(listed.id)
    for (const allowed of [origin, [origin], /shop\.example$/]) {
      const site = await arrive({ io: { cors: { origin: allowed, credentials: true } } })
      expect((await site.browser.connect(connect)).socket.data.sessionId).toBe(site.id)
    }
    const other = await arrive({ io: { cors: { origin: ['https://other.example'] } } })
    await expect(other.browser.connect(connect)).rejects.toThrow(/origin/)
  })
})

describe('§2.30 §2.50 J3 the end of a session', () => {
  it('by sign-out closes its sockets, of every browser window, and tells them why', async () => {
    const { browser, client } = await arrive()
    const second = await browser.connect()
    const ends = [client, second.client].map((client) =>
      Promise.all([next(client, 'session:end'), next(client, 'disconnect')])
    )
    await browser.visit((session) => session.destroy())
    for (const [told] of await Promise.all(ends)) expect(told).toEqual({ reason: 'destroyed' })
  })

  it('by revocation closes them as well', async () => {
    const { site, browser, client } = await arrive()
    await browser.visit((session) => void (session.owner = 'ada'))
    const closed = next(client, 'disconnect')
    await site.sessions.revokeByOwner('ada')
    expect(await closed).toBe('io server disconnect')
  })

  it('by its time closes them while they are connected', async () => {
    const { client } = await arrive({ sessions: { lifetime: 1 } })
    expect(await next(client, 'session:end')).toEqual({ reason: 'expired' })
  })

  it('of another session closes nothing', async () => {
    const { site, client } = await arrive()
    await site.browser().visit((session) => {
      session.set('count', 1)
      session.destroy()
    })
    const other = site.browser()
    await other.visit((session) => session.set('count', 1))
    await other.visit((session) => session.destroy())
    expect(client.connected).toBe(true)
  })

  it('is told and nothing more with onEnd: emit, or does what a function says', async () => {
    const { browser, client, socket } = await arrive({ bridge: { onEnd: 'emit' } })
    const told = next(client, 'session:end')
    await browser.visit((session) => session.destroy())
    expect(await told).toEqual({ reason: 'destroyed' })
    expect([client.connected, socket.data.sessionId]).toEqual([true, undefined])

    const ended: unknown[] = []
    const own = await arrive({
      bridge: { onEnd: (socket, reason) => ended.push([socket.id, reason]) },
    })
    await own.browser.visit((session) => session.destroy())
    expect(ended).toEqual([[own.socket.id, 'destroyed']])
  })

  it('does not come of a new id with onRotate: follow, and the sockets go along', async () => {
    const { site, browser, id, client, socket } = await arrive({ bridge: { onRotate: 'follow' } })
    const moved = await browser.visit((session) => {
      session.regenerateId()
      session.set('user', 'ada')
      return session.id
    })
    expect(moved).not.toBe(id)
    await vi.waitFor(() => expect(socket.data.sessionId).toBe(moved))
    expect(client.connected).toBe(true)
    expect(await site.live.withSession(socket, ({ session }) => session.get('user'))).toBe('ada')
  })

  it('reaches the sockets of other namespaces', async () => {
    const site = await start()
    site.io.of('/chat')
    const browser = site.browser()
    await browser.visit((session) => session.set('count', 1))
    const { client } = await browser.connect()
    const chat = client.io.socket('/chat').connect()
    await next(chat, 'connect')
    const closed = next(chat, 'disconnect')
    await browser.visit((session) => session.destroy())
    await closed
  })
})

it('N07 a socket that came again before its browser had the cookie does so once more', async () => {
  const site = await start()
  const browser = site.browser()
  await browser.visit(() => undefined) // the client's cookie alone
  const { client } = await browser.connect(RECONNECTING)
  const early = next(client, 'connect')
  // The response with the session's cookie is slow.
  const slow = site.browser(new Map(browser.jar))
  const id = await slow.visit((session) => {
    session.set('user', 'ada')
    return session.id
  })
  await early
  expect(site.sockets.at(-1)!.data.sessionId).toBeUndefined()
  for (const [name, value] of slow.jar) browser.jar.set(name, value)
  await browser.visit((session) => session.get('user'))
  await vi.waitFor(() => expect(site.sockets.at(-1)!.data.sessionId).toBe(id))
  // It has its session now, and stays when there are more requests.
  const connected = site.sockets.length
  await browser.visit((session) => session.set('user', 'lovelace'))
  const heard = next(client, 'news')
  site.io.emit('news', 'for all')
  expect(await heard).toBe('for all')
  expect(site.sockets).toHaveLength(connected)
})

describe('N06 a new id', () => {
  const signIn = (browser: LiveBrowser): Promise<string> =>
    browser.visit((session) => {
      session.authenticate()
      session.set('user', 'ada')
      return session.id
    })

  it('closes the sockets of the older one so that the client comes again with the new cookie', async () => {
    const site = await start()
    const browser = site.browser()
    await browser.visit((session) => session.set('count', 1))
    const { client, socket } = await browser.connect(RECONNECTING)
    const closed = next(client, 'disconnect')
    const again = next(client, 'connect')
    const signedIn = await signIn(browser)
    expect(await closed).toBe('transport close')
    await again
    await vi.waitFor(() => expect(site.sockets.at(-1)!.data.sessionId).toBe(signedIn))
    expect(socket.data.sessionId).toBeUndefined()
    const healed = site.sockets.at(-1)!
    expect(await site.live.withSession(healed, ({ session }) => session.get('user'))).toBe('ada')
    expect(await site.live.withSession(socket, () => 'found', 'missing')).toBe('missing')
  })

  it('leaves a copy of the older cookie outside', async () => {
    const { site, browser, client } = await arrive()
    const thief = site.browser(new Map(browser.jar))
    const stolen = await thief.connect()
    const closed = [client, stolen.client].map((each) => next(each, 'disconnect'))
    await signIn(browser)
    await Promise.all(closed)
    const late = await thief.connect()
    expect(late.socket.data.sessionId).toBeUndefined()
    // It is asked to come again, with a cookie that it has not got.
    expect(await late.closed).toBe('transport close')
  })

  it('is onRotate close or follow', () => {
    const sessions = createSessions({ secrets: SECRET, storage: memoryStorage() })
    expect(() => bridge(new Server(), sessions, { onRotate: 'stay' as never })).toThrow(
      ConfigurationError
    )
  })
})

describe('N07 a client id', () => {
  it('alone never gets a session, neither the one of now nor a later one', async () => {
    const site = await start()
    const browser = site.browser()
    await browser.visit(() => undefined)
    const copy = new Map([...browser.jar].filter(([name]) => name.endsWith('.cid')))
    expect(copy.size).toBe(1)
    const early = await site.browser(new Map(copy)).connect()
    const closed = next(early.client, 'disconnect')
    await browser.visit((session) => session.set('user', 'ada'))
    expect(await closed).toBe('transport close')
    const late = await site.browser(new Map(copy)).connect()
    for (const { socket } of [early, late]) {
      expect(socket.data.sessionId).toBeUndefined()
      expect(await site.live.withSession(socket, () => 'found', 'missing')).toBe('missing')
    }
  })

  it('lets an honest browser come again when a request gives it a session', async () => {
    const site = await start()
    const browser = site.browser()
    await browser.visit(() => undefined)
    const { client } = await browser.connect(RECONNECTING)
    const again = next(client, 'connect')
    const id = await browser.visit((session) => {
      session.set('user', 'ada')
      return session.id
    })
    await again
    await vi.waitFor(() => expect(site.sockets.at(-1)!.data.sessionId).toBe(id))
  })
})

describe('while a handler runs', () => {
  it('the session ends: the change is refused, and nothing comes back', async () => {
    const { site, browser, id, socket } = await arrive({ bridge: { onEnd: 'emit' } })
    const work = site.live.withSession(socket, async ({ session }) => {
      session.set('count', 2)
      await browser.visit((session) => session.destroy())
    })
    await expect(work).rejects.toThrow(SessionGoneError)
    expect(await site.sessions.get(id)).toBeNull()
    expect(await site.live.withSession(socket, () => 'found', 'missing')).toBe('missing')
  })

  it('it throws: nothing is written, and the next one has the lock', async () => {
    const { site, socket } = await arrive()
    const error = new Error('a handler')
    const work = site.live.withSession(socket, ({ session }) => {
      session.set('count', 99)
      throw error
    })
    await expect(work).rejects.toBe(error)
    expect(await site.live.withSession(socket, ({ session }) => session.get('count'))).toBe(1)
  })

  it('it asks for a new id, whose cookie nobody could send: nothing is written', async () => {
    const { site, id, socket } = await arrive()
    const work = site.live.withSession(socket, ({ session }) => session.regenerateId())
    await expect(work).rejects.toThrow(/regenerateId/)
    expect(socket.data.sessionId).toBe(id)
    expect(await site.sessions.get(id)).not.toBeNull()
  })

  it('it never ends: the others are refused in time', async () => {
    const { site, socket } = await arrive({ sessions: { lockTimeout: 0.1 } })
    let end: () => void = () => undefined
    const work = site.live.withSession(
      socket,
      () => new Promise<void>((resolve) => void (end = resolve))
    )
    await new Promise((resolve) => setTimeout(resolve, 20))
    await expect(site.live.withSession(socket, () => 'second')).rejects.toThrow(
      SessionLockTimeoutError
    )
    end()
    await work
    expect(await site.live.withSession(socket, () => 'third')).toBe('third')
  })

  it('a flash message goes on waiting for a request', async () => {
    const { site, browser, socket } = await arrive()
    await browser.visit((session) => session.flash('notice', 'saved'))
    await site.live.withSession(socket, ({ session }) => session.set('count', 2))
    expect(await browser.visit((session) => session.getFlash('notice'))).toBe('saved')
    expect(await browser.visit((session) => session.getFlash('notice', 'none'))).toBe('none')
  })
})

describe('a storage that is down', () => {
  it('refuses work, lets the sockets be, and serves them again', async () => {
    const storage = spyStorage()
    const { site, browser, client, socket } = await arrive({ sessions: { storage } })
    const { read } = storage
    const down = new Error('down')
    storage.read = async () => {
      throw down
    }
    await expect(site.live.withSession(socket, () => 'found', 'missing')).rejects.toThrow(
      SessionStorageError
    )
    await expect(browser.connect()).rejects.toThrow(/storage/)
    expect(client.connected).toBe(true)
    storage.read = read
    expect(await site.live.withSession(socket, ({ session }) => session.get('count'))).toBe(1)
    expect((await browser.connect()).socket.data.sessionId).toBe(socket.data.sessionId)
  })
})

it('sockets that come and go leave nothing behind', async () => {
  const { site, browser } = await arrive()
  const { sockets } = site.io.of('/')
  for (let i = 0; i < 20; i++) (await browser.connect()).client.close()
  await vi.waitFor(() => expect(sockets.size).toBe(1))
  const changes: unknown[] = []
  site.live.on('sessionSet', (event) => changes.push(event))
  await browser.visit((session) => session.set('count', 2))
  expect(changes).toHaveLength(1)
})

it('onChange is called for each socket of the session', async () => {
  const changed: string[] = []
  const { site, browser, socket } = await arrive({
    bridge: { onChange: ({ id }) => changed.push(id) },
  })
  const second = await browser.connect()
  await (await site.browser().connect()).client
  await browser.visit((session) => session.set('count', 2))
  expect(changed.sort()).toEqual([socket.id, second.socket.id].sort())
})

it('socket.data keeps ids from other servers: they are not sent along', async () => {
  const { socket, id } = await arrive()
  expect(socket.data.sessionId).toBe(id)
  expect(JSON.stringify(socket.data)).toBe('{}')
})

it('bridge refuses what cannot be', () => {
  const sessions = createSessions({ secrets: SECRET, storage: memoryStorage() })
  const io = { of: () => 0, _nsps: new Map(), on: () => 0 } as never
  const refused = [
    () => bridge(null as never, sessions),
    () => bridge(io, createSessions({ secrets: SECRET, storage: cookieStorage() })),
    () => bridge(io, sessions, { onEnd: 'close' as never }),
    () => bridge(io, sessions, { origins: ['shop.example'] }),
    () => bridge(io, sessions, { origins: ['https://shop.example/'] }),
    () => bridge(io, sessions, { clientMaxAge: -1 }),
    () => bridge(io, sessions, { clientKey: 'a b' }),
  ]
  for (const create of refused) expect(create).toThrow(ConfigurationError)
})

describe.skipIf(missingServer !== '')(`two servers at one Redis${missingServer}`, () => {
  it('a sign-out at one closes the sockets at the other, beside the adapter of socket.io', async () => {
    const server = await RedisServer.create()
    const { url } = server
    const storage = memoryStorage()
    const clients: { close(): Promise<unknown> }[] = []
    const open = async () => {
      const client = createClient({ url })
      clients.push(client)
      await client.connect()
      return client
    }
    const buses: { close(): Promise<void> }[] = []
    const startAt = async (): Promise<LiveSite> => {
      const bus = redisBus(await open())
      buses.push(bus)
      const adapter = createAdapter(await open(), await open())
      return start({ sessions: { storage, bus }, io: { adapter } })
    }
    const [near, far] = [await startAt(), await startAt()]
    const browser = near.browser()
    const id = await browser.visit((session) => {
      session.set('count', 1)
      return session.id
    })
    const { client, socket } = await far.browser(browser.jar).connect()
    expect(socket.data.sessionId).toBe(id)
    const destroyed = new Promise((resolve) => far.live.on('sessionDestroy', resolve))
    // The bus listens by now.
    let changes = 0
    far.sessions.watch(id, () => changes++)
    await vi.waitFor(async () => {
      await browser.visit((session) => session.set('count', Math.random()))
      await vi.waitFor(() => expect(changes).toBeGreaterThan(0), 500)
    }, 5000)
    const heard = next(client, 'news')
    near.io.emit('news', 'from the other')
    expect(await heard).toBe('from the other')
    const ended = next(client, 'session:end')
    const { sessionId } = socket.data
    await browser.visit((session) => session.destroy())
    expect(await ended).toEqual({ reason: 'destroyed' })
    expect(await destroyed).toMatchObject({ sessionId })
    await Promise.all(buses.map((bus) => bus.close()))
    await Promise.all(sites.splice(0).map((site) => site.stop()))
    // Each waits for what the adapter of socket.io has asked of it.
    for (const opened of clients) await opened.close()
    await server.remove()
  })
})
