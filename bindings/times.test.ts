/**
 * Times in a cookie that was signed, whatever they are, on both engines.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nodeKey } from './codec/keys.fixture.ts'
import { agreeingRing } from './codec/engines.fixture.ts'
import { SECRET } from './sessions.fixture.ts'
import { cookieStorage } from './storage/cookie.ts'

const NOW = 1_800_000_000_000
const NAME = '__Host-session'
const ID = 'k5Jx0-pZ_3qWvT8y'
const HOUR = 3_600_000

/** Twenty things, as JSON, that are no time, or none that can be now. */
const NO_TIMES = [
  '"1800000000000"',
  '"never"',
  '""',
  'null',
  'true',
  'false',
  '[]',
  '[1800003600000]',
  '{}',
  '{"valueOf":1800003600000}',
  '0',
  '-0',
  '-1',
  '-1800003600000',
  '1800003600000.5',
  '1e-9',
  '1e400',
  '9007199254740993',
  '1e308',
  '"2099-01-01T00:00:00Z"',
]

const record = (created: string, ends: string): string =>
  `{"c":${created},"e":${ends},"i":"${ID}","n":0,"d":{"user":7}}`

const cookies = (text: string): string[] => {
  const ring = agreeingRing(NAME, [nodeKey(SECRET, NAME, 'record')])
  return (['P', 'p'] as const).map((format) => `${NAME}=${ring.signPayload(text, format)}`)
}

beforeEach(() => void vi.useFakeTimers({ now: NOW, toFake: ['Date'] }))
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
  vi.resetModules()
})

describe.each(['wasm', 'portable'] as const)('times in a signed cookie, %s', (engine) => {
  const load = async () => {
    vi.stubEnv('TUILE_ENGINE', engine)
    vi.resetModules()
    const { createSessions } = await import('./sessions.ts')
    const { defaultEngine } = await import('./codec/select.ts')
    expect(defaultEngine.name).toBe(engine)
    const sessions = createSessions<{ user: number }>({
      secrets: SECRET,
      storage: cookieStorage({ mode: 'signed' }),
      lifetime: 86_400,
    })
    return async (created: string, ends: string): Promise<boolean> => {
      const users = await Promise.all(
        cookies(record(created, ends)).map(async (cookie) =>
          (await sessions.read(cookie)).get('user')
        )
      )
      expect(new Set(users).size).toBe(1)
      return users[0] === 7
    }
  }

  it('C5, §2.20 40/40 times that are none give a new session', async () => {
    const opens = await load()
    expect(await opens(`${NOW}`, `${NOW + HOUR}`)).toBe(true)
    const wrong: string[] = []
    for (const time of NO_TIMES) {
      if (await opens(`${NOW}`, time)) wrong.push(`e: ${time}`)
      if (await opens(time, `${NOW + HOUR}`)) wrong.push(`c: ${time}`)
    }
    expect(wrong).toEqual([])
    expect(NO_TIMES).toHaveLength(20)
  })

  it('C5, N14, §2.20 a session ends at its millisecond, and may begin five minutes ahead of our clock', async () => {
    const opens = await load()
    const now = (offset: number): string => `${NOW + offset}`
    expect([await opens(now(0), now(1)), await opens(now(0), now(0))]).toEqual([true, false])
    expect(await opens(now(0), now(-1))).toBe(false)
    const day = 86_400_000
    expect(await opens(now(1 - day), now(HOUR))).toBe(true)
    expect(await opens(now(-day), now(HOUR))).toBe(false)
    expect(await opens(now(300_000), now(HOUR))).toBe(true)
    expect(await opens(now(300_001), now(HOUR))).toBe(false)
    // Nothing is added up that could overflow: the latest times that there are.
    expect(await opens(now(0), `${Number.MAX_SAFE_INTEGER}`)).toBe(true)
    expect(await opens(`${Number.MAX_SAFE_INTEGER}`, now(HOUR))).toBe(false)
  })
})
