/**
 * The conformance tests of owners, for storages that keep them.
 *
 * @module
 */
import { SessionGoneError } from './errors.ts'
import { assertEqual, type Check, commitError, SECRET, Visitor } from './session-conformance-kit.ts'
import type { Session } from './session.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { assert } from './storage/conformance-kit.ts'
import type { SessionStorage } from './storage/contract.ts'

let users = 0

/** A user that no other test has. */
const newUser = (): string => `user ${Math.random().toString(36).slice(2)} ${++users}`

/** A visitor who has signed in. */
async function signIn(sessions: Sessions, user: string, device = 'none'): Promise<Visitor> {
  const visitor = new Visitor(sessions)
  await visitor.visit((session) => {
    session.owner = user
    session.labels = { device }
  })
  return visitor
}

/** The devices in the list of a user. */
const devicesOf = async (sessions: Sessions, user: string): Promise<(string | undefined)[]> =>
  (await sessions.listByOwner(user)).map(({ labels }) => labels.device)

/** The owner that a visitor's next request sees. */
const ownerOf = (visitor: Visitor): Promise<string | null> =>
  visitor.visit((session) => session.owner)

const CASES: Record<string, Check> = {
  async 'listByOwner() gives the sessions of an owner, the newest first, with their labels'({
    sessions,
  }) {
    const [user, other] = [newUser(), newUser()]
    assertEqual(await sessions.listByOwner(user), [])
    for (const device of ['laptop', 'phone']) {
      await signIn(sessions, user, device)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await signIn(sessions, other, 'tablet')
    assertEqual(await devicesOf(sessions, user), ['phone', 'laptop'])
    assertEqual(await devicesOf(sessions, other), ['tablet'])
    const [phone] = await sessions.listByOwner(user)
    assert(Math.abs(phone!.createdAt - Date.now()) < 60_000, `created at ${phone!.createdAt}`)
    assert(phone!.expiresAt > Date.now(), `it ended at ${phone!.expiresAt}`)
  },

  async 'a session keeps its owner over requests, clear(), conflicts and regenerateId()'({
    sessions,
  }) {
    const user = newUser()
    const visitor = await signIn(sessions, user, 'laptop')
    await visitor.visit((session) => session.clear())
    const others = Array.from({ length: 10 }, async (_, i) => {
      const session = await sessions.read(visitor.cookie)
      session.set(`key${i}`, i)
      await sessions.commit(session)
    })
    await Promise.all(others)
    await visitor.visit((session) => session.regenerateId())
    assertEqual(await ownerOf(visitor), user)
    assertEqual(await devicesOf(sessions, user), ['laptop'])
  },

  async 'a sign-in is not lost to requests that write at the same time'({ sessions }) {
    const user = newUser()
    const visitor = new Visitor(sessions)
    await visitor.visit((session) => session.set('x', 1))
    const requests = await Promise.all(
      Array.from({ length: 10 }, () => sessions.read(visitor.cookie))
    )
    for (const [i, session] of requests.entries()) {
      session.get('x')
      if (i === 5) session.owner = user
      else session.set(`key${i}`, i)
    }
    await Promise.all(requests.map((session) => sessions.commit(session)))
    assertEqual(await ownerOf(visitor), user)
    assertEqual((await sessions.listByOwner(user)).length, 1)
  },

  async 'a session goes from one owner to another, and to none'({ sessions }) {
    const [first, second] = [newUser(), newUser()]
    const visitor = await signIn(sessions, first)
    await visitor.visit((session) => {
      session.owner = second
    })
    assertEqual(await sessions.listByOwner(first), [])
    assertEqual((await sessions.listByOwner(second)).length, 1)
    await visitor.visit((session) => {
      session.owner = null
      session.set('x', 1)
    })
    assertEqual(await sessions.listByOwner(second), [])
    assertEqual(await ownerOf(visitor), null)
  },

  async 'a session that was destroyed is in no list'({ sessions }) {
    const user = newUser()
    const visitor = await signIn(sessions, user)
    await visitor.visit((session) => session.destroy())
    assertEqual(await sessions.listByOwner(user), [])
  },

  async 'revokeByOwner() ends all sessions of an owner, and of nobody else'({ sessions }) {
    const [user, other] = [newUser(), newUser()]
    const visitors = await Promise.all([1, 2, 3].map(() => signIn(sessions, user)))
    const bystander = await signIn(sessions, other)
    const underWay = await sessions.read(visitors[0]!.cookie)
    underWay.set('x', 1)
    assertEqual(await sessions.revokeByOwner(user), 3)
    const error = await commitError(visitors[0]!, underWay)
    assert(error instanceof SessionGoneError, `a request under way got ${String(error)}`)
    for (const { cookie } of visitors) {
      assert((await sessions.read(cookie)).isNew, 'a revoked session goes on')
    }
    assertEqual(await ownerOf(bystander), other)
    assertEqual(await sessions.listByOwner(user), [])
    assertEqual(await sessions.revokeByOwner(user), 0)
  },

  async 'revokeByOwner({ except }) spares one, also if that gets a new id'({ sessions }) {
    const user = newUser()
    const visitors = await Promise.all([1, 2, 3].map(() => signIn(sessions, user)))
    const [spared, ...others] = visitors as [Visitor, Visitor, Visitor]
    await spared.visit(async (session) => {
      session.regenerateId()
      assertEqual(await sessions.revokeByOwner(user, { except: session }), 2)
    })
    assertEqual(await ownerOf(spared), user)
    for (const { cookie } of others) {
      assert((await sessions.read(cookie)).isNew, 'a revoked session goes on')
    }
  },

  async 'revokeByOwner({ only }) ends one of the list, if it is of the owner'({ sessions }) {
    const user = newUser()
    const [kept, ended] = [await signIn(sessions, user), await signIn(sessions, user)]
    const only = await ended.visit((session) => sessions.keyOf(session))
    assertEqual(await sessions.revokeByOwner(newUser(), { only }), 0)
    assertEqual(await sessions.revokeByOwner(user, { only }), 1)
    assert((await sessions.read(ended.cookie)).isNew, 'it goes on')
    assertEqual(await ownerOf(kept), user)
  },

  async 'revokeByOwner() ends sessions that get a new id at that moment, and under both'({
    sessions,
  }) {
    const user = newUser()
    const visitors = await Promise.all(Array.from({ length: 10 }, () => signIn(sessions, user)))
    const cookies = visitors.map(({ cookie }) => cookie)
    const requests = visitors.map(async (visitor, i) => {
      const session: Session = await sessions.read(visitor.cookie)
      session.regenerateId({ grace: i % 2 })
      await new Promise((resolve) => setTimeout(resolve, i % 3))
      // Not one that the revocation was too fast for.
      visitor.keep(await sessions.commit(session))
    })
    await Promise.allSettled([...requests, sessions.revokeByOwner(user)])
    for (const cookie of [...cookies, ...visitors.map((visitor) => visitor.cookie)]) {
      assert((await sessions.read(cookie)).isNew, 'a revoked session goes on')
    }
  },

  async 'maxPerOwner holds under 20 parallel sign-ins, to the newest'({ sessions: { storage } }) {
    const user = newUser()
    const sessions = createSessions({ storage, secrets: SECRET, maxPerOwner: 3 })
    const old = await signIn(sessions, user, 'old')
    await new Promise((resolve) => setTimeout(resolve, 5))
    const visitors = await Promise.all(
      Array.from({ length: 20 }, (_, i) => signIn(sessions, user, `${i}`))
    )
    assert((await sessions.read(old.cookie)).isNew, 'the oldest goes on')
    const listed = await devicesOf(sessions, user)
    const live = await Promise.all(visitors.map(async (visitor) => await ownerOf(visitor)))
    const going = live.flatMap((owner, i) => (owner === user ? [`${i}`] : []))
    assertEqual(going.length, 3)
    assertEqual([...listed].sort(), [...going].sort())
  },
}

/** The tests by what they promise. A storage without owners passes them: it promises none. */
export const OWNER_CASES: Record<string, Check> = {}
for (const [name, check] of Object.entries(CASES)) {
  OWNER_CASES[`owners: ${name}`] = async (visitor) => {
    if ((visitor.sessions.storage as SessionStorage).owners) await check(visitor)
  }
}
