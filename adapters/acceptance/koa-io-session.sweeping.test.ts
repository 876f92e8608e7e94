/**
 * The promises of koa-io-session that Tuile keeps: its clean-up, by a timer.
 *
 * @module
 */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createSessions, type Sessions } from '../../bindings/index.ts'
import { SECRET } from './jar.fixture.ts'
import { type Spy, spyStorage } from './spy.fixture.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function create(lifetime: number): { sessions: Sessions; storage: Spy } {
  const storage = spyStorage({ optional: true })
  return { storage, sessions: createSessions({ secrets: SECRET, storage, lifetime }) }
}

/** The first of some milliseconds after which it has been swept. */
async function periodOf(storage: Spy, candidates: readonly number[]): Promise<number | undefined> {
  let now = 0
  for (const candidate of candidates) {
    await vi.advanceTimersByTimeAsync(candidate - now)
    now = candidate
    if (storage.count('sweep') > 0) return candidate
  }
  return undefined
}

it('B25 startSweeping says whether it has started, and sweeps again and again', async () => {
  const { sessions, storage } = create(3600)
  expect(sessions.startSweeping({ interval: 300 })).toBe(true)
  expect(sessions.startSweeping({ interval: 300 })).toBe(false)
  await vi.advanceTimersByTimeAsync(30 * MINUTE)
  expect(storage.count('sweep')).toBeGreaterThanOrEqual(6)
  expect(storage.count('sweep')).toBeLessThanOrEqual(7)
  sessions.stopSweeping()
})

it.each([
  ['less than a minute is a minute', 1, MINUTE],
  ['more than a day is a day', 10 * 86_400, DAY],
])('B25 %s', async (_, interval, period) => {
  const { sessions, storage } = create(86_400)
  sessions.startSweeping({ interval })
  expect(await periodOf(storage, [0.9 * period - 1, period])).toBe(period)
  sessions.stopSweeping()
})

it('B26 stopSweeping says whether there was anything to stop', async () => {
  const { sessions, storage } = create(3600)
  expect(sessions.stopSweeping()).toBe(false)
  sessions.startSweeping()
  expect(sessions.stopSweeping()).toBe(true)
  expect(sessions.stopSweeping()).toBe(false)
  await vi.advanceTimersByTimeAsync(2 * DAY)
  expect(storage.count('sweep')).toBe(0)
})

it('B32 nothing is swept by itself unless it was started', async () => {
  const { sessions, storage } = create(60)
  await sessions.commit(await sessions.read(null))
  await vi.advanceTimersByTimeAsync(2 * DAY)
  expect([vi.getTimerCount(), storage.count('sweep')]).toEqual([0, 0])
})

it.each([
  ['a quarter of the lifetime', 3600, 15 * MINUTE],
  ['at least a minute', 60, MINUTE],
  ['at most a day', 30 * 86_400, DAY],
])('B33 it is swept every quarter of the lifetime: %s', async (_, lifetime, period) => {
  const { sessions, storage } = create(lifetime)
  sessions.startSweeping()
  expect(await periodOf(storage, [0.9 * period - 1, period])).toBe(period)
  sessions.stopSweeping()
})
