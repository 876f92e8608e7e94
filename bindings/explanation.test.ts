import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type ExplainReason, explainReasons } from './explain-reasons.ts'
import {
  cookieWith,
  OTHER_SECRET,
  recordedSessions,
  remoteStorage,
  SECRET,
  visit,
} from './sessions.fixture.ts'
import { createSessions } from './sessions.ts'
import type { Session } from './session.ts'
import type { SessionsOptions } from './options.ts'
import type { SessionStorage } from './storage/contract.ts'
import { cookieStorage } from './storage/cookie.ts'
import { memoryStorage } from './storage/memory.ts'

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 5, 1), toFake: ['Date'] }))
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
})

const HOUR = 3_600_000
const NAME = '__Host-session'

/** Sessions, and what is told of them. */
function explained(options: Partial<SessionsOptions<object>> = {}) {
  const told: ExplainReason[] = []
  const sessions = createSessions({ secrets: SECRET, ...options } as never)
  sessions.on('explain', ({ reason }) => void told.push(reason))
  return { sessions, told }
}

/** What is told of one request with a cookie. */
async function reasonsFor(
  options: Partial<SessionsOptions<object>>,
  cookie: string | null,
  use: (session: Session) => unknown = (session) => session.get('x')
): Promise<ExplainReason[]> {
  const { sessions, told } = explained(options)
  await (async () => visit(sessions as never, cookie, use))().catch(() => undefined)
  return told
}

/** A storage in which something fails. */
function failing(method: 'read' | 'write'): SessionStorage {
  const memory = memoryStorage()
  return {
    ...remoteStorage(0),
    [method]: () => Promise.reject(new Error('down')),
    owners: memory.owners,
  }
}

const setX = (session: Session): void => session.set('x', 2)

describe('explain', () => {
  it('explain says why a cookie gives no session', async () => {
    const cookie = await cookieWith(recordedSessions().sessions)
    const foreign = await cookieWith(recordedSessions({ secrets: OTHER_SECRET }).sessions)
    const changed = cookie.slice(0, -1) + (cookie.endsWith('A') ? 'B' : 'A')
    for (const [header, reasons] of [
      [null, ['no-cookie', 'empty']],
      ['other=1', ['no-cookie', 'empty']],
      [`${NAME}=nonsense`, ['malformed', 'empty']],
      [`${NAME}=${'x'.repeat(5000)}`, ['oversize', 'empty']],
      [foreign, ['unknown-key', 'empty']],
      [changed, ['bad-signature', 'empty']],
      [cookie, ['unchanged']],
      [`${cookie}; ${cookie}`, ['duplicate', 'unchanged']],
      [`${NAME}=x; ${NAME}=y`, ['malformed', 'duplicate', 'empty']],
    ] as const) {
      expect(await reasonsFor({}, header), String(header).slice(0, 40)).toEqual(reasons)
    }
  })

  it('explain says what the storage has of a session', async () => {
    const storage = memoryStorage()
    const cookie = await cookieWith(recordedSessions({ storage }).sessions)
    const ofCookie = await cookieWith(recordedSessions().sessions)
    expect(await reasonsFor({ storage }, cookie)).toEqual(['unchanged'])
    expect(await reasonsFor({ storage: memoryStorage() }, cookie)).toEqual(['unknown-id', 'empty'])
    const signed = recordedSessions({ storage: cookieStorage({ mode: 'signed' }) }).sessions
    expect(await reasonsFor({ storage }, await cookieWith(signed))).toEqual([
      'unknown-key',
      'empty',
    ])
    // A storage on the server opens no sealed cookies.
    expect(await reasonsFor({ storage }, ofCookie)).toEqual(['malformed', 'empty'])
    // Nor does one of sealed cookies open what is only signed.
    expect(await reasonsFor({}, cookie)).toEqual(['malformed', 'empty'])
    expect(await reasonsFor({}, await cookieWith(signed))).toEqual(['malformed', 'empty'])
    const schema = {
      '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: ['no'] }) },
    } as never
    expect(await reasonsFor({ schema }, ofCookie)).toEqual(['schema', 'empty'])
    expect(await reasonsFor({ storage, schema }, cookie)).toEqual(['schema', 'empty'])
  })

  it('explain says of revoked sessions that they are', async () => {
    const options = { storage: cookieStorage({ revocations: memoryStorage() }) }
    const { sessions } = recordedSessions(options)
    const cookie = await cookieWith(sessions)
    await visit(sessions, cookie, (session) => session.destroy())
    expect(await reasonsFor(options, cookie)).toEqual(['revoked', 'empty'])
  })

  it.each(['cookie', 'memory'])('explain says by which deadline one in %s ended', async (kind) => {
    // A storage that is late in dropping what has ended.
    const memory = memoryStorage()
    const late: SessionStorage = {
      ...memory,
      read: memory.read,
      write: (key, value, { ifVersion }) =>
        memory.write(key, value, { expiresAt: Date.now() + 100 * HOUR, ifVersion }),
      destroy: memory.destroy,
      sync: true,
    }
    const options = { lifetime: 7200, ...(kind === 'memory' && { storage: late }) }
    const cookie = await cookieWith(recordedSessions(options).sessions)
    vi.setSystemTime(Date.now() + 2 * HOUR)
    expect(await reasonsFor(options, cookie)).toEqual(['expired-absolute', 'empty'])
  })

  it('explain tells a session that nobody used in time from one at the end of its life', async () => {
    const options = { lifetime: 7200, idleTimeout: 600 }
    const cookie = await cookieWith(recordedSessions(options).sessions)
    vi.setSystemTime(Date.now() + HOUR)
    expect(await reasonsFor(options, cookie)).toEqual(['expired-idle', 'empty'])
    vi.setSystemTime(Date.now() + HOUR)
    expect(await reasonsFor(options, cookie)).toEqual(['expired-absolute', 'empty'])
  })

  it('explain says why nothing was saved', async () => {
    const storage = memoryStorage()
    const { sessions } = recordedSessions({ storage })
    const cookie = await cookieWith(sessions)
    expect(await reasonsFor({ storage }, cookie, setX)).toEqual(['cookie-kept'])
    const circle: unknown[] = []
    circle.push(circle)
    for (const [use, reasons] of [
      [(session: Session) => session.set('x', circle), ['not-json']],
      [(session: Session) => session.set('x', 'x'.repeat(2_000_000)), ['too-large']],
      [
        async (session: Session) => {
          session.set('x', 1)
          await visit(sessions, cookie, (other) => other.destroy())
        },
        ['gone'],
      ],
    ] as const) {
      expect(await reasonsFor({ storage }, cookie, use as never)).toEqual(reasons)
    }
    const long = (session: Session): void => session.set('x', 'x'.repeat(5000))
    expect(await reasonsFor({}, null, long)).toEqual(['no-cookie', 'cookie-overflow'])
  })

  it('explain says that a newer id has superseded the one that came', async () => {
    const storage = memoryStorage()
    const { sessions } = recordedSessions({ storage })
    const cookie = await cookieWith(sessions)
    await visit(sessions, cookie, (session) => session.regenerateId({ grace: 10 }))
    expect(await reasonsFor({ storage }, cookie)).toEqual(['superseded'])
  })

  it.each([
    ['throw', ['storage-failed']],
    ['empty', ['storage-failed']],
    ['readonly', ['storage-failed']],
  ] as const)(
    'explain says that the storage failed, with onStorageError %s',
    async (onStorageError, reasons) => {
      const cookie = await cookieWith(recordedSessions({ storage: memoryStorage() }).sessions)
      expect(await reasonsFor({ storage: failing('read'), onStorageError }, cookie)).toEqual(
        reasons
      )
      const told = await reasonsFor({ storage: failing('write'), onStorageError }, null, setX)
      expect(told).toEqual(['no-cookie', ...reasons])
    }
  )

  it('explain says that a lock was not to be had, or was lost', async () => {
    const storage = memoryStorage()
    const { sessions, told } = explained({ storage, lockTimeout: 0.01 })
    const cookie = await cookieWith(sessions as never)
    const [holder, waiter] = [await sessions.read(cookie), await sessions.read(cookie)]
    await holder.lock()
    await expect(waiter.lock()).rejects.toThrow('locked by others')
    expect(told).toContain('lock-timeout')
    await sessions.commit(holder)

    const lost: SessionStorage = {
      ...storage,
      read: storage.read,
      write: storage.write,
      destroy: storage.destroy,
      lock: async () => ({ extend: async () => false, release: async () => undefined }),
    }
    expect(
      await reasonsFor({ storage: lost, lock: true }, cookie, async (session) => {
        session.set('x', 3)
        await visit(recordedSessions({ storage }).sessions, cookie, setX)
      })
    ).toEqual(['lock-lost'])
  })

  it('explain says that the response had started', async () => {
    const { sessions, told } = explained()
    const session = (await sessions.read(null)) as Session
    session.set('x', 1)
    await sessions.commit(session as never, { final: true })
    expect(() => session.set('x', 2)).toThrow()
    expect(() => session.destroy()).toThrow()
    expect(told).toEqual(['no-cookie', 'response-started'])
  })

  it('explain says that there are no secrets', () => {
    const retireAt = new Date(Date.now() + HOUR)
    const { sessions, told } = explained({ secrets: [{ secret: SECRET, retireAt }] })
    vi.setSystemTime(retireAt)
    expect(() => sessions.read(null)).toThrow()
    expect(told).toEqual(['no-secrets'])
  })

  it('explain says that nobody used a session', async () => {
    const { sessions, told } = explained()
    const cookie = await cookieWith(sessions as never)
    told.length = 0
    await sessions.commit(sessions.defer(cookie))
    await sessions.commit(sessions.defer(null))
    expect(told).toEqual(['unused', 'no-cookie', 'unused'])
  })

  it('explain tells a reason once a request, to those alone who ask for reasons', async () => {
    const { sessions, events } = recordedSessions({ storage: memoryStorage() })
    const told: unknown[] = []
    sessions.on('explain', (event) => void told.push(event))
    const session = await sessions.read(null)
    for (let i = 0; i < 3; i++) await sessions.commit(session)
    expect(told).toEqual([{ reason: 'no-cookie' }, { reason: 'empty' }])
    expect(events).toEqual([])
  })

  it('explain is made in development, or if somebody listens', () => {
    const of = (listen: boolean) => {
      const sessions = createSessions({ secrets: SECRET })
      const stop = sessions.on('explain', () => undefined)
      if (!listen) stop()
      return sessions.explanation(sessions.defer(null))
    }
    vi.stubEnv('NODE_ENV', 'production')
    expect(of(false)).toBe(null)
    expect(of(true)?.reasons).toEqual(['no-cookie'])
    vi.stubEnv('NODE_ENV', 'development')
    expect(of(false)?.reasons).toEqual(['no-cookie'])
  })

  it('§2.25 explain tells nothing of an id, a value or a secret', async () => {
    const events: unknown[] = []
    const { sessions } = recordedSessions({ storage: memoryStorage() })
    sessions.on('explain', (event) => void events.push(event))
    const cookie = await cookieWith(sessions, { x: 'hunter2' })
    const [, token] = cookie.split('=')
    for (const header of [cookie, `${cookie}x`, `${cookie}; ${cookie}`, 'x'.repeat(20_000)]) {
      await visit(sessions, header, (session) => session.set('x', 'hunter2'))
    }
    const told = JSON.stringify(events)
    expect(told).toContain('duplicate')
    for (const hidden of ['hunter2', token!.slice(4, 20), SECRET])
      expect(told).not.toContain(hidden)
  })

  it('docs/explain.md has every reason, in this order, and no other', () => {
    const page = readFileSync(new URL('../docs/explain.md', import.meta.url), 'utf8')
    const listed = [...page.matchAll(/^\| `([a-z-]+)` \| [^|]{20,} \| [^|]{10,} \|$/gm)].map(
      ([, reason]) => reason
    )
    expect(listed).toEqual(explainReasons)
  })
})
