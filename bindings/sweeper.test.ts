import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ConfigurationError } from './errors.ts'
import { cookieWith, recordedSessions, visit } from './sessions.fixture.ts'
import type { SessionStorage } from './storage/contract.ts'
import { memoryStorage } from './storage/memory.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }))
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** Sessions whose storage only sweeps when it is told to, and says so. */
function create(options = {}) {
  const memory = memoryStorage()
  const sweep = vi.fn(async (limit: number) => memory.sweep(limit))
  const storage: SessionStorage = {
    atomic: true,
    read: async (key) => memory.read(key),
    write: async (key, value, options) => memory.write(key, value, options),
    destroy: async (key) => memory.destroy(key),
    sweep,
  }
  return { sweep, storage, memory, ...recordedSessions({ storage, ...options }) }
}

describe('startSweeping()', () => {
  it.each([
    ['a quarter of the lifetime', { lifetime: 4 * 3600 }, undefined, HOUR],
    ['not less than a minute', { lifetime: 60 }, undefined, MINUTE],
    ['not more than a day', { lifetime: 30 * 86_400 }, undefined, 24 * HOUR],
    ['what was asked for', {}, 600, 10 * MINUTE],
    ['not less than a minute, if asked for', {}, 0.001, MINUTE],
    ['not more than a day, if asked for', {}, 1e9, 24 * HOUR],
  ])('§2.46 sweeps every %s, up to a tenth sooner', async (_, options, interval, period) => {
    for (const random of [0, 0.999_999]) {
      vi.spyOn(Math, 'random').mockReturnValue(random)
      const { sessions, sweep } = create(options)
      expect(sessions.startSweeping(interval === undefined ? {} : { interval })).toBe(true)
      const first = Math.floor(period * (1 - random / 10))
      await vi.advanceTimersByTimeAsync(first - 1)
      expect(sweep).toHaveBeenCalledTimes(0)
      await vi.advanceTimersByTimeAsync(1)
      expect(sweep).toHaveBeenCalledTimes(1)
      await vi.advanceTimersByTimeAsync(2 * period)
      expect(sweep.mock.calls.length).toBeGreaterThanOrEqual(3)
      expect(sessions.stopSweeping()).toBe(true)
    }
  })

  it('§2.46 goes on after a second while there is more, and tells each time', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const { sessions, sweep, events, memory } = create({ lifetime: 30 })
    for (let i = 0; i < 25; i++) await cookieWith(sessions)
    events.length = 0
    sessions.startSweeping({ limit: 10 })
    await vi.advanceTimersByTimeAsync(MINUTE)
    expect([sweep.mock.calls, memory.size]).toEqual([[[10]], 15])
    await vi.advanceTimersByTimeAsync(2000)
    expect([sweep.mock.calls.length, memory.size]).toEqual([3, 0])
    await vi.advanceTimersByTimeAsync(MINUTE - 1)
    expect(sweep).toHaveBeenCalledTimes(3)
    expect(events).toEqual([10, 10, 5].map((count) => ({ type: 'cleanup', count })))
    sessions.stopSweeping()
  })

  it('goes on after a failure, which is an event', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const { sessions, sweep, events } = create({ lifetime: 30 })
    sweep.mockRejectedValueOnce(new Error('down'))
    sessions.startSweeping()
    await vi.advanceTimersByTimeAsync(2 * MINUTE)
    expect(sweep).toHaveBeenCalledTimes(2)
    expect(events.map(({ type }) => type)).toEqual(['error'])
    sessions.stopSweeping()
  })

  it('does it once, until stopSweeping(), and can start again', async () => {
    const { sessions, sweep } = create({ lifetime: 240 })
    expect(sessions.stopSweeping()).toBe(false)
    expect([sessions.startSweeping(), sessions.startSweeping()]).toEqual([true, false])
    expect([sessions.stopSweeping(), sessions.stopSweeping()]).toEqual([true, false])
    await vi.advanceTimersByTimeAsync(HOUR)
    expect([sweep.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0])
    expect(sessions.startSweeping()).toBe(true)
    await vi.advanceTimersByTimeAsync(MINUTE)
    expect(sweep).toHaveBeenCalledTimes(1)
    sessions.stopSweeping()
  })

  it('can be stopped while it sweeps', async () => {
    const { sessions, sweep } = create()
    let finish: ((count: number) => void) | undefined
    sweep.mockImplementation(() => new Promise((resolve) => void (finish = resolve)))
    sessions.startSweeping({ interval: 60 })
    await vi.advanceTimersByTimeAsync(MINUTE)
    expect(sessions.stopSweeping()).toBe(true)
    finish!(0)
    await vi.advanceTimersByTimeAsync(HOUR)
    expect(sweep).toHaveBeenCalledTimes(1)
  })

  it('takes its time: no timeout ends a long sweep', async () => {
    const { sessions, sweep, events } = create({ timeout: 1 })
    sweep.mockImplementation(() => new Promise((resolve) => setTimeout(() => resolve(7), 60_000)))
    const swept = sessions.sweep()
    await vi.advanceTimersByTimeAsync(MINUTE)
    expect(await swept).toBe(7)
    expect(events).toEqual([{ type: 'cleanup', count: 7 }])
  })

  it('has nothing to do where nothing can be swept', () => {
    expect(recordedSessions().sessions.startSweeping()).toBe(false)
    const { sweep: _, ...storage } = create().storage
    expect(recordedSessions({ storage }).sessions.startSweeping()).toBe(false)
  })

  it('keeps no process alive', () => {
    vi.useRealTimers()
    const timeouts = vi.spyOn(globalThis, 'setTimeout')
    const { sessions } = create()
    sessions.startSweeping()
    const [timer] = timeouts.mock.results.map(({ value }) => value as NodeJS.Timeout)
    expect(timer!.hasRef()).toBe(false)
    sessions.stopSweeping()
  })

  it.each([{ interval: 0 }, { interval: Number.NaN }, { interval: -1 }, { limit: 0 }])(
    'refuses %j',
    (options) => {
      expect(() => create().sessions.startSweeping(options)).toThrow(ConfigurationError)
    }
  )
})

describe('sweepProbability', () => {
  it('sweeps after a commit by chance, which the response does not wait for', async () => {
    const { sessions, sweep } = create({ sweepProbability: 0.5 })
    sweep.mockImplementation(() => new Promise(() => undefined))
    const random = vi.spyOn(Math, 'random')
    for (const [chance, calls] of [
      [0.5, 0],
      [0.49, 1],
    ] as const) {
      random.mockReturnValue(chance)
      await cookieWith(sessions)
      await vi.advanceTimersByTimeAsync(0)
      expect(sweep).toHaveBeenCalledTimes(calls)
    }
  })

  it.each(['rejects', 'throws'])('never fails the request when the sweep %s', async (how) => {
    const { sessions, sweep, events } = create({ sweepProbability: 1 })
    sweep.mockImplementation(() => {
      if (how === 'throws') throw new Error('down')
      return Promise.reject(new Error('down'))
    })
    expect(await visit(sessions, null, (session) => session.set('x', 1))).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(0)
    expect(events.map(({ type }) => type)).toEqual(['create', 'error'])
  })

  it('is given to waitUntil, where the host stops with the response', async () => {
    const { sessions, sweep } = create({ sweepProbability: 1 })
    const work: Promise<unknown>[] = []
    const session = await sessions.read(null)
    await sessions.commit(session, { waitUntil: (promise) => work.push(promise) })
    expect(work).toHaveLength(1)
    await Promise.all(work)
    expect(sweep).toHaveBeenCalledTimes(1)
  })

  it.each([-0.1, 1.1, Number.NaN])('refuses %s', (sweepProbability) => {
    expect(() => create({ sweepProbability })).toThrow(ConfigurationError)
  })
})
