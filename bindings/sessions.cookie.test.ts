import { describe, expect, it, vi } from 'vitest'
import { CookieOverflowError } from './errors.ts'
import { cookieOf, cookieWith, recordedSessions, visit } from './sessions.fixture.ts'

describe('sessions in a cookie', () => {
  it('that do not fit 4096 bytes are an error that names the largest values', async () => {
    const { sessions } = recordedSessions()
    const run = async (size: number) =>
      visit(sessions, null, (session) => {
        session.set('small', 'x')
        session.set('big', 'ü'.repeat(size))
      })
    for (const size of [2000, 5000, 100_000]) {
      const error = await run(size).catch((error: unknown) => error)
      expect(error).toBeInstanceOf(CookieOverflowError)
      expect((error as CookieOverflowError).message).toContain('"big"')
      expect((error as CookieOverflowError).size).toBeGreaterThan(4096)
    }
  })

  it('fit to the last byte: a line of 4096 is set, one of 4097 is not', async () => {
    const { sessions } = recordedSessions()
    const line = async (size: number) =>
      (await visit(sessions, null, (session) => session.set('x', 'x'.repeat(size))))[0]!
    const sizes: number[] = []
    for (let size = 2800; size < 2950; size++) {
      try {
        sizes.push((await line(size)).length)
      } catch (error) {
        expect((error as CookieOverflowError).size).toBeGreaterThan(4096)
        break
      }
    }
    expect(sizes.at(-1)).toBeGreaterThan(4093)
    expect(sizes.at(-1)).toBeLessThanOrEqual(4096)
  })

  it('do not save with a move of the idle deadline what was changed in place', async () => {
    vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ['Date'] })
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const { sessions } = recordedSessions({ idleTimeout: 60 })
    const cookie = await cookieWith(sessions, { list: [1] })
    vi.setSystemTime(1_700_000_040_000)
    const moved = await visit(sessions, cookie, (session) => session.get('list').push(2))
    expect((await sessions.read(cookieOf(moved))).get('list')).toEqual([1])
    warn.mockRestore()
    vi.useRealTimers()
  })

  it('cannot be found by id', () => {
    const { sessions } = recordedSessions()
    expect(() => sessions.get('x'.repeat(24))).toThrow('keeps no sessions')
  })
})
