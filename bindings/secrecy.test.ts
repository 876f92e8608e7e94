/**
 * What is told of a session to logs: every error, every event and every warning, searched for what they
 * must not hold. A class of error or a kind of event that is not made here fails the last test.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createBus } from './bus.ts'
import { nodeKey, nodeToken } from './codec/keys.fixture.ts'
import * as errors from './errors.ts'
import type { SessionEvent } from './events.ts'
import type { SessionsOptions } from './options.ts'
import { rotatingSecrets } from './rotating-secrets.ts'
import type { Session } from './session.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { cookieOf, visit } from './sessions.fixture.ts'
import type { SessionStorage } from './storage/contract.ts'
import { cookieStorage } from './storage/cookie.ts'
import { leaseServer } from './storage/lease.fixture.ts'
import { memoryStorage } from './storage/memory.ts'

const SECRET = 'a secret that must be told to nobody at all'
const OLD_SECRET = 'an older secret that must not be told either'
const VALUE = 'the private thing that a visitor said'
const OWNER = 'ada@private.example'
const NAME = '__Host-session'

/** What must be in no message: secrets, keys, values; ids and tokens come in as they are made. */
const forbidden = new Set([SECRET, OLD_SECRET, VALUE, OWNER])
for (const secret of [SECRET, OLD_SECRET]) {
  for (const encoding of ['hex', 'base64', 'base64url'] as const) {
    for (const purpose of ['id', 'record', 'seal', 'csrf', 'client', 'bus', 'codec']) {
      forbidden.add(Buffer.from(nodeKey(secret, NAME, purpose).key).toString(encoding))
    }
    forbidden.add(Buffer.from(secret).toString(encoding))
  }
}

const events: SessionEvent[] = []
const thrown: Error[] = []
const logged: unknown[][] = []

const onEvent = (event: SessionEvent): void => void events.push(event)

function manager(options: Partial<SessionsOptions<object>> = {}): Sessions {
  const made = createSessions({ secrets: [SECRET, OLD_SECRET], onEvent, ...options } as never)
  // These are told to those alone who ask for them.
  made.on('explain', (event) => void events.push({ type: 'explain', ...event } as never))
  return made as Sessions
}

/** A token, and the parts of it that a log could hold. */
function forbid(cookie: string): string {
  const token = cookie.slice(cookie.indexOf('=') + 1)
  for (const part of [token, ...token.slice(4).split('.')])
    if (part.length > 16) forbidden.add(part)
  return cookie
}

/** A session with a private value, whose id and cookie are forbidden from here on. */
async function signIn(sessions: Sessions, use: (session: Session) => void = () => undefined) {
  const lines = await visit(sessions, null, (session) => {
    session.set('private', VALUE)
    use(session)
    forbidden.add(session.id)
  })
  return forbid(cookieOf(lines))
}

/** Keeps what a piece of work fails with. */
async function failure(work: () => unknown): Promise<Error> {
  const error = await Promise.resolve()
    .then(work)
    .then(
      () => new Error('it did not fail'),
      (reason: unknown) => reason as Error
    )
  thrown.push(error)
  return error
}

/** All that a log that is thorough would write of a thing. */
const textOf = (thing: unknown): string =>
  `${inspect(thing, { depth: 20, showHidden: true, maxStringLength: null })}\n${JSON.stringify(thing)}`

const names = ['log', 'info', 'warn', 'error', 'debug'] as const
beforeAll(() => {
  for (const name of names) {
    vi.spyOn(console, name).mockImplementation((...args) => void logged.push(args))
  }
})
afterAll(() => void vi.restoreAllMocks())

/** A storage that can be made to fail, whose failures quote what they were asked for, as many do. */
function failing(): { storage: SessionStorage; state: { down: boolean } } {
  const memory = memoryStorage()
  const state = { down: false }
  const ask = async <Answer>(key: string, run: () => Answer): Promise<Answer> => {
    if (state.down) throw new Error(`connect ECONNREFUSED for ${key}`)
    return run()
  }
  return {
    state,
    storage: {
      atomic: true,
      read: (key) => ask(key, () => memory.read(key)),
      write: (key, value, options) => ask(key, () => memory.write(key, value, options)),
      destroy: (key) => ask(key, () => memory.destroy(key)),
    },
  }
}

describe('§2.25 events', () => {
  it.each([
    ['on a server', () => memoryStorage()],
    ['in cookies', () => cookieStorage()],
    ['in cookies with revocations', () => cookieStorage({ revocations: memoryStorage() })],
  ])('§2.25 of a life %s', async (_, storage) => {
    const sessions = manager({ storage: storage() })
    let cookie = await signIn(sessions)
    cookie = forbid(cookieOf([...(await visit(sessions, cookie, (s) => s.set('x', 1))), cookie]))
    cookie = forbid(
      cookieOf(
        await visit(sessions, cookie, (session) => {
          session.regenerateId()
          forbidden.add(session.id)
        })
      )
    )
    const late = await sessions.read(cookie)
    late.set('x', 2)
    await visit(sessions, cookie, (session) => session.destroy())
    await Promise.resolve()
      .then(() => sessions.commit(late))
      .catch((error: Error) => thrown.push(error))
    await visit(sessions, cookie, (session) => session.get('x'))
  })

  it('§2.25 of cookies that are refused', async () => {
    const storage = memoryStorage()
    const sessions = manager({ storage })
    const cookie = await signIn(sessions)
    const other = createSessions({ secrets: `other ${SECRET}`, storage })
    const foreign = forbid(cookieOf(await visit(other as Sessions, null, (s) => s.set('x', VALUE))))
    forbidden.add(`other ${SECRET}`)
    const payload = Buffer.from(VALUE).toString('base64url')
    const strange = nodeToken(nodeKey(SECRET, NAME), payload, 'P')
    for (const header of [
      `${NAME}=${VALUE}`,
      `${cookie}A`,
      `${cookie.slice(0, -2)}zz`,
      foreign,
      `${NAME}=${strange}`,
      `${cookie}; ${cookie}`,
      `${cookie}; pad=${'x'.repeat(20_000)}`,
    ]) {
      await sessions.read(header)
    }
    const picky = manager({
      storage,
      schema: {
        '~standard': {
          version: 1,
          vendor: 'none',
          validate: () => ({ issues: [{ message: VALUE }] }),
        },
      },
    })
    await visit(picky, cookie, (session) => session.get('private'))
    await visit(sessions, cookie, (session) => session.destroy())
    await visit(sessions, cookie, (session) => session.get('private'))
  })

  it('§2.25 of the end of time, of sweeping and of races', async () => {
    vi.useFakeTimers({ now: Date.now(), toFake: ['Date'] })
    const storage = memoryStorage()
    const sessions = manager({
      storage: { ...storage, read: keeping(storage), sync: true },
      lifetime: 10,
    })
    const cookie = await signIn(sessions, (session) => void (session.owner = OWNER))
    const racing = [await sessions.read(cookie), await sessions.read(cookie)]
    for (const session of racing) {
      session.update('x', (x = 0) => x + 1)
      await sessions.commit(session)
    }
    vi.setSystemTime(Date.now() + 11_000)
    await visit(sessions, cookie, (session) => session.get('private'))
    await sessions.sweep()
    vi.useRealTimers()
  })

  it('§2.25 of a listener that fails, and of owners', async () => {
    const sessions = manager({ storage: memoryStorage() })
    sessions.on('create', () => {
      throw new Error('the listener failed')
    })
    await signIn(sessions, (session) => void (session.owner = OWNER))
    await sessions.revokeByOwner(OWNER)
  })
})

/** Reads what has ended too, as a storage does whose clock is late. */
function keeping(storage: ReturnType<typeof memoryStorage>): SessionStorage['read'] {
  const kept = new Map<string, Awaited<ReturnType<SessionStorage['read']>>>()
  return (key) => {
    const record = storage.read(key)
    if (record !== null) kept.set(key, record)
    return record ?? kept.get(key) ?? null
  }
}

const cyclic: Record<string, unknown> = { [VALUE]: VALUE }
cyclic.self = cyclic

/** Makes each class of error, as an app would. */
const FAILURES: Record<string, () => Promise<unknown>> = {
  ConfigurationError: async () => {
    const short = SECRET.slice(0, 20)
    forbidden.add(short)
    await failure(() => manager({ secrets: short }))
    await failure(() => manager({ secrets: [SECRET, `change-me ${VALUE}`] }))
    await failure(() => manager({ secrets: [SECRET, 42 as never] }))
    return failure(() => manager({ storage: memoryStorage(), maxPerOwner: -1 }))
  },
  EngineUnavailableError: async () => {
    vi.resetModules()
    vi.stubEnv('TUILE_ENGINE', 'wasm')
    vi.doMock('#core-module', () => ({ coreModule: new Error('forbidden'), origin: 'inline' }))
    const error = await failure(() => import('./codec/select.ts'))
    vi.doUnmock('#core-module')
    vi.unstubAllEnvs()
    return error
  },
  SessionDestroyedError: () => {
    const sessions = manager()
    return failure(() =>
      visit(sessions, null, (session) => {
        session.set('private', VALUE)
        session.destroy()
        session.set('private', VALUE)
      })
    )
  },
  SessionCommittedError: async () => {
    const sessions = manager()
    const session = await sessions.read(null)
    session.set('private', VALUE)
    forbidden.add(session.id)
    await sessions.commit(session, { final: true })
    return failure(() => session.set('private', VALUE))
  },
  SessionNotLoadedError: async () => {
    const sessions = manager({ storage: failing().storage })
    const cookie = await signIn(sessions)
    return failure(() => sessions.defer(cookie).get('private'))
  },
  SessionGoneError: async () => {
    const sessions = manager({ storage: memoryStorage() })
    const cookie = await signIn(sessions)
    const late = await sessions.read(cookie)
    late.set('x', VALUE)
    await visit(sessions, cookie, (session) => session.destroy())
    return failure(() => sessions.commit(late))
  },
  SessionSerializationError: async () => {
    const sessions = manager({ storage: memoryStorage() })
    const cookie = await signIn(sessions)
    await failure(() => visit(sessions, cookie, (session) => session.set('x', 1n)))
    return failure(() => visit(sessions, cookie, (session) => session.set('x', [cyclic])))
  },
  SessionStorageError: async () => {
    const { storage, state } = failing()
    const sessions = manager({ storage })
    const cookie = await signIn(sessions)
    const session = await sessions.read(cookie)
    session.set('private', `${VALUE}!`)
    state.down = true
    await failure(() => sessions.commit(session))
    return failure(() => sessions.read(cookie))
  },
  SessionLockTimeoutError: async () => {
    const sessions = manager({ storage: memoryStorage(), lockTimeout: 0.01 })
    const cookie = await signIn(sessions)
    const { result } = await sessions.with(cookie, () =>
      failure(() => sessions.with(cookie, (session) => session.get('private')))
    )
    return result
  },
  SessionLockLostError: async () => {
    const { storage } = failing()
    const server = leaseServer()
    const locking = { ...storage, lock: server.lock }
    const [here, there] = [manager({ storage: locking }), manager({ storage: { ...locking } })]
    const cookie = await signIn(here)
    return failure(() =>
      here.with(cookie, async (session) => {
        session.set('private', `${VALUE}?`)
        server.expire()
        await there.with(cookie, (other) => other.set('x', VALUE))
      })
    )
  },
  SessionTooLargeError: () =>
    failure(() =>
      visit(manager({ storage: memoryStorage(), maxSize: 100 }), null, (session) => {
        session.set('private', VALUE.repeat(10))
      })
    ),
  // Thrown by a middleware, which has nothing else to say than one of three words.
  CsrfError: () => failure(() => Promise.reject(new errors.CsrfError('token'))),
  SessionNotFreshError: async () => {
    const sessions = manager({ storage: memoryStorage() })
    const cookie = await signIn(sessions, (session) => session.authenticate())
    const { authenticatedAt } = await sessions.read(cookie)
    return failure(() => Promise.reject(new errors.SessionNotFreshError(60, authenticatedAt)))
  },
  SessionSecretsError: async () => {
    const secrets = rotatingSecrets(() => Promise.reject(new Error('the vault is sealed')))
    const sessions = manager({ secrets })
    await failure(() => manager({ secrets: () => [SECRET.slice(0, 20)] }))
    return failure(() => sessions.ready())
  },
  SessionBusError: async () => {
    const bus = createBus({
      publish: (message) => {
        logged.push([message])
        throw new Error(`PUBLISH ${message} failed`)
      },
      subscribe: () => () => undefined,
    })
    const storage = memoryStorage()
    const sessions = manager({ storage, bus })
    let id = ''
    const cookie = await signIn(sessions, (session) => {
      id = session.id
    })
    const watch = sessions.watch(id, () => undefined)
    await visit(sessions, cookie, (session) => {
      session.regenerateId()
      forbidden.add(session.id)
    })
    await new Promise((resolve) => setTimeout(resolve, 20))
    watch.stop()
    const told = events.findLast((event) => event.type === 'error')
    return failure(() => Promise.reject(told?.error))
  },
  CookieOverflowError: () =>
    failure(() => visit(manager(), null, (session) => session.set('private', VALUE.repeat(1000)))),
}

describe('§2.25 errors', () => {
  it.each(Object.entries(FAILURES))('§2.25 %s is made, and can be logged', async (name, make) => {
    const error = (await make()) as Error & { cause?: Error }
    expect([error.name, error.cause?.name]).toContain(name)
  })
})

describe('§2.25 logs', () => {
  it('§2.25 hold no secret, no key, no id, no token and no value', () => {
    const texts = [...events, ...thrown, ...logged].map(textOf)
    const found = texts.flatMap((text) =>
      [...forbidden].filter((secret) => text.includes(secret)).map((secret) => ({ secret, text }))
    )
    expect(found).toEqual([])
    expect(forbidden.size).toBeGreaterThan(60)
  })

  it('§2.25 were made of every class of error, and of every kind of event', () => {
    // One that is made of nothing has nothing to tell.
    const classes = Object.entries(errors).filter(([, each]) => each.length > 0)
    const names = classes.map(([name]) => name).filter((name) => name !== 'TuileError')
    expect(Object.keys(FAILURES)).toEqual(expect.arrayContaining(names))
    expect(names.length).toBeGreaterThan(8)
    // As `events.ts` declares them, so that a new one is missed here.
    const source = readFileSync(new URL('events.ts', import.meta.url), 'utf8')
    const declared = /interface SessionEvents \{([\s\S]*?)\n\}/.exec(source)![1]!
    const kinds = [...declared.matchAll(/^ {2}(\w+): /gm)].map(([, name]) => name!)
    expect(kinds.length).toBeGreaterThan(10)
    expect([...new Set<string>(events.map(({ type }) => type))].sort()).toEqual(kinds.sort())
    const reasons = new Set(
      events.flatMap((event) => (event.type === 'reject' ? event.reason : []))
    )
    expect([...reasons].sort()).toEqual(
      [
        'bad-signature',
        'corrupt',
        'malformed',
        'oversize',
        'revoked',
        'schema',
        'unknown-id',
        'unknown-key',
      ].sort()
    )
  })
})
