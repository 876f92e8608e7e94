/**
 * The conformance suite of sessions: what a session promises, whatever storage it is kept in.
 *
 * @module
 */
import type { Awaitable } from './awaitable.ts'
import { assertEqual, type Check, SECRET, Visitor } from './session-conformance-kit.ts'
import { IDENTITY_CASES } from './session-conformance-identity.ts'
import { OWNER_CASES } from './session-conformance-owners.ts'
import { ENDS, runRaces } from './session-conformance-races.ts'
import { RECORD_CASES } from './session-conformance-records.ts'
import { SERVER_CASES } from './session-conformance-servers.ts'
import { createSessions } from './sessions.ts'
import { assert } from './storage/conformance-kit.ts'
import type { ConformanceCase } from './storage/conformance.ts'
import type { CookieStorage, SessionStorage } from './storage/contract.ts'

const VALUES = {
  string: 'Ünï \ud83c\udf6a',
  number: -0.5,
  zero: 0,
  empty: '',
  no: false,
  nothing: null,
  list: [1, [2, { three: 3 }]],
  toString: 'plain',
  constructor: 'plain',
  id: 'plain',
}

/** What holds in every storage, the cookie included. */
const EVERYWHERE: Record<string, Check> = {
  async 'a session that nothing is set in sets no cookie'(visitor) {
    await visitor.visit((session) => session.get('x'))
    assert(visitor.cookie === null, 'there is a cookie')
  },

  async 'set() values come back in the next request, of every JSON type'(visitor) {
    await visitor.visit((session) => {
      for (const [key, value] of Object.entries(VALUES)) session.set(key, value)
      session.set('__proto__', 'plain')
    })
    await visitor.visit((session) => {
      assert(!session.isNew, 'the session is new')
      for (const [key, value] of Object.entries(VALUES)) assertEqual(session.get(key), value)
      assertEqual(session.get('__proto__'), 'plain')
      assertEqual(session.get('hasOwnProperty', 'none'), 'none')
    })
  },

  async 'a request that only reads sets no cookie'(visitor) {
    await visitor.visit((session) => session.set('x', 1))
    const session = await visitor.sessions.read(visitor.cookie)
    assertEqual(session.get('x'), 1)
    assertEqual(await visitor.sessions.commit(session), [])
  },

  async 'unset() and clear() remove values for good'(visitor) {
    await visitor.visit((session) => {
      for (const key of ['a', 'b', 'c']) session.set(key, key)
    })
    await visitor.visit((session) => session.unset('a'))
    await visitor.visit((session) => assertEqual(session.all(), { b: 'b', c: 'c' }))
    await visitor.visit((session) => session.clear())
    await visitor.visit((session) => assertEqual(session.all(), {}))
  },

  async 'flash() is for the next request alone, read or not'(visitor) {
    const seen = await visitor.visit((session) => {
      session.flash('notice', 'hello')
      return session.get('notice')
    })
    assertEqual(seen, undefined)
    assertEqual(await visitor.visit((session) => session.get('notice')), 'hello')
    assertEqual(await visitor.visit((session) => session.get('notice')), undefined)
    await visitor.visit((session) => session.flash('notice', 'again'))
    await visitor.visit(() => undefined)
    assertEqual(await visitor.visit((session) => session.get('notice')), undefined)
  },

  async 'reflash() and keep() leave messages for one more request'(visitor) {
    await visitor.visit((session) => {
      session.flash('a', 1)
      session.flash('b', 2)
    })
    await visitor.visit((session) => session.reflash())
    await visitor.visit((session) => {
      assertEqual(session.allFlash(), { a: 1, b: 2 })
      session.keep('b')
    })
    await visitor.visit((session) => assertEqual(session.allFlash(), { b: 2 }))
  },

  async 'update() counts'(visitor) {
    for (let i = 0; i < 3; i++) {
      await visitor.visit((session) => session.update('n', (n = 0) => n + 1))
    }
    assertEqual(await visitor.visit((session) => session.get('n')), 3)
  },

  async 'regenerateId() gives another id and keeps the data'(visitor) {
    const before = await visitor.visit((session) => {
      session.set('x', 1)
      return session.id
    })
    await visitor.visit((session) => {
      session.regenerateId()
      assert(session.id !== before, 'the id is the same')
    })
    await visitor.visit((session) => {
      assert(session.id !== before, 'the id is the old one')
      assertEqual(session.get('x'), 1)
    })
  },

  async 'authenticate() says when, gives another id, and comes back in the next request'(visitor) {
    const before = await visitor.visit((session) => {
      session.set('x', 1)
      assertEqual(session.authenticatedAt, null)
      return session.id
    })
    const started = Date.now()
    await visitor.visit((session) => session.authenticate())
    await visitor.visit((session) => {
      assert(session.id !== before, 'the id is the old one')
      assertEqual(session.get('x'), 1)
      const time = session.authenticatedAt?.getTime() ?? 0
      assert(time >= started && time <= Date.now(), 'it was at another time')
      session.clear()
      session.regenerateId()
    })
    const kept = await visitor.visit((session) => session.authenticatedAt)
    assert(kept !== null, 'clear() or regenerateId() took it')
  },

  async 'destroy() removes the cookie, whatever it is, and a refused one goes when it is used'(
    visitor
  ) {
    const { cookieName } = visitor.sessions
    await visitor.visit((session) => session.set('x', 1))
    for (const cookie of [`${cookieName}=x`, `${cookieName}=`, `${visitor.cookie}A`]) {
      for (const use of ['destroy', 'all'] as const) {
        const session = await visitor.sessions.read(cookie)
        session[use]()
        const lines = await visitor.sessions.commit(session)
        assert(lines.length === 1 && lines[0]!.includes('; Max-Age=0;'), `${cookie} is kept`)
      }
    }
    const stranger = await visitor.sessions.read('other=1')
    stranger.destroy()
    assertEqual(await visitor.sessions.commit(stranger), [])
  },

  async 'a flash message of the same value is another message'(visitor) {
    await visitor.visit((session) => {
      session.set('x', 1)
      session.flash('notice', 'Saved')
    })
    const page = await visitor.sessions.read(visitor.cookie)
    assertEqual(page.getFlash('notice'), 'Saved')
    await visitor.visit((session) => session.flash('notice', 'Saved'))
    if ('stateless' in visitor.sessions.storage) return
    await visitor.sessions.commit(page)
    assertEqual(await visitor.visit((session) => session.getFlash('notice')), 'Saved')
  },

  async 'destroy() removes the cookie'(visitor) {
    await visitor.visit((session) => session.set('x', 1))
    await visitor.visit((session) => session.destroy())
    assert(visitor.cookie === null, 'the cookie is still there')
    assertEqual(await visitor.visit((session) => session.all()), {})
  },

  async 'a forged, cut, extended or foreign cookie gives a new, empty session'(visitor) {
    await visitor.visit((session) => session.set('x', 1))
    const cookie = visitor.cookie!
    const forged = [
      cookie.slice(0, -1),
      `${cookie}A`,
      cookie.replace('=', '=A'),
      cookie.replace('__Host-session', 'session'),
      '__Host-session=',
      '__Host-session={"userId":1}',
    ]
    for (const header of forged) {
      const session = await visitor.sessions.read(header)
      assert(session.isNew, `${header.slice(0, 30)} was accepted`)
      assertEqual(session.all(), {})
    }
  },

  async 'the lifetime ends a session'(visitor) {
    const short = new Visitor(
      createSessions({ storage: visitor.sessions.storage, secrets: SECRET, lifetime: 1 })
    )
    await short.visit((session) => session.set('x', 1))
    assertEqual(await short.visit((session) => session.get('x')), 1)
    await new Promise((resolve) => setTimeout(resolve, 1050))
    assertEqual(await short.visit((session) => session.get('x')), undefined)
  },
}

/** The races, by what they promise. */
function races(count: number): Record<string, Check> {
  const entries = Object.entries(ENDS).map(([name, end]): [string, Check] => [
    `D3 ${count} interleavings of saving with ${name}: nothing comes back, each is told`,
    ({ sessions }) => runRaces(sessions.storage as SessionStorage, end, count),
  ])
  return Object.fromEntries(entries)
}

/** What the storage under test can promise. */
export interface SessionConformanceOptions {
  /**
   * Whether a server keeps the records and writes them atomically. Without, what only such a storage
   * can promise is left out: the end of an old cookie, and parallel requests that lose nothing.
   *
   * @default true
   */
  readonly server?: boolean
  /**
   * Whether a session can be ended for who kept its cookie: not in the cookie storage without revocations.
   *
   * @default what `server` is
   */
  readonly revocable?: boolean
  /**
   * Orders in which requests race with each kind of end of a session. Each takes a dozen calls.
   *
   * @default 1000
   */
  readonly interleavings?: number
}

/**
 * The tests of sessions in a storage, for any test runner. Each makes a storage of its own, and closes
 * it.
 *
 * @example
 * ```ts
 * import { cookieStorage } from 'tuile'
 * import { sessionConformance } from 'tuile/testing'
 *
 * for (const { name, run } of sessionConformance(() => cookieStorage(), { server: false })) {
 *   if (!name.includes('lifetime')) await run() // it(name, run)
 * }
 * ```
 */
export function sessionConformance(
  create: () => Awaitable<SessionStorage | CookieStorage>,
  { server = true, revocable = server, interleavings = 1000 }: SessionConformanceOptions = {}
): ConformanceCase[] {
  const where = {
    ...EVERYWHERE,
    ...(revocable && IDENTITY_CASES),
    ...(server && { ...SERVER_CASES, ...RECORD_CASES, ...OWNER_CASES, ...races(interleavings) }),
  }
  return Object.entries(where).map(([name, check]) => ({
    name,
    async run() {
      const storage = await create()
      try {
        await check(new Visitor(createSessions({ storage, secrets: SECRET })))
      } finally {
        if ('close' in storage) await storage.close?.()
      }
    },
  }))
}
