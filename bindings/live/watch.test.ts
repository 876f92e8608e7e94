import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ConfigurationError, SessionBusError } from '../errors.ts'
import { createSessions } from '../sessions.ts'
import { cookieOf, OTHER_SECRET, remoteStorage, SECRET } from '../sessions.fixture.ts'
import { cookieStorage } from '../storage/cookie.ts'
import { memoryStorage } from '../storage/memory.ts'
import { broadcastChannelBus, createBus, memoryBus } from './bus.ts'
import { createNodes, record, settle, startSession, TestChannel } from './nodes.fixture.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe.each([
  ['within one process', 0, 0],
  ['from one process to another', 0, 1],
])('sessions that are watched %s', (_, at, from) => {
  it('tell of changes, a new id, and a sign-out', async () => {
    const { nodes } = createNodes(2)
    const [here, there] = [nodes[at]!.sessions, nodes[from]!.sessions]
    const { id, cookie } = await startSession(there)
    const { news, watch } = record(here, id)
    await settle()

    await there.update(id, (session) => session.set('n', 1))
    expect(news.splice(0)).toEqual([{ type: 'change' }])

    const session = await there.read(cookie)
    session.regenerateId()
    const moved = cookieOf(await there.commit(session))
    await settle()
    expect(news.splice(0)).toEqual([{ type: 'rotate', id: session.id }])
    expect(watch.id).toBe(session.id)

    await there.update(session.id, (session) => session.set('n', 2))
    expect(news.splice(0)).toEqual([{ type: 'change' }])

    const last = await there.read(moved)
    last.destroy()
    await there.commit(last)
    expect(news).toEqual([{ type: 'end', reason: 'destroyed' }])
    expect(watch.id).toBeNull()
  })

  it('tell who was signed out by a revocation', async () => {
    const { nodes } = createNodes(2)
    const { sessions } = nodes[from]!
    const { id } = await startSession(sessions)
    await sessions.update(id, (session) => {
      session.owner = 'ada'
    })
    const { news } = record(nodes[at]!.sessions, id)
    expect(await sessions.revokeByOwner('ada')).toBe(1)
    expect(news).toEqual([{ type: 'end', reason: 'destroyed' }])
  })

  it('are told once to each of ten thousand who watch', async () => {
    const { nodes } = createNodes(2)
    const { id } = await startSession(nodes[from]!.sessions)
    let [changes, ends] = [0, 0]
    for (let i = 0; i < 10_000; i++) {
      nodes[at]!.sessions.watch(id, ({ type }) => void (type === 'end' ? ends++ : changes++))
    }
    await nodes[from]!.sessions.update(id, (session) => session.set('n', 1))
    await nodes[from]!.sessions.destroy(id)
    await nodes[from]!.sessions.destroy(id)
    expect([changes, ends]).toEqual([10_000, 10_000])
  })
})

describe('the end of a session that nobody ends', () => {
  it('is told when its time is over', async () => {
    const { nodes } = createNodes(1, { lifetime: 600 })
    const { id } = await startSession(nodes[0]!.sessions)
    const { news } = record(nodes[0]!.sessions, id)
    await settle()
    await vi.advanceTimersByTimeAsync(599_000)
    expect(news).toEqual([])
    await vi.advanceTimersByTimeAsync(1_001)
    await settle()
    expect(news).toEqual([{ type: 'end', reason: 'expired' }])
  })

  it('is put off by those who use it, and told when they stop', async () => {
    const { nodes } = createNodes(1, { idleTimeout: 60, touchEvery: 0 })
    const { sessions } = nodes[0]!
    const { id, cookie } = await startSession(sessions)
    const { news } = record(sessions, id)
    for (let i = 0; i < 5; i++) {
      await vi.advanceTimersByTimeAsync(40_000)
      const session = await sessions.read(cookie)
      session.get('n')
      await sessions.commit(session)
    }
    await settle()
    expect(news).toEqual([])
    await vi.advanceTimersByTimeAsync(61_000)
    await settle()
    expect(news).toEqual([{ type: 'end', reason: 'expired' }])
  })

  it('is told soon of one that was not there when the watch began', async () => {
    const { nodes } = createNodes(1)
    const { news } = record(nodes[0]!.sessions, 'A'.repeat(40))
    await settle()
    await vi.advanceTimersByTimeAsync(500)
    await settle()
    expect(news).toEqual([{ type: 'end', reason: 'gone' }])
  })
})

describe('a manager with a bus', () => {
  it('asks for nothing random while it is made: Workers give none while they start', () => {
    const random = vi.spyOn(crypto, 'getRandomValues')
    createSessions({ storage: memoryStorage(), secrets: SECRET, bus: memoryBus() })
    expect(random).not.toHaveBeenCalled()
    random.mockRestore()
  })
})

describe('a watch', () => {
  it('that is stopped hears nothing more, and keeps no timer', async () => {
    const { nodes } = createNodes(1)
    const { sessions } = nodes[0]!
    const { id } = await startSession(sessions)
    const [first, second] = [record(sessions, id), record(sessions, id)]
    first.watch.stop()
    first.watch.stop()
    await sessions.update(id, (session) => session.set('n', 1))
    expect([first.news, second.news]).toEqual([[], [{ type: 'change' }]])
    second.watch.stop()
    await vi.advanceTimersByTimeAsync(86_400_000)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('whose listener throws disturbs neither the commit nor the others', async () => {
    const { nodes } = createNodes(1)
    const { sessions, events } = nodes[0]!
    const { id } = await startSession(sessions)
    const error = new Error('a listener')
    sessions.watch(id, () => {
      throw error
    })
    const { news } = record(sessions, id)
    await sessions.update(id, (session) => session.set('n', 1))
    expect(news).toEqual([{ type: 'change' }])
    expect(events).toContainEqual({ type: 'error', error })
  })

  it('of an older id learns that there is a newer one, beside those who know', async () => {
    const { nodes, channel } = createNodes(2)
    const [here, there] = [nodes[0]!.sessions, nodes[1]!.sessions]
    const { id, cookie } = await startSession(there)
    const old = record(here, id)
    await settle()
    channel.cut = true
    const session = await there.read(cookie)
    session.regenerateId()
    await there.commit(session)
    const newer = record(here, session.id)
    await settle()
    expect(old.news[0]).toEqual({ type: 'rotate', id: session.id })
    channel.cut = false
    await there.destroy(session.id)
    expect(newer.news.at(-1)).toEqual({ type: 'end', reason: 'destroyed' })
    expect(newer.news.map(({ type }) => type)).not.toContain('rotate')
    expect(old.news.at(-1)).toEqual({ type: 'end', reason: 'destroyed' })
  })
})

describe('a node that was cut off', () => {
  const start = async () => {
    const { nodes, channel } = createNodes(2, { bus: { recheckEvery: 60 } })
    const { sessions } = nodes[1]!
    const started = await startSession(sessions)
    const { news } = record(nodes[0]!.sessions, started.id)
    await settle()
    channel.cut = true
    return { ...started, sessions, news, channel }
  }

  it('learns of a change, an end and a new id when the bus is there again', async () => {
    const changed = await start()
    await changed.sessions.update(changed.id, (session) => session.set('n', 1))
    expect(changed.news).toEqual([])
    changed.channel.mend()
    await settle()
    expect(changed.news).toEqual([{ type: 'change' }])
    changed.channel.mend()
    await settle()
    expect(changed.news).toHaveLength(1)

    const destroyed = await start()
    await destroyed.sessions.destroy(destroyed.id)
    destroyed.channel.mend()
    await settle()
    await vi.advanceTimersByTimeAsync(500)
    await settle()
    expect(destroyed.news).toEqual([{ type: 'end', reason: 'gone' }])

    const moved = await start()
    const session = await moved.sessions.read(moved.cookie)
    session.regenerateId({ grace: 60 })
    await moved.sessions.commit(session)
    moved.channel.mend()
    await settle()
    await vi.advanceTimersByTimeAsync(500)
    await settle()
    expect(moved.news[0]).toEqual({ type: 'rotate', id: session.id })
    expect(moved.news.map(({ type }) => type)).not.toContain('end')
  })

  it('learns of it within recheckEvery if the bus does not say that it was away', async () => {
    const { id, sessions, news } = await start()
    await sessions.destroy(id)
    await vi.advanceTimersByTimeAsync(59_000)
    expect(news).toEqual([])
    await vi.advanceTimersByTimeAsync(1_500)
    await settle()
    expect(news).toEqual([{ type: 'end', reason: 'gone' }])
  })

  it('is told once of a new id whose message comes after a look at the storage', async () => {
    const { id, cookie, sessions, news, channel } = await start()
    const session = await sessions.read(cookie)
    session.regenerateId()
    await sessions.commit(session)
    channel.mend()
    await settle()
    channel.send(channel.sent.at(-1)!)
    await vi.advanceTimersByTimeAsync(5_000)
    await settle()
    const rotations = news.filter(({ type }) => type === 'rotate')
    expect(rotations).toEqual([{ type: 'rotate', id: session.id }])
    expect(id).not.toBe(session.id)
  })
})

describe('what fails', () => {
  it('the bus: requests go on, an event tells of it, and listening is tried again', async () => {
    let broken = true
    const subscribers: unknown[] = []
    const events: unknown[] = []
    const down = new Error('down')
    const bus = createBus({
      publish: async () => {
        if (broken) throw down
      },
      subscribe: (listener) => {
        if (broken) throw down
        subscribers.push(listener)
        return () => undefined
      },
    })
    const sessions = createSessions({
      secrets: SECRET,
      storage: memoryStorage(),
      bus,
      onEvent: (event) => void (event.type === 'error' && events.push(event.error)),
    })
    const { id } = await startSession(sessions as never)
    const { news } = record(sessions as never, id)
    await sessions.update(id, (session) => session.set('n', 1))
    await settle()
    expect(news).toEqual([{ type: 'change' }])
    expect(events).toEqual([expect.any(SessionBusError), expect.any(SessionBusError)])
    expect((events[0] as Error).cause).toBe(down)
    broken = false
    await vi.advanceTimersByTimeAsync(1_000)
    expect(subscribers).toHaveLength(1)
  })

  it('the storage: nobody is signed out, and it is asked again', async () => {
    const storage = remoteStorage(0)
    const { nodes } = createNodes(1, { storage })
    const { sessions } = nodes[0]!
    const { id } = await startSession(sessions)
    const { read } = storage
    let broken = true
    storage.read = async (key) => {
      if (broken) throw new Error('down')
      return read(key)
    }
    const { news } = record(sessions, id)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(news).toEqual([])
    await storage.destroy(sessions.keyOf({ id } as never))
    broken = false
    await vi.advanceTimersByTimeAsync(1_501)
    await settle()
    await vi.advanceTimersByTimeAsync(1)
    await settle()
    expect(news).toEqual([{ type: 'end', reason: 'gone' }])
  })
})

describe('§2.30 messages that none of us has sealed', () => {
  it('are dropped, with an event', async () => {
    const { nodes, channel } = createNodes(1)
    const { nodes: strangers, channel: theirs } = createNodes(1, { secrets: OTHER_SECRET })
    const { id } = await startSession(nodes[0]!.sessions)
    const { news } = record(nodes[0]!.sessions, id)
    await settle()
    const stranger = await startSession(strangers[0]!.sessions)
    await strangers[0]!.sessions.destroy(stranger.id)
    const [text] = theirs.sent
    const forged = [
      ...[text!, '', 'P', '{}', 'A'.repeat(10_000), '\u0000;bus=x', `${text}; ${text}`],
      ...[null, 42, {}],
    ]
    for (const message of forged) channel.send(message as string)
    await settle()
    expect(news).toEqual([])
    const errors = nodes[0]!.events.filter(({ type }) => type === 'error')
    expect(errors).toHaveLength(forged.length)
  })

  it('N06 do no harm when they come again', async () => {
    const { nodes, channel } = createNodes(2)
    const { sessions } = nodes[1]!
    const { id, cookie } = await startSession(sessions)
    const { news, watch } = record(nodes[0]!.sessions, id)
    const session = await sessions.read(cookie)
    session.regenerateId()
    await sessions.commit(session)
    const other = await startSession(sessions)
    await sessions.destroy(other.id)
    for (const message of [...channel.sent]) channel.send(message)
    await settle()
    expect(news).toEqual([{ type: 'rotate', id: session.id }])
    expect(watch.id).toBe(session.id)
  })

  it('show no id and no key', async () => {
    const { nodes, channel } = createNodes(1)
    const { sessions } = nodes[0]!
    const { id, cookie } = await startSession(sessions)
    const session = await sessions.read(cookie)
    session.regenerateId()
    await sessions.commit(session)
    await sessions.destroy(session.id)
    expect(channel.sent).toHaveLength(2)
    for (const message of channel.sent) {
      const text = Buffer.from(message.slice(4), 'base64url').toString('latin1')
      for (const hidden of [id, session.id, sessions.keyOf(session)]) {
        expect(text + message).not.toContain(hidden)
      }
    }
  })

  it('are sealed by the newest secret, and read with the older ones', async () => {
    const storage = memoryStorage()
    const channel = new TestChannel()
    const old = createNodes(1, { storage, channel, secrets: SECRET })
    const both = createNodes(1, { storage, channel, secrets: [OTHER_SECRET, SECRET] })
    const { id } = await startSession(old.nodes[0]!.sessions)
    const { news } = record(both.nodes[0]!.sessions, id)
    await old.nodes[0]!.sessions.update(id, (session) => session.set('n', 1))
    expect(news).toEqual([{ type: 'change' }])
  })
})

describe('options', () => {
  it('refuse what cannot be', () => {
    const storage = memoryStorage()
    const options = { secrets: SECRET, storage }
    expect(() => createSessions(options).watch('A'.repeat(24), () => undefined)).toThrow(
      ConfigurationError
    )
    expect(() =>
      createSessions({ ...options, storage: cookieStorage(), bus: memoryBus() })
    ).toThrow(ConfigurationError)
    expect(() => createBus({ publish: () => undefined } as never)).toThrow(/subscribe/)
    for (const recheckEvery of [0, -1, Number.NaN, 86_401, '60' as never, Infinity]) {
      expect(() => memoryBus({ recheckEvery })).toThrow(/recheckEvery/)
    }
  })

  it('a bus that is closed tells and hears nothing, and leaves no listener', async () => {
    const { nodes, channel } = createNodes(1)
    const { id } = await startSession(nodes[0]!.sessions)
    const { news, watch } = record(nodes[0]!.sessions, id)
    await settle()
    await nodes[0]!.bus.close()
    await nodes[0]!.bus.close()
    await nodes[0]!.sessions.destroy(id)
    expect([news, channel.sent, channel.listeners, watch.id]).toEqual([[], [], 0, null])
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('the buses of this process', () => {
  it.each([
    ['memoryBus', memoryBus()],
    ['broadcastChannelBus', broadcastChannelBus('watch.test')],
  ])('%s tells one manager of the other', async (_, bus) => {
    vi.useRealTimers()
    const storage = memoryStorage()
    const create = (bus: ReturnType<typeof memoryBus>) =>
      createSessions({ secrets: SECRET, storage, bus })
    const [here, there] = [create(bus), create(bus)]
    const { id } = await startSession(there as never)
    const { news } = record(here as never, id)
    await there.destroy(id)
    await vi.waitFor(() => expect(news).toEqual([{ type: 'end', reason: 'destroyed' }]))
    await bus.close()
  })
})
