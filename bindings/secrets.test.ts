import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SecretList } from './dated-secrets.ts'
import { ConfigurationError, SessionSecretsError } from './errors.ts'
import type { Secrets } from './secrets.ts'
import {
  cookieOf,
  cookieWith,
  OTHER_SECRET,
  recordedSessions,
  SECRET,
  visit,
} from './sessions.fixture.ts'
import { createSessions } from './sessions.ts'
import { memoryStorage } from './storage/memory.ts'

const THIRD_SECRET = 'test: a third secret of more than 32 bytes, for nobody'

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 5, 1) }))
afterEach(() => void vi.useRealTimers())

const inHours = (hours: number): Date => new Date(Date.now() + hours * 3_600_000)
const goOn = (hours: number): unknown => vi.setSystemTime(Date.now() + hours * 3_600_000)

/** Sessions whose secrets can be changed, by one function that gives them. */
function changing(first: unknown) {
  let secrets = first
  const recorded = recordedSessions({ secrets: () => secrets as SecretList })
  return { ...recorded, change: (next: unknown) => void (secrets = next) }
}

/** Whether sessions accept a cookie. */
async function accepts(sessions: ReturnType<typeof changing>['sessions'], cookie: string) {
  return !(await sessions.read(cookie)).isNew
}

describe('secrets with dates', () => {
  it('§2.21 a secret that is retired by date ends at that instant', async () => {
    const { sessions, events } = recordedSessions({
      secrets: [SECRET, { secret: OTHER_SECRET, retireAt: inHours(2) }],
    })
    const old = await cookieWith(recordedSessions({ secrets: OTHER_SECRET }).sessions)
    vi.setSystemTime(inHours(2).getTime() - 1)
    expect(await accepts(sessions, old)).toBe(true)
    vi.setSystemTime(Date.now() + 1)
    expect(await accepts(sessions, old)).toBe(false)
    expect(events.at(-1)).toEqual({ type: 'reject', reason: 'unknown-key' })
  })

  it('§2.21 a secret verifies from the start and signs from its date on', async () => {
    const before = recordedSessions({ secrets: SECRET }).sessions
    const after = recordedSessions({ secrets: OTHER_SECRET }).sessions
    const { sessions } = recordedSessions({
      secrets: [{ secret: OTHER_SECRET, notBefore: inHours(2) }, SECRET],
    })
    expect(await accepts(sessions, await cookieWith(after))).toBe(true)
    const early = await cookieWith(sessions)
    expect([await accepts(before, early), await accepts(after, early)]).toEqual([true, false])
    goOn(2)
    const late = await cookieWith(sessions)
    expect([await accepts(before, late), await accepts(after, late)]).toEqual([false, true])
    const renewed = cookieOf(await visit(sessions, early, (session) => session.get('x')))
    expect(await accepts(after, renewed)).toBe(true)
  })

  it('that are all over are refused at the start, and later are an error with a type', async () => {
    const secrets = [{ secret: SECRET, retireAt: inHours(2) }]
    const sessions = createSessions({ secrets, storage: memoryStorage() })
    goOn(2)
    expect(() => createSessions({ secrets })).toThrow(ConfigurationError)
    expect(() => sessions.read(null)).toThrow(SessionSecretsError)
    expect(() => sessions.defer('a=b')).toThrow(SessionSecretsError)
    await expect(sessions.with(null, () => 1)).rejects.toThrow(SessionSecretsError)
    await expect(sessions.ready()).rejects.toThrow(SessionSecretsError)
  })
})

describe('secrets of a function', () => {
  it('P26 secrets that a function gives take effect with the next request', async () => {
    const { sessions, events, change } = changing(SECRET)
    const first = await cookieWith(sessions)
    change([OTHER_SECRET, SECRET])
    const second = cookieOf(await visit(sessions, first, (session) => session.get('x')))
    expect(second).not.toBe(first)
    expect(await visit(sessions, second, (session) => session.get('x'))).toEqual([])
    change(OTHER_SECRET)
    expect([await accepts(sessions, first), await accepts(sessions, second)]).toEqual([false, true])
    expect(events.filter(({ type }) => type === 'error')).toEqual([])
  })

  it('sees a list that is changed in place', async () => {
    const list = [SECRET]
    const { sessions } = recordedSessions({ secrets: () => list })
    const old = await cookieWith(sessions)
    list.unshift(OTHER_SECRET)
    expect(await accepts(sessions, old)).toBe(true)
    list.pop()
    expect(await accepts(sessions, old)).toBe(false)
  })

  it('a plain list is read once', async () => {
    const list = [SECRET]
    const { sessions } = recordedSessions({ secrets: list })
    list[0] = OTHER_SECRET
    expect(await accepts(sessions, await cookieWith(recordedSessions().sessions))).toBe(true)
  })

  it('derives keys only when something has changed', async () => {
    let asked = 0
    const { sessions } = recordedSessions({
      secrets: () => {
        asked++
        return [{ secret: SECRET, retireAt: inHours(1000) }, `${THIRD_SECRET} of this test`]
      },
    })
    const digest = vi.spyOn(TextEncoder.prototype, 'encode')
    for (let i = 0; i < 20; i++) expect(await accepts(sessions, '__Host-session=none')).toBe(false)
    expect(asked).toBeGreaterThan(20)
    // The label of HKDF is encoded once per ring.
    const labels = digest.mock.calls.filter(([text]) => text?.startsWith('tuile/1/'))
    digest.mockRestore()
    expect(labels).toHaveLength(1)
  })

  it.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['an empty list', () => []],
    ['a short secret', () => 'short'],
    ['a promise', () => Promise.resolve(SECRET)],
    ['a rejection', () => Promise.reject(new Error('no secret today'))],
    ['a number', () => 42],
    [
      'a circle',
      () => {
        const circle: unknown[] = []
        circle.push(circle)
        return circle
      },
    ],
    [
      'an error',
      () => {
        throw new Error('no secret today')
      },
    ],
  ])('keeps the last list where the function gives %s, and says so once', async (_, give) => {
    let broken = false
    const { sessions, events } = recordedSessions({
      secrets: (() => (broken ? give() : SECRET)) as Secrets,
    })
    const cookie = await cookieWith(sessions)
    broken = true
    for (let i = 0; i < 3; i++) expect(await accepts(sessions, cookie)).toBe(true)
    expect(await accepts(sessions, await cookieWith(sessions))).toBe(true)
    const errors = () => events.flatMap((event) => (event.type === 'error' ? [event.error] : []))
    expect(errors()).toHaveLength(1)
    expect(errors()[0]).toBeInstanceOf(SessionSecretsError)
    expect(`${String(errors()[0])} ${JSON.stringify(errors()[0])}`).not.toContain(SECRET)
    broken = false
    expect(await accepts(sessions, cookie)).toBe(true)
    broken = true
    expect(await accepts(sessions, cookie)).toBe(true)
    expect(errors()).toHaveLength(2)
  })

  it('is asked when sessions are made, and must give secrets', () => {
    const make = (secrets: unknown) => () => createSessions({ secrets: secrets as Secrets })
    expect(make(() => 'short')).toThrow(ConfigurationError)
    expect(make(() => undefined)).toThrow(/secrets is missing/)
    expect(make(null)).toThrow(ConfigurationError)
    expect(make({})).toThrow(ConfigurationError)
    expect(make(async () => SECRET)).toThrow(/use rotatingSecrets/)
    expect(make(() => Promise.reject(new Error('late')))).toThrow(/use rotatingSecrets/)
    const error = new Error('no secret today')
    expect(
      make(() => {
        throw error
      })
    ).toThrow(error)
  })
})

describe('two servers during a roll-out', () => {
  it.each(['cookie', 'memory'])(
    'P26 lists in different order keep all sessions, in a storage of %s',
    async (kind) => {
      const storage = kind === 'memory' ? memoryStorage() : undefined
      const servers = [
        [SECRET, OTHER_SECRET, THIRD_SECRET],
        [OTHER_SECRET, SECRET],
        [THIRD_SECRET, OTHER_SECRET, SECRET],
      ].map((secrets) => recordedSessions({ secrets, ...(storage && { storage }) }))
      const visitors = await Promise.all(
        Array.from({ length: 30 }, (_, i) => cookieWith(servers[i % 3]!.sessions, { i, visits: 0 }))
      )
      // The second server does not know the third secret yet: as in a roll-out, it is not sent there.
      const order = [0, 1, 0, 2, 0, 1, 0, 2, 2, 0, 1, 1, 0, 2]
      for (const [i, first] of visitors.entries()) {
        let cookie = first
        const visits = i % 3 === 2 ? [0, ...order] : order
        for (const server of visits) {
          const lines = await visit(servers[server]!.sessions, cookie, (session) => {
            expect(session.get('i')).toBe(i)
            session.update('visits', (n: number) => n + 1)
          })
          if (lines.length > 0) cookie = cookieOf(lines)
        }
        const last = await servers[0]!.sessions.read(cookie)
        expect(last.get('visits')).toBe(visits.length)
      }
      const refused = servers.flatMap(({ events }) =>
        events.filter(({ type }) => type === 'reject')
      )
      expect(refused).toEqual([])
    }
  )
})
