/**
 * The conformance suite of sessions: what a session promises, whatever storage it is kept in.
 *
 * @module
 */
import type { Awaitable } from './awaitable.ts'
import { ringOf } from './channel.ts'
import { defaultEngine } from './codec/select.ts'
import { SessionGoneError } from './errors.ts'
import { createId } from './id.ts'
import { assertEqual, type Check, commitError, SECRET, Visitor } from './session-conformance-kit.ts'
import { OWNER_CASES } from './session-conformance-owners.ts'
import { ENDS, runRaces } from './session-conformance-races.ts'
import { createSessions } from './sessions.ts'
import { assert } from './storage/conformance-kit.ts'
import type { ConformanceCase } from './storage/conformance.ts'
import type { CookieStorage, SessionStorage } from './storage/contract.ts'
import { memoryStorage } from './storage/memory.ts'

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

/** What holds where a server keeps the records. */
const ON_SERVERS: Record<string, Check> = {
  async 'regenerateId() retires the original id for good, however often it is called'(visitor) {
    await visitor.visit((session) => session.set('x', 1))
    const old = visitor.cookie
    await visitor.visit((session) => {
      session.regenerateId()
      session.regenerateId()
    })
    assert((await visitor.sessions.read(old)).isNew, 'the old id opens the session')
  },

  async 'C6 destroy() ends the session for every copy of its cookie'(visitor) {
    await visitor.visit((session) => session.set('x', 1))
    const old = visitor.cookie
    await visitor.visit((session) => {
      session.regenerateId()
      session.destroy()
    })
    assert((await visitor.sessions.read(old)).isNew, 'the old cookie opens the session')
  },

  async 'D8 an id that was never issued, has ended or is foreign is not adopted'({ sessions }) {
    const { storage } = sessions
    const issuer = new Visitor(sessions)
    await issuer.visit((session) => session.set('x', 1))
    const destroyed = issuer.cookie!
    await issuer.visit((session) => session.destroy())

    const short = new Visitor(createSessions({ storage, secrets: SECRET, lifetime: 1 }))
    await short.visit((session) => session.set('x', 1))
    await new Promise((resolve) => setTimeout(resolve, 1050))

    const unknown = createId(defaultEngine)
    const name = sessions.cookieName
    const ring = ringOf(name, [SECRET], { sign: 'id' })
    const elsewhere = new Visitor(createSessions({ storage: memoryStorage(), secrets: SECRET }))
    await elsewhere.visit((session) => session.set('x', 1))
    const planted = {
      destroyed,
      expired: short.cookie!,
      unknown: `${name}=${ring.signText(unknown, 'T')}`,
      unsigned: `${name}=${unknown}`,
      foreign: elsewhere.cookie!,
    }
    for (const [what, cookie] of Object.entries(planted)) {
      const victim = new Visitor(sessions)
      victim.cookie = cookie
      const id = await victim.visit((session) => {
        assert(session.isNew, `an id that is ${what} opens a session`)
        session.set('x', 2)
        return session.id
      })
      assert(!cookie.includes(id), `an id that is ${what} was adopted`)
      assert(victim.cookie !== cookie, `a cookie that is ${what} was kept`)
      assert((await sessions.read(cookie)).isNew, `a cookie that is ${what} opens a session now`)
      assertEqual(await victim.visit((session) => session.get('x')), 2)
    }
  },

  async 'commit() after another request destroyed the session writes nothing'(visitor) {
    await visitor.visit((session) => session.set('x', 1))
    const slow = await visitor.sessions.read(visitor.cookie)
    slow.set('x', 2)
    const cookie = visitor.cookie
    await visitor.visit((session) => session.destroy())
    const error = await commitError(visitor, slow)
    assert(error instanceof SessionGoneError, `it gave ${String(error)}`)
    assert((await visitor.sessions.read(cookie)).isNew, 'the session came back')
  },

  async 'commit() after another request regenerated the id writes nothing'(visitor) {
    await visitor.visit((session) => session.set('x', 1))
    const slow = await visitor.sessions.read(visitor.cookie)
    slow.set('x', 2)
    await visitor.visit((session) => session.regenerateId())
    const error = await commitError(visitor, slow)
    assert(error instanceof SessionGoneError, `it gave ${String(error)}`)
    assertEqual(await visitor.visit((session) => session.get('x')), 1)
  },

  async 'regenerateId({ grace }) lets the old id be read, not written'(visitor) {
    await visitor.visit((session) => session.set('role', 'guest'))
    const old = visitor.cookie
    await visitor.visit((session) => {
      session.set('role', 'admin')
      session.regenerateId({ grace: 10 })
    })
    const reader = await visitor.sessions.read(old)
    assertEqual(reader.get('role'), 'guest')
    assertEqual(await visitor.sessions.commit(reader), [])
    reader.set('role', 'evil')
    assert((await commitError(visitor, reader)) instanceof SessionGoneError, 'it was written')
    assertEqual(await visitor.visit((session) => session.get('role')), 'admin')
  },

  async 'parallel requests that set different keys lose nothing'(visitor) {
    await visitor.visit((session) => session.set('x', 1))
    const { sessions, cookie } = visitor
    const requests = Array.from({ length: 20 }, async (_, i) => {
      const session = await sessions.read(cookie)
      session.set(`key${i}`, i)
      await new Promise((resolve) => setTimeout(resolve, i % 3))
      await sessions.commit(session)
    })
    await Promise.all(requests)
    assertEqual(Object.keys(await visitor.visit((session) => session.all())).length, 21)
  },

  async 'parallel update()s count exactly'(visitor) {
    await visitor.visit((session) => session.set('n', 0))
    const { sessions, cookie } = visitor
    const requests = Array.from({ length: 20 }, async (_, i) => {
      const session = await sessions.read(cookie)
      session.update('n', (n: number) => n + 1)
      await new Promise((resolve) => setTimeout(resolve, i % 3))
      await sessions.commit(session)
    })
    await Promise.all(requests)
    assertEqual(await visitor.visit((session) => session.get('n')), 20)
  },

  async 'parallel with()s count exactly by get() and set()'(visitor) {
    await visitor.visit((session) => session.set('n', 0))
    const { sessions, cookie } = visitor
    const requests = Array.from({ length: 20 }, (_, i) =>
      sessions.with(cookie, async (session) => {
        const n = session.get('n')
        await new Promise((resolve) => setTimeout(resolve, i % 3))
        session.set('n', n + 1)
      })
    )
    await Promise.all(requests)
    assertEqual(await visitor.visit((session) => session.get('n')), 20)
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
  { server = true, interleavings = 1000 }: SessionConformanceOptions = {}
): ConformanceCase[] {
  const onServers = server && { ...ON_SERVERS, ...OWNER_CASES, ...races(interleavings) }
  return Object.entries({ ...EVERYWHERE, ...onServers }).map(([name, check]) => ({
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
