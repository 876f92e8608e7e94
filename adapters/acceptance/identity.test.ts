/**
 * One session, one record: sign-outs, late requests and graces, as browsers see them.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type CookieStorage,
  cookieStorage,
  createSessions,
  memoryStorage,
  type SessionStorage,
} from '../../bindings/index.ts'
import { ENDING } from '../advisories/places.fixture.ts'
import { SECRET, Site, type Visitor, visitorOf } from './jar.fixture.ts'
import { spyStorage } from './spy.fixture.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

type Storage = SessionStorage | CookieStorage

const userOf = (visitor: Visitor): Promise<string> =>
  visitor.send((session) => session.get('user', 'nobody'))

/** A visitor who is signed in, and another tab of the same browser that has not heard of more yet. */
async function twoTabs(storage: Storage, options = {}): Promise<[Visitor, Visitor, Site]> {
  const site = new Site({ secrets: SECRET, storage, ...options })
  const visitor = site.visitor()
  await visitor.send((session) => session.set('user', 'ada'))
  return [visitor, visitor.copy(), site]
}

it('N01 a rotation is one write, to the key that the session has for life', async () => {
  const storage = spyStorage()
  const visitor = visitorOf({ storage })
  await visitor.send((session) => session.set('user', 'ada'))
  const keys = [...storage.records.keys()]
  for (const act of ['regenerateId', 'authenticate'] as const) {
    storage.reset()
    await visitor.send((session) => session[act]())
    expect(storage.log).toEqual(['read', 'write'])
    expect([...storage.records.keys()]).toEqual(keys)
    expect(await userOf(visitor)).toBe('ada')
  }
})

it('N01 10,000 rotations leave one record and one cookie, neither longer than before', async () => {
  const storage = memoryStorage()
  const revocations = memoryStorage()
  for (const place of [storage, cookieStorage({ mode: 'signed', revocations })]) {
    const sessions = createSessions({ secrets: SECRET, storage: place })
    let session = await sessions.read(null)
    session.set('user', 'ada')
    let [line] = await sessions.commit(session)
    const { length } = line!
    for (let i = 0; i < 10_000; i++) {
      session = await sessions.read(line!.split(';')[0])
      session.regenerateId()
      ;[line] = await sessions.commit(session)
    }
    expect(session.get('user')).toBe('ada')
    // A number of four digits more, in a cookie that holds the record.
    expect(line!.length - length).toBeLessThanOrEqual(place === storage ? 0 : 8)
  }
  expect([storage.size, revocations.size]).toEqual([1, 1])
})

describe.each(ENDING)('%s', (_, create) => {
  it.each([0, 60])(
    'N02 a sign-out that meets a rotation ends the session (grace %i)',
    async (grace) => {
      const [visitor, tab] = await twoTabs(create())
      await tab.send(async (session) => {
        session.get('user')
        await visitor.send((session) => session.regenerateId({ grace }))
        session.destroy()
      })
      expect(tab.setCookie.attributes.get('max-age')).toBe('0')
      expect(await userOf(visitor)).toBe('nobody')
    }
  )

  it.each([0, 60])('N02 a sign-out with an older id ends the session (grace %i)', async (grace) => {
    const [visitor, tab] = await twoTabs(create())
    await visitor.send((session) => session.regenerateId({ grace }))
    vi.advanceTimersByTime(20_000)
    await tab.send((session) => session.destroy())
    expect(tab.setCookie.attributes.get('max-age')).toBe('0')
    expect(await userOf(visitor)).toBe('nobody')
  })

  it('N03 a late request of the other tab never takes the newer cookie away', async () => {
    const conflicts: boolean[] = []
    const onEvent = (event: { type: string; gone?: boolean }): void => {
      if (event.type === 'conflict') conflicts.push(event.gone!)
    }
    const [visitor, tab] = await twoTabs(create(), { onEvent })
    await visitor.send((session) => session.authenticate())
    vi.advanceTimersByTime(29_000)
    await tab.send((session) => session.update('visits', (visits = 0) => visits + 1))
    expect([tab.setCookies, conflicts]).toEqual([[], [true]])
    await tab.send((session) => session.get('user'))
    expect(tab.setCookies).toEqual([])
    expect(await userOf(visitor)).toBe('ada')
  })

  it('N04 a browser that missed the newer cookie is not stuck, nor is a new sign-in', async () => {
    const [visitor, tab] = await twoTabs(create())
    await visitor.send((session) => session.regenerateId())
    const other = tab.copy()
    await other.send((session) => {
      session.authenticate()
      session.set('user', 'eve')
    })
    expect(await userOf(other)).toBe('eve')
    vi.advanceTimersByTime(31_000)
    await tab.send((session) => session.set('visits', 1))
    expect(await tab.send((session) => session.all())).toEqual({ visits: 1 })
    expect(await userOf(visitor)).toBe('ada')
  })

  it('N05 a grace is read-only, is not prolonged by readers, and ends', async () => {
    const options = { idleTimeout: 1800, touchEvery: 60 }
    const [visitor, tab] = await twoTabs(create(), options)
    vi.advanceTimersByTime(120_000)
    await tab.send(async (session) => {
      session.get('user')
      await visitor.send((session) => {
        session.set('role', 'admin')
        session.regenerateId({ grace: 5 })
      })
    })
    // Its cookie may have been renewed before the rotation in the cookie storage, never after it.
    expect(await tab.send((session) => [session.get('user'), session.get('role')])).toEqual([
      'ada',
      undefined,
    ])
    expect(tab.setCookies).toEqual([])
    await tab.send((session) => session.set('user', 'eve'))
    expect(tab.setCookies).toEqual([])
    for (const seconds of [6, 600, 1500]) {
      vi.advanceTimersByTime(seconds * 1000)
      expect(await tab.copy().send((session) => session.get('user'))).toBeUndefined()
      expect(await userOf(visitor)).toBe('ada')
    }
  })

  it('N05 a reader with an older id does not prolong the session, nor what it was', async () => {
    const options = { idleTimeout: 1800, touchEvery: 60 }
    const [visitor, tab] = await twoTabs(create(), options)
    await tab.send(async (session) => {
      session.get('user')
      await visitor.send((session) => session.regenerateId({ grace: 60 }))
      vi.advanceTimersByTime(1_200_000)
      session.touch()
    })
    expect(tab.setCookies).toEqual([])
    vi.advanceTimersByTime(1_200_000)
    expect([await userOf(visitor), await userOf(tab)]).toEqual(['nobody', 'nobody'])
  })

  it('N12 a dead cookie of an older path is passed over for the one that is a session', async () => {
    const [visitor, tab, site] = await twoTabs(create())
    const url = 'https://shop.example/'
    const dead = tab.jar.header(url)!
    await visitor.send((session) => session.destroy())
    await visitor.send((session) => session.set('user', 'ada'))
    const { ticket, result } = site.register((session) => session.get('user', 'nobody'))
    await visitor.visit(`/${ticket}`, {
      headers: { Cookie: `${dead}; ${visitor.jar.header(url)}` },
    })
    expect([result(), visitor.setCookies]).toEqual(['ada', []])
  })

  it('N12 a sign-out ends the session of each cookie that came', async () => {
    const [visitor, , site] = await twoTabs(create())
    const other = site.visitor()
    await other.send((session) => session.set('user', 'eve'))
    const url = 'https://shop.example/'
    const { ticket } = site.register((session) => session.destroy())
    const Cookie = `${visitor.jar.header(url)}; ${other.jar.header(url)}`
    await site.visitor().visit(`/${ticket}`, { headers: { Cookie } })
    expect([await userOf(visitor), await userOf(other)]).toEqual(['nobody', 'nobody'])
  })

  it('N14 clocks that are five minutes apart sign nobody out, and end nothing early', async () => {
    const storage = create()
    const [visitor] = await twoTabs(storage)
    vi.setSystemTime(Date.now() - 299_000)
    expect(await userOf(visitor)).toBe('ada')
    const copy = visitor.copy()
    await visitor.send((session) => session.destroy())
    vi.setSystemTime(Date.now() + 299_000)
    expect(await userOf(copy)).toBe('nobody')
  })
})
