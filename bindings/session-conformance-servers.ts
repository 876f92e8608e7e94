/**
 * The conformance tests of sessions that a server keeps: ends, foreign ids, and parallel requests.
 *
 * @module
 */
import { ringOf } from './channel.ts'
import { defaultEngine } from './codec/select.ts'
import { SessionGoneError } from './errors.ts'
import { createId } from './id.ts'
import { assertEqual, type Check, commitError, SECRET, Visitor } from './session-conformance-kit.ts'
import { createSessions } from './sessions.ts'
import { assert } from './storage/conformance-kit.ts'
import { memoryStorage } from './storage/memory.ts'

/** What holds where a server keeps the records. */
export const SERVER_CASES: Record<string, Check> = {
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
