/**
 * The promises of koa-io-session that Tuile keeps: sessions on sockets.
 *
 * @module
 */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSessions, memoryStorage, SessionMissingError } from '../../bindings/index.ts'
import { bridge, type BridgeOptions, generateUid } from '../socket.io.ts'
import { LiveSite, next, RECONNECTING, type SiteOptions } from '../sockets/site.fixture.ts'
import { spyStorage } from './spy.fixture.ts'

const sites: LiveSite[] = []
const start = async (options?: SiteOptions): Promise<LiveSite> => {
  const site = await LiveSite.start(options)
  sites.push(site)
  return site
}
afterEach(async () => {
  await Promise.all(sites.splice(0).map((site) => site.stop()))
})

/** A visitor with a session and a socket. */
async function arrive(options?: SiteOptions) {
  const site = await start(options)
  const browser = site.browser()
  const { id, clientId } = await browser.visit((session, clientId) => {
    session.set('count', 1)
    return { id: session.id, clientId }
  })
  return { site, browser, id, clientId, ...(await browser.connect()) }
}
const emit: SiteOptions = { bridge: { onEnd: 'emit' } }
const soon = vi.waitFor

it('B01 the quick start: a counter over HTTP and a socket, acknowledged, and reset', async () => {
  const site = await start(emit)
  const { live, io } = site
  io.on('connection', (socket) => {
    socket.on('inc', async (acknowledge) => {
      const reply = await live.withSession(
        socket,
        ({ sessionId, session }) => {
          session.update('count', (count = 0) => count + 1)
          return { ok: true, sessionId, count: session.get('count') }
        },
        { ok: false, error: 'missing-session' }
      )
      acknowledge(reply)
    })
    socket.on('reset', async (acknowledge) => {
      await live.withSession(socket, (context) => {
        context.session = null
      })
      acknowledge('done')
    })
  })
  const count = (reset = false) =>
    browser.visit((session) => {
      if (reset) session.destroy()
      else session.update('count', (count = 0) => count + 1)
      return reset ? null : { count: session.get('count'), id: session.id }
    })
  const browser = site.browser()
  const early = await browser.connect()
  expect(await early.client.emitWithAck('inc')).toEqual({ ok: false, error: 'missing-session' })

  const first = await count()
  expect(first?.count).toBe(1)
  const { client } = await browser.connect()
  const reply = await client.emitWithAck('inc')
  expect(reply).toEqual({ ok: true, sessionId: first?.id, count: 2 })
  expect((await count())?.count).toBe(3)
  expect(await client.emitWithAck('reset')).toBe('done')
  expect(await client.emitWithAck('inc')).toEqual({ ok: false, error: 'missing-session' })
  expect((await count())?.count).toBe(1)
})

it('B03 the client has an id over HTTP and on its sockets, which outlives its sessions', async () => {
  const { site, browser, clientId, socket } = await arrive(emit)
  expect(clientId).toMatch(/^[\w-]{24}$/)
  expect(socket.data.clientId).toBe(clientId)
  await browser.visit((session) => session.destroy())
  expect(await browser.visit((_, clientId) => clientId)).toBe(clientId)
  expect(socket.data.clientId).toBe(clientId)
  expect(await site.browser().visit((_, clientId) => clientId)).not.toBe(clientId)
})

it('B04 a socket has the session that its client has now', async () => {
  const site = await start(emit)
  const browser = site.browser()
  const begin = (): Promise<string> =>
    browser.visit((session) => {
      session.set('count', 1)
      return session.id
    })
  const id = await begin()
  const { client, socket } = await browser.connect(RECONNECTING)
  expect(socket.data.sessionId).toBe(id)
  await browser.visit((session) => session.destroy())
  expect(socket.data.sessionId).toBeUndefined()
  // It connects again by itself, with the cookie that it has now.
  const again = next(client, 'connect')
  const second = await begin()
  expect(second).not.toBe(id)
  await again
  await soon(() => expect(site.sockets.at(-1)!.data.sessionId).toBe(second))
})

it('B05 a handler gets the id, the session and the socket; what it returns comes back', async () => {
  const { site, id, socket } = await arrive()
  const result = await site.live.withSession(socket, async (context) => {
    expect(context.socket).toBe(socket)
    return [context.sessionId, context.session.get('count')]
  })
  expect(result).toEqual([id, 1])
})

describe('a socket without a session', () => {
  const missing = async (onMissing?: unknown): Promise<unknown> => {
    const site = await start()
    const { socket } = await site.browser().connect()
    return site.live.withSession(socket, () => 'found', onMissing)
  }
  it('B06 throws', async () => {
    await expect(missing()).rejects.toThrow('Session is missing for this socket')
    await expect(missing()).rejects.toThrow(SessionMissingError)
  })
  it('B07 throws an error that was given', async () => {
    const error = new Error('visit the page first')
    await expect(missing(error)).rejects.toBe(error)
  })
  it('B08 calls a function that was given', async () => {
    expect(await missing(async () => 'called')).toBe('called')
  })
  it.each([[{ ok: false, error: 'missing-session' }], [null], [0], ['']])(
    'B09 gives back what was given: %j',
    async (fallback) => {
      expect(await missing(fallback)).toBe(fallback)
    }
  )
})

it('B10 null destroys the session', async () => {
  const { site, browser, id, socket } = await arrive(emit)
  await site.live.withSession(socket, (context) => {
    context.session = null
  })
  expect(await site.sessions.get(id)).toBeNull()
  expect(await browser.visit((session) => [session.isNew, session.all()])).toEqual([true, {}])
  const other = await arrive()
  await expect(
    other.site.live.withSession(other.socket, (context) => {
      context.session = {}
    })
  ).rejects.toThrow(TypeError)
  expect(await other.site.sessions.get(other.id)).not.toBeNull()
})

it('B11 what was changed is written once, what was not is not', async () => {
  const storage = spyStorage()
  const { site, browser, socket } = await arrive({ sessions: { storage } })
  const writes = storage.count('write')
  await site.live.withSession(socket, ({ session }) => session.get('count'))
  await site.live.withSession(socket, ({ session }) => session.set('count', 1))
  expect(storage.count('write')).toBe(writes)
  await site.live.withSession(socket, ({ session }) => {
    session.set('count', 2)
    session.set('name', 'Ada')
  })
  expect(storage.count('write')).toBe(writes + 1)
  expect(await browser.visit((session) => session.all())).toEqual({ count: 2, name: 'Ada' })
})

describe('B12 calls of one session', () => {
  it('B12 wait for each other: 50 increments on two sockets are 50', async () => {
    const { site, browser, socket } = await arrive({ sessions: { storage: spyStorage() } })
    const { socket: second } = await browser.connect()
    let [running, most] = [0, 0]
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        site.live.withSession(i % 2 ? socket : second, async ({ session }) => {
          most = Math.max(most, ++running)
          const count = session.get('count')
          await new Promise((resolve) => setTimeout(resolve, 1))
          session.set('count', count + 1)
          running--
        })
      )
    )
    expect(most).toBe(1)
    expect(await browser.visit((session) => session.get('count'))).toBe(51)
  })

  it('B12 and 50 on two sockets and over HTTP at once are 50', async () => {
    const { site, browser, socket } = await arrive({ sessions: { storage: spyStorage() } })
    const { socket: second } = await browser.connect()
    const add = (count = 0): number => count + 1
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        i % 3 === 0
          ? browser.visit((session) => session.update('count', add))
          : site.live.withSession(i % 3 === 1 ? socket : second, ({ session }) =>
              session.update('count', add)
            )
      )
    )
    expect(await browser.visit((session) => session.get('count'))).toBe(51)
  })

  it('B12 go on with the new id if the session got one while they waited', async () => {
    const { site, browser, id, socket } = await arrive({ bridge: { onRotate: 'follow' } })
    let proceed: () => void = () => undefined
    const held = site.live.withSession(
      socket,
      () => new Promise<void>((resolve) => void (proceed = resolve))
    )
    await soon(() => expect(proceed).not.toBe(undefined))
    await new Promise((resolve) => setTimeout(resolve, 20))
    const waits = site.live.withSession(socket, ({ sessionId, session }) => {
      session.set('late', true)
      return sessionId
    })
    const moved = await browser.visit((session) => {
      session.regenerateId()
      return session.id
    })
    proceed()
    await held
    expect(await waits).toBe(moved)
    expect(moved).not.toBe(id)
    expect(await browser.visit((session) => session.get('late'))).toBe(true)
  })
})

describe('events', () => {
  const listen = (site: LiveSite): unknown[] => {
    const told: unknown[] = []
    site.live.on('sessionSet', (event) => told.push(['set', event]))
    site.live.on('sessionDestroy', (event) => told.push(['destroy', event]))
    return told
  }

  it('B13 sessionSet tells who wrote which session, over HTTP and on a socket', async () => {
    const { site, browser, id, clientId, socket } = await arrive()
    const told = listen(site)
    await browser.visit((session) => session.set('count', 2))
    await site.live.withSession(socket, ({ session }) => session.set('count', 3))
    const event = { clientId, sessionId: id, isNew: false, isInit: false }
    expect(told).toEqual([
      ['set', event],
      ['set', event],
    ])
  })

  it('B14 isNew and isInit tell what is new, also after a restart', async () => {
    const storage = memoryStorage()
    const site = await start({ sessions: { storage } })
    const told = listen(site)
    const browser = site.browser()
    const { sessionId, clientId } = await browser.visit((session, clientId) => {
      session.set('count', 1)
      return { sessionId: session.id, clientId }
    })
    expect(told.splice(0)).toEqual([['set', { clientId, sessionId, isNew: true, isInit: true }]])
    await browser.visit((session) => session.set('count', 2))
    expect(told.splice(0)).toEqual([['set', { clientId, sessionId, isNew: false, isInit: false }]])

    const restarted = await start({ sessions: { storage } })
    const toldThere = listen(restarted)
    await restarted.browser(browser.jar).visit((session) => session.get('count'))
    expect(toldThere).toEqual([['set', { clientId, sessionId, isNew: false, isInit: true }]])
  })

  it.each(['http', 'socket', 'id', 'client', 'expiry'])(
    'B15 sessionDestroy tells of an end by %s',
    async (by) => {
      const { site, browser, id, clientId, socket } = await arrive({
        sessions: { lifetime: by === 'expiry' ? 1 : 600 },
      })
      const told = listen(site)
      const { live } = site
      if (by === 'http') await browser.visit((session) => session.destroy())
      if (by === 'id') expect(await live.destroyById(id)).toBe(true)
      if (by === 'client') expect(await live.destroyByClientId(clientId)).toBe(true)
      if (by === 'socket') {
        await live.withSession(socket, (context) => {
          context.session = null
        })
      }
      await soon(() => expect(told).toEqual([['destroy', { clientId, sessionId: id }]]), 3000)
    }
  )

  it('B17 are heard on the bridge: on, once and off', async () => {
    const site = await start()
    const heard: string[] = []
    const listener = (): void => void heard.push('on')
    site.live.on('cleanup', listener)
    site.live.once('cleanup', () => heard.push('once'))
    site.live.notifyStoreCleanup(1)
    site.live.notifyStoreCleanup(1)
    site.live.off('cleanup', listener)
    site.live.notifyStoreCleanup(1)
    expect(heard).toEqual(['on', 'once', 'on'])
  })
})

describe('the mapping', () => {
  it('B18 B19 goes from clients to sessions and back', async () => {
    const { site, browser, id, clientId } = await arrive()
    const { live } = site
    expect(await live.getSessionId(clientId)).toBe(id)
    expect(await live.getClientId(id)).toBe(clientId)
    await browser.visit((session) => session.destroy())
    expect(await live.getSessionId(clientId)).toBeUndefined()
    expect(await live.getClientId(id)).toBeUndefined()
    expect(await live.getSessionId(generateUid())).toBeUndefined()
  })

  it('B19 is found by a process that has never seen the client', async () => {
    const storage = memoryStorage()
    const { id, clientId, browser } = await arrive({ sessions: { storage } })
    const { live } = await start({ sessions: { storage } })
    expect(await live.getClientId(id)).toBe(clientId)
    expect(await live.getSessionId(clientId)).toBe(id)
    const moved = await browser.visit((session) => {
      session.regenerateId()
      return session.id
    })
    expect(await live.getSessionId(clientId)).toBe(moved)
    expect(await live.getClientId(moved)).toBe(clientId)
  })

  it('B20 getById and getByClientId give the data, or nothing', async () => {
    const { site, id, clientId } = await arrive()
    expect(await site.live.getById(id)).toEqual({ count: 1 })
    expect(await site.live.getByClientId(clientId)).toEqual({ count: 1 })
    expect(await site.live.getById(generateUid())).toBeUndefined()
    expect(await site.live.getByClientId(generateUid())).toBeUndefined()
  })

  it('B21 destroyById and destroyByClientId say whether there was a session', async () => {
    const { site, clientId } = await arrive()
    expect(await site.live.destroyByClientId(clientId)).toBe(true)
    expect(await site.live.destroyByClientId(clientId)).toBe(false)
    expect(await site.live.destroyById(generateUid())).toBe(false)
  })

  it('B22 setById and setByClientId replace the data, and create nothing', async () => {
    const { site, browser, id, clientId } = await arrive()
    expect(await site.live.setById(id, { name: 'Ada' })).toBe(true)
    expect(await browser.visit((session) => session.all())).toEqual({ name: 'Ada' })
    expect(await site.live.setByClientId(clientId, { count: 7 })).toBe(true)
    expect(await browser.visit((session) => session.all())).toEqual({ count: 7 })
    await site.live.destroyById(id)
    await expect(site.live.setById(id, { count: 8 })).rejects.toThrow(SessionMissingError)
    await expect(site.live.setByClientId(clientId, {})).rejects.toThrow(SessionMissingError)
    expect(await site.sessions.get(id)).toBeNull()
  })

  it.each([true, false])(
    'B23 maxAge moves the end of one session (touch: %s)',
    async (optional) => {
      const storage = spyStorage({ optional })
      const { site, id } = await arrive({ sessions: { storage, lifetime: 600 } })
      const key = site.sessions.keyOf({ id } as never)
      const before = Date.now()
      await site.live.setById(id, { count: 2 }, 60)
      const { expiresAt } = (await storage.read(key))!
      expect(expiresAt).toBeGreaterThanOrEqual(before + 60_000)
      expect(expiresAt).toBeLessThanOrEqual(Date.now() + 60_000)
      await expect(site.live.setById(id, {}, 0)).rejects.toThrow(RangeError)
    }
  )

  it('B27 B28 what is done to the storage by hand is told by notifyStore…', async () => {
    const storage = memoryStorage()
    const { site, id, clientId, client } = await arrive({ sessions: { storage } })
    const { live, sessions } = site
    const told: unknown[] = []
    live.on('sessionSet', (event) => told.push(event))
    live.on('sessionDestroy', (event) => told.push(event))
    live.on('cleanup', (count) => told.push(count))
    live.notifyStoreSet(id)
    live.notifyStoreSet(id, true)
    live.notifyStoreCleanup(3)
    const closed = next(client, 'disconnect')
    storage.destroy(sessions.keyOf({ id } as never))
    live.notifyStoreDestroy(id)
    const event = { clientId, sessionId: id, isInit: false }
    expect(told).toEqual([
      { ...event, isNew: false },
      { ...event, isNew: true },
      3,
      { clientId, sessionId: id },
    ])
    await closed
    expect(await live.getSessionId(clientId)).toBeUndefined()
  })

  it('B28 what is not told is found out all the same, later', async () => {
    const storage = memoryStorage()
    const { site, id, client, socket } = await arrive({ sessions: { storage } })
    storage.destroy(site.sessions.keyOf({ id } as never))
    expect(await site.live.withSession(socket, () => 'found', 'missing')).toBe('missing')
    client.close()
  })

  it('B47 comes back after a restart, from cookies and the storage', async () => {
    const storage = memoryStorage()
    const { browser, id, clientId } = await arrive({ sessions: { storage } })
    const restarted = await start({ sessions: { storage } })
    const told: unknown[] = []
    restarted.live.on('sessionSet', (event) => told.push(event))
    const { socket } = await restarted.browser(browser.jar).connect()
    expect([socket.data.sessionId, socket.data.clientId]).toEqual([id, clientId])
    expect(told).toEqual([{ clientId, sessionId: id, isNew: false, isInit: true }])
  })

  it('B48 a client has one session: a new one takes the place of the old', async () => {
    const { site, browser, id, clientId, client } = await arrive(emit)
    const ended: unknown[] = []
    site.live.on('sessionDestroy', (event) => ended.push(event))
    const closed = next(client, 'disconnect')
    browser.jar.delete('session')
    const second = await browser.visit((session) => {
      session.set('count', 2)
      return session.id
    })
    expect(ended).toEqual([{ clientId, sessionId: id }])
    expect(await site.live.getSessionId(clientId)).toBe(second)
    expect(await closed).toBe('transport close')
    expect((await browser.connect()).socket.data.sessionId).toBe(second)
  })
})

describe('options', () => {
  it('B32 B33 autoCleanup begins with the bridge, if it is wanted', () => {
    const create = (options?: BridgeOptions) => {
      const sessions = createSessions({
        secrets: 'acceptance: a secret of more than 32 bytes',
        storage: memoryStorage(),
      })
      return bridge({ of: () => 0, _nsps: new Map(), on: () => 0 } as never, sessions, options)
    }
    expect(create().stopAutoCleanup()).toBe(false)
    const cleaned = create({ autoCleanup: true, autoCleanupInterval: 600 })
    expect(cleaned.startAutoCleanup()).toBe(false)
    expect(cleaned.stopAutoCleanup()).toBe(true)
    expect(cleaned.startAutoCleanup()).toBe(true)
    expect(cleaned.stopAutoCleanup()).toBe(true)
  })

  it('B34 the cookie of the client is called as the option says', async () => {
    const { browser } = await arrive()
    expect([...browser.jar.keys()]).toEqual(['session', 'session.cid'])
    const named = await arrive({ bridge: { clientKey: '__Host-visitor' } })
    expect([...named.browser.jar.keys()]).toEqual(['session', 'visitor'])
    expect(named.socket.data.clientId).toBe(named.clientId)
  })

  it('B35 it is kept for a year, or as the option says', async () => {
    const lineOf = async (bridge?: BridgeOptions) => {
      const site = await start(bridge && { bridge })
      const browser = site.browser()
      await browser.visit(() => null)
      return browser.lines.join()
    }
    expect(await lineOf()).toMatch(
      /^session\.cid=T[^;]+; Max-Age=31536000; Path=\/; HttpOnly; SameSite=Lax$/
    )
    expect(await lineOf({ clientMaxAge: 3600 })).toContain('; Max-Age=3600;')
  })

  it.each([true, false])('B36 clientAlwaysRoll %s', async (clientAlwaysRoll) => {
    const site = await start({ bridge: { clientAlwaysRoll } })
    const browser = site.browser()
    await browser.visit(() => null)
    expect(browser.lines).toHaveLength(1)
    await browser.visit(() => null)
    expect(browser.lines).toHaveLength(clientAlwaysRoll ? 1 : 0)
    browser.jar.set('session.cid', `${browser.jar.get('session.cid')!.slice(0, -1)}_`)
    await browser.visit(() => null)
    expect(browser.lines).toHaveLength(1)
  })

  it('B50 generateUid gives as many characters as are asked for', () => {
    for (const length of [1, 2, 3, 4, 12, 24, 33, 1024]) {
      expect(generateUid(length)).toMatch(new RegExp(`^[A-Za-z0-9_-]{${length}}$`))
    }
    expect(new Set(Array.from({ length: 10_000 }, () => generateUid(12))).size).toBe(10_000)
    for (const length of [0, -1, 1.5, 1025, Number.NaN]) {
      expect(() => generateUid(length)).toThrow(RangeError)
    }
  })
})

describe.each([['polling'], ['websocket']])('over %s', (transport) => {
  it('B46 a socket alone makes no session, no record and no cookie', async () => {
    const storage = spyStorage()
    const site = await start({ sessions: { storage } })
    const browser = site.browser()
    const lines: unknown[] = []
    site.io.engine.on('headers', (headers) => lines.push(headers['set-cookie']))
    const { socket } = await browser.connect({ transports: [transport] })
    await site.live.withSession(socket, () => 'found', 'missing')
    expect([socket.data.sessionId, socket.data.clientId]).toEqual([undefined, undefined])
    expect(storage.count('write')).toBe(0)
    expect(lines.filter((line) => line !== undefined)).toEqual([])
  })

  it('B49 a page of another origin that is allowed has its session', async () => {
    const origin = 'https://shop.example'
    const options = { cors: { origin: true, credentials: true } }
    const { id, browser } = await arrive({ io: options })
    const { socket } = await browser.connect({
      transports: [transport],
      withCredentials: true,
      extraHeaders: { origin },
    })
    expect(socket.data.sessionId).toBe(id)
  })

  it('B52 nothing is written to headers after the handshake', async () => {
    const { site, id, browser } = await arrive({
      sessions: { secrets: ['b'.repeat(43), 'a'.repeat(43)] },
    })
    const failures: unknown[] = []
    const onFailure = (error: unknown): void => void failures.push(error)
    process.on('uncaughtException', onFailure)
    process.on('unhandledRejection', onFailure)
    const { socket } = await browser.connect({ transports: [transport] })
    for (let count = 0; count < 5; count++) {
      await site.live.withSession(socket, ({ session }) => session.flash('notice', `${count}`))
      await site.live.withSession(socket, ({ session }) => session.set('count', count))
    }
    expect(await browser.visit((session) => [session.id, session.getFlash('notice')])).toEqual([
      id,
      '4',
    ])
    process.off('uncaughtException', onFailure)
    process.off('unhandledRejection', onFailure)
    expect(failures).toEqual([])
  })
})
