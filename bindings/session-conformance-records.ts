/**
 * The conformance tests of records: what storages on a server keep of one session, and by which ids.
 *
 * @module
 */
import { assertEqual, type Check, SECRET, Visitor } from './session-conformance-kit.ts'
import { createSessions } from './sessions.ts'
import { assert } from './storage/conformance-kit.ts'
import type { SessionStorage } from './storage/contract.ts'

/** A storage that notes the keys of all writes and destroys. */
function spied(storage: SessionStorage): { storage: SessionStorage; calls: string[] } {
  const calls: string[] = []
  const { touch } = storage
  return {
    calls,
    storage: {
      atomic: storage.atomic === true,
      sync: storage.sync === true,
      read: (key) => storage.read(key),
      write: (key, value, options) => {
        calls.push(`write ${key}`)
        return storage.write(key, value, options)
      },
      destroy: (key) => {
        calls.push(`destroy ${key}`)
        return storage.destroy(key)
      },
      ...(touch && { touch: (...args) => touch.apply(storage, args) }),
    },
  }
}

/** Tests of storages on a server. */
export const RECORD_CASES: Record<string, Check> = {
  async 'N01 a rotation is one write to the key that the session has for life'({ sessions }) {
    const { storage, calls } = spied(sessions.storage as SessionStorage)
    const visitor = new Visitor(createSessions({ storage, secrets: SECRET }))
    const key = await visitor.visit((session) => {
      session.set('x', 1)
      return visitor.sessions.keyOf(session)
    })
    for (const act of ['regenerateId', 'authenticate'] as const) {
      calls.length = 0
      const before = visitor.cookie
      const id = await visitor.visit((session) => {
        session[act]()
        return session.id
      })
      assertEqual(calls, [`write ${key}`])
      assert(visitor.cookie !== before, 'the cookie is the same')
      await visitor.visit((session) => {
        assertEqual([session.id, session.get('x'), visitor.sessions.keyOf(session)], [id, 1, key])
      })
    }
  },

  async 'N01 many rotations leave a record that does not grow'(visitor) {
    const { sessions } = visitor
    const storage = sessions.storage as SessionStorage
    const key = await visitor.visit((session) => {
      session.set('x', 1)
      return sessions.keyOf(session)
    })
    await visitor.visit((session) => session.regenerateId())
    const size = (await storage.read(key))!.value.length
    const cookieSize = visitor.cookie!.length
    for (let i = 0; i < 30; i++) await visitor.visit((session) => session.regenerateId())
    assertEqual((await storage.read(key))!.value.length, size)
    assertEqual(visitor.cookie!.length, cookieSize)
  },

  async 'get() and update() take the current id alone, destroy() any of the session'(visitor) {
    const { sessions } = visitor
    const start = async (): Promise<string> => {
      visitor.cookie = null
      return visitor.visit((session) => {
        session.set('x', 1)
        return session.id
      })
    }
    const old = await start()
    const id = await visitor.visit((session) => {
      session.regenerateId({ grace: 60 })
      return session.id
    })
    assert((await sessions.get(old)) === null, 'get() takes an older id')
    assert((await sessions.update(old, (session) => session.set('x', 2))) === false, 'update() too')
    assertEqual((await sessions.get(id))?.get('x'), 1)
    assertEqual([await sessions.destroy(old), await sessions.destroy(old)], [true, false])
    assert((await sessions.get(id)) === null, 'destroy() ended nothing')
  },

  async 'ids that are cut, swapped, mixed or of an ended session find nothing'(visitor) {
    const { sessions } = visitor
    const idOf = (other: Visitor): Promise<string> =>
      other.visit((session) => {
        session.set('x', 1)
        return session.id
      })
    const [id, foreign] = [await idOf(visitor), await idOf(new Visitor(sessions))]
    const ended = await idOf(new Visitor(sessions))
    await sessions.destroy(ended)
    const [key, rotation] = [id.slice(0, 16), id.slice(16)]
    const wrong = [
      ...[id.slice(1), id.slice(0, -1), `${id}A`, key, rotation, rotation + key, ended, ''],
      ...[key + foreign.slice(16), foreign.slice(0, 16) + rotation, key + 'A'.repeat(24)],
      ...[null, undefined, 42, {}, [id]],
    ]
    for (const each of wrong as string[]) {
      assert((await sessions.get(each)) === null, `${String(each)} finds a session`)
      assert((await sessions.update(each, () => undefined)) === false, `${String(each)} changes it`)
    }
    assertEqual((await sessions.get(id))?.get('x'), 1)
  },

  async 'touch() of a session that another request has rotated moves nothing'(visitor) {
    const storage = visitor.sessions.storage as SessionStorage
    const options = { storage, secrets: SECRET, idleTimeout: 3600, touchEvery: 0 }
    const idle = new Visitor(createSessions(options))
    const key = await idle.visit((session) => {
      session.set('x', 1)
      return idle.sessions.keyOf(session)
    })
    const reader = await idle.sessions.read(idle.cookie)
    reader.touch()
    await idle.visit((session) => session.regenerateId())
    const { expiresAt, version } = (await storage.read(key))!
    await new Promise((resolve) => setTimeout(resolve, 5))
    assertEqual(await idle.sessions.commit(reader), [])
    const after = (await storage.read(key))!
    assertEqual([after.expiresAt, after.version], [expiresAt, version])
  },

  async 'a cookie that ends before its session is renewed while it is used'({ sessions }) {
    const { storage } = sessions
    const cookie = { maxAge: 2 }
    const options = { storage, secrets: SECRET, lifetime: 3600, cookie }
    const visitor = new Visitor(createSessions(options))
    await visitor.visit((session) => session.set('x', 1))
    const lines = async (): Promise<number> => {
      const session = await visitor.sessions.read(visitor.cookie)
      assertEqual(session.get('x'), 1)
      return (await visitor.sessions.commit(session)).length
    }
    assertEqual(await lines(), 0)
    await new Promise((resolve) => setTimeout(resolve, 1050))
    assertEqual([await lines(), await lines()], [1, 0])
  },
}
