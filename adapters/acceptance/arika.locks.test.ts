/**
 * The promises of arika that Tuile keeps: requests that wait for each other, and sweeping by chance.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { memoryStorage, SessionLockTimeoutError } from '../../bindings/index.ts'
import { SECRET, Site, type Visitor } from './jar.fixture.ts'
import { spyStorage } from './spy.fixture.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** Lets an answer come whose storage and handler take some of the fake time. */
async function settled<Result>(work: Promise<Result>, milliseconds = 5_000): Promise<Result> {
  await vi.advanceTimersByTimeAsync(milliseconds)
  return work
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** A site, and a visitor with a session. */
async function visited(options: object): Promise<{ site: Site; visitor: Visitor }> {
  const site = new Site({ secrets: SECRET, storage: memoryStorage(), ...options })
  const visitor = site.visitor()
  await settled(visitor.send((session) => session.set('count', 0)))
  return { site, visitor }
}

describe('A21 who waits for a lock waits for ten seconds', () => {
  it.each([
    ['by default', {}, 10_000],
    ['or for as long as lockTimeout says', { lockTimeout: 3 }, 3_000],
  ])('A21 %s, and then gets an error with a name', async (_, options, milliseconds) => {
    const { site, visitor } = await visited({ lock: true, ...options })
    const holder = visitor.copy()
    void holder.send(() => new Promise(() => undefined)) // it never answers
    await vi.advanceTimersByTimeAsync(1)

    const waiting = visitor.copy()
    let answered = false
    const answer = waiting.send(() => 'my turn').then(() => (answered = true))
    await vi.advanceTimersByTimeAsync(milliseconds - 1)
    expect([answered, site.errors]).toEqual([false, []])
    await settled(answer, 1)
    expect(site.errors).toHaveLength(1)
    expect(site.errors[0]).toBeInstanceOf(SessionLockTimeoutError)
    expect(site.errors[0]).toMatchObject({ code: 'SESSION_LOCK_TIMEOUT' })
  })
})

describe('A32 of requests that lock none loses what another one wrote', () => {
  it.each([2, 50])(
    'A32 %i plain reads and writes of a counter, on a slow storage',
    async (many) => {
      const { visitor } = await visited({
        lock: true,
        storage: spyStorage({ delay: 20 }),
        lockTimeout: 60,
      })
      const requests = Array.from({ length: many }, () =>
        visitor.copy().send(async (session) => {
          const count = session.get('count')
          await pause(20)
          session.set('count', count + 1)
        })
      )
      await settled(Promise.all(requests), 60_000)
      expect(await settled(visitor.send((session) => session.get('count')))).toBe(many)
    }
  )

  it('A32 the second request begins when the first has ended, and sees what it wrote', async () => {
    const { visitor } = await visited({ lock: true })
    const log: string[] = []
    const request = (name: string) =>
      visitor.copy().send(async (session) => {
        log.push(`${name} begins with ${session.get('count')}`)
        await pause(50)
        session.set('count', session.get('count') + 1)
        log.push(`${name} ends`)
      })
    await settled(Promise.all([request('A'), request('B')]))
    expect(log).toEqual(['A begins with 0', 'A ends', 'B begins with 1', 'B ends'])
  })
})

/** How many of two requests are at work at the same time, at most. */
async function overlap(first: Visitor, second: Visitor): Promise<number> {
  let [now, most] = [0, 0]
  const request = (visitor: Visitor) =>
    visitor.send(async () => {
      most = Math.max(most, ++now)
      await pause(100)
      now--
    })
  await settled(Promise.all([request(first), request(second)]))
  return most
}

it.each([
  ['by default', {}, 2],
  ['with lock: false', { lock: false }, 2],
  ['with lock: true', { lock: true }, 1],
])('A33 two slow requests of one session, %s', async (_, options, most) => {
  const { visitor } = await visited(options)
  expect(await overlap(visitor.copy(), visitor.copy())).toBe(most)
})

it('A35 requests of two sessions do not wait for each other', async () => {
  const { site, visitor } = await visited({ lock: true })
  const other = site.visitor()
  await settled(other.send((session) => session.set('count', 0)))
  expect(await overlap(visitor, other)).toBe(2)
  // Nor does a visitor who has no session yet.
  expect(await overlap(visitor, site.visitor())).toBe(2)
})

describe('A44 a share of the requests sweeps', () => {
  it.each([
    [0, 0],
    [1, 1000],
  ])('A44 with sweepProbability: %i, %i of 1,000', async (sweepProbability, swept) => {
    const storage = spyStorage({ sync: true, optional: true })
    const visitor = new Site({ secrets: SECRET, storage, sweepProbability }).visitor()
    for (let i = 0; i < 1000; i++) await visitor.send((session) => session.get('n'))
    expect(storage.count('sweep')).toBe(swept)
  })

  it('A44 with 0.01, about 1 % of 10,000; it is off unless it is asked for', async () => {
    let seed = 42
    vi.spyOn(Math, 'random').mockImplementation(() => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed / 2_147_483_647
    })
    for (const [options, least, most] of [
      [{ sweepProbability: 0.01 }, 70, 130],
      [{}, 0, 0],
    ] as const) {
      const storage = spyStorage({ sync: true, optional: true })
      const visitor = new Site({ secrets: SECRET, storage, ...options }).visitor()
      for (let i = 0; i < 10_000; i++) await visitor.send(() => undefined)
      expect(storage.count('sweep')).toBeGreaterThanOrEqual(least)
      expect(storage.count('sweep')).toBeLessThanOrEqual(most)
    }
  })

  it('A44 what has ended is gone after it', async () => {
    const storage = spyStorage({ optional: true })
    const options = { secrets: SECRET, storage, lifetime: 60, sweepProbability: 1 }
    const site = new Site(options)
    await settled(site.visitor().send((session) => session.set('n', 1)))
    expect(storage.records.size).toBe(1)
    vi.advanceTimersByTime(60_000)
    await settled(site.visitor().send(() => undefined))
    expect(storage.records.size).toBe(0)
  })
})
