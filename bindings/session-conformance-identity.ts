/**
 * The conformance tests of identity: one session has one record, whatever happens to its id.
 *
 * They hold for a storage on the server, and for the cookie storage with revocations.
 *
 * @module
 */
import { SessionGoneError } from './errors.ts'
import { assertEqual, type Check, commitError, SECRET, Visitor } from './session-conformance-kit.ts'
import type { Session } from './session.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { assert } from './storage/conformance-kit.ts'
import type { SessionStorage } from './storage/contract.ts'

/** Milliseconds in which a request with an older id is a late one, and a little more. */
const PAST_LATE = 31_000

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/** A visitor who is signed in: the cookie, and the id. */
async function signIn(visitor: Visitor): Promise<{ cookie: string; id: string }> {
  const id = await visitor.visit((session) => {
    session.set('user', 'ada')
    return session.id
  })
  return { cookie: visitor.cookie!, id }
}

const rotate =
  (grace = 0) =>
  (session: Session) =>
    session.regenerateId({ grace })

/** The storage in which it is written what became of a session. */
function storeOf({ storage }: Sessions): SessionStorage {
  return 'stateless' in storage ? storage.revocations! : storage
}

/** Makes the last rotation of a visitor's session older than it is. */
async function age(visitor: Visitor, milliseconds: number): Promise<void> {
  const { sessions } = visitor
  const key = await visitor.visit((session) => sessions.keyOf(session))
  const store = storeOf(sessions)
  const stored = (await store.read(key))!
  const record = JSON.parse(stored.value) as { t: number }
  const text = JSON.stringify({ ...record, t: record.t - milliseconds })
  const { expiresAt, version } = stored
  assert(await store.write(key, text, { expiresAt, ifVersion: version }), 'it was not written')
}

/** The user that the sessions of some cookies have. */
const usersOf = async (sessions: Sessions, cookies: (string | null)[]): Promise<unknown[]> =>
  Promise.all(cookies.map(async (cookie) => (await sessions.read(cookie)).get('user', 'nobody')))

/** One request with a cookie that the visitor may not have any more; its Set-Cookie lines. */
async function late(
  { sessions }: Visitor,
  cookie: string,
  use: (session: Session) => unknown
): Promise<string[]> {
  const session = await sessions.read(cookie)
  await use(session)
  return sessions.commit(session)
}

const isRemoval = (lines: readonly string[]): boolean =>
  lines.length === 1 && lines[0]!.includes('; Max-Age=0;')

/** What holds wherever sessions can be ended for every copy of their cookies. */
export const IDENTITY_CASES: Record<string, Check> = {
  async 'N01 of two requests that rotate at once one wins, and the other is gone'(visitor) {
    const { cookie } = await signIn(visitor)
    const { sessions } = visitor
    const pair = await Promise.all([sessions.read(cookie), sessions.read(cookie)])
    for (const session of pair) session.regenerateId()
    const errors = await Promise.all(pair.map((session) => commitError(visitor, session)))
    const gone = errors.filter((error) => error instanceof SessionGoneError)
    assertEqual([gone.length, errors.filter((error) => error === null).length], [1, 1])
  },

  async 'N02 destroy() ends a session that another request has rotated meanwhile'(visitor) {
    for (const grace of [0, 60]) {
      const { cookie } = await signIn(visitor)
      const leaving = await visitor.sessions.read(cookie)
      assertEqual(leaving.get('user'), 'ada')
      await visitor.visit(rotate(grace))
      leaving.destroy()
      assert(isRemoval(await visitor.sessions.commit(leaving)), 'the cookie was not removed')
      const users = await usersOf(visitor.sessions, [cookie, visitor.cookie])
      assertEqual(users, ['nobody', 'nobody'])
    }
  },

  async 'N02 destroy() with an older id ends the session, in its grace and a moment after'(
    visitor
  ) {
    for (const grace of [0, 60]) {
      const { cookie } = await signIn(visitor)
      await visitor.visit(rotate(grace))
      const lines = await late(visitor, cookie, (session) => session.destroy())
      assert(isRemoval(lines), 'the cookie was not removed')
      assertEqual(await usersOf(visitor.sessions, [cookie, visitor.cookie]), ['nobody', 'nobody'])
    }
  },

  async 'N02 destroy() with an id that was superseded long ago ends nothing'(visitor) {
    const { cookie } = await signIn(visitor)
    await visitor.visit(rotate())
    await age(visitor, PAST_LATE)
    const lines = await late(visitor, cookie, (session) => session.destroy())
    assert(isRemoval(lines), 'the cookie was not removed')
    assertEqual(await usersOf(visitor.sessions, [visitor.cookie]), ['ada'])
  },

  async 'N03 a late request stores nothing and gets no cookie, but there is an event'(visitor) {
    const { cookie } = await signIn(visitor)
    const events: boolean[] = []
    const off = visitor.sessions.on('conflict', ({ gone }) => events.push(gone))
    await visitor.visit(rotate())
    assertEqual(await late(visitor, cookie, (session) => session.get('user')), [])
    assertEqual(events, [])
    const lines = await late(visitor, cookie, (session) => {
      assert(session.isNew && !session.has('user'), 'the older id opens the session')
      session.set('visits', 1)
    })
    off()
    assertEqual([lines, events], [[], [true]])
    assertEqual(await visitor.visit((session) => session.all()), { user: 'ada' })
  },

  async 'N03 a late request that signs in gets a session of its own, with a cookie'(visitor) {
    for (const grace of [0, 60]) {
      const { cookie, id } = await signIn(visitor)
      await visitor.visit(rotate(grace))
      const other = new Visitor(visitor.sessions)
      other.cookie = cookie
      await other.visit((session) => {
        session.authenticate()
        session.set('visits', 1)
        assert(session.id.slice(0, 16) !== id.slice(0, 16), 'it is the same session')
      })
      assert(other.cookie !== cookie, 'there is no new cookie')
      assertEqual(await other.visit((session) => session.all()), { visits: 1 })
      assertEqual(await visitor.visit((session) => session.all()), { user: 'ada' })
    }
  },

  async 'N03 a request under way at a rotation gets no cookie: it reads, or it is gone'(visitor) {
    const { cookie } = await signIn(visitor)
    const { sessions } = visitor
    const [reader, writer] = [await sessions.read(cookie), await sessions.read(cookie)]
    reader.get('user')
    writer.set('user', 'eve')
    await visitor.visit(rotate())
    assertEqual(await sessions.commit(reader), [])
    const error = await commitError(visitor, writer)
    assert(error instanceof SessionGoneError, `it gave ${String(error)}`)
    assertEqual(await usersOf(sessions, [visitor.cookie]), ['ada'])
  },

  async 'N04 an id that was superseded long ago is that of an ordinary new session'(visitor) {
    const { cookie } = await signIn(visitor)
    await visitor.visit(rotate())
    await age(visitor, PAST_LATE)
    const stuck = new Visitor(visitor.sessions)
    stuck.cookie = cookie
    await stuck.visit((session) => session.set('visits', 1))
    assertEqual(await stuck.visit((session) => session.all()), { visits: 1 })
    assertEqual(await usersOf(visitor.sessions, [visitor.cookie]), ['ada'])
  },

  async 'N05 in its grace an id gives the session as it was, to read and not to write'(visitor) {
    const { cookie } = await signIn(visitor)
    const { sessions } = visitor
    await visitor.visit((session) => {
      session.set('role', 'admin')
      session.flash('notice', 'Welcome')
      session.regenerateId({ grace: 60 })
    })
    const reader = await sessions.read(cookie)
    assertEqual([reader.get('user'), reader.get('role'), reader.get('notice')], ['ada', null, null])
    reader.touch()
    assertEqual(await sessions.commit(reader), [])
    reader.set('user', 'eve')
    const error = await commitError(visitor, reader)
    assert(error instanceof SessionGoneError, `it gave ${String(error)}`)
    assertEqual(await visitor.visit((session) => session.get('notice')), 'Welcome')
  },

  async 'N05 a grace ends by itself, also of an id that somebody reads'(visitor) {
    const { storage } = visitor.sessions
    const idle = { idleTimeout: 3600, touchEvery: 0 }
    const short = new Visitor(createSessions({ storage, secrets: SECRET, ...idle }))
    const { cookie } = await signIn(short)
    const underWay = await short.sessions.read(cookie)
    underWay.get('user')
    await pause(5)
    await short.visit(rotate(1))
    assertEqual(await usersOf(short.sessions, [cookie]), ['ada'])
    // It moves the idle deadline, though not that of an id that is over.
    underWay.touch()
    await commitError(short, underWay)
    await pause(1050)
    assertEqual(await usersOf(short.sessions, [cookie, short.cookie]), ['nobody', 'ada'])
  },

  async 'N05 each of several rotations has a grace of its own'(visitor) {
    const cookies: (string | null)[] = []
    await signIn(visitor)
    for (const grace of [60, 0, 60]) {
      cookies.push(visitor.cookie)
      await visitor.visit(rotate(grace))
    }
    const users = await usersOf(visitor.sessions, [...cookies, visitor.cookie])
    assertEqual(users, ['ada', 'nobody', 'ada', 'ada'])
  },

  async 'N12 of several cookies the first that is a session counts'(visitor) {
    const dead = new Visitor(visitor.sessions)
    const { cookie: over } = await signIn(dead)
    await dead.visit((session) => session.destroy())
    const { cookie } = await signIn(visitor)
    const name = visitor.sessions.cookieName
    const headers = [`${over}; ${cookie}`, `${name}=x; ${over}; ${cookie}`, `${cookie}; ${over}`]
    assertEqual(await usersOf(visitor.sessions, headers), ['ada', 'ada', 'ada'])
    // More than four are not looked at.
    assertEqual(await usersOf(visitor.sessions, [`${`${over}; `.repeat(4)}${cookie}`]), ['nobody'])
  },

  async 'N12 destroy() ends the session of each cookie that came'(visitor) {
    const other = new Visitor(visitor.sessions)
    const cookies = [(await signIn(other)).cookie, (await signIn(visitor)).cookie]
    const lines = await late(visitor, cookies.join('; '), (session) => session.destroy())
    assert(isRemoval(lines), 'the cookie was not removed')
    assertEqual(await usersOf(visitor.sessions, cookies), ['nobody', 'nobody'])
  },

  async 'N02, N03 32 requests in flight at a rotation or an end: none is wrong'(visitor) {
    for (const end of ['rotate', 'destroy'] as const) {
      for (let round = 0; round < 3; round++) await inFlight(visitor, end, round)
    }
  },
}

/** Requests that read, write and sign out while one rotates or ends their session. */
async function inFlight(visitor: Visitor, end: 'rotate' | 'destroy', round: number): Promise<void> {
  const { sessions } = visitor
  visitor.cookie = null
  const { cookie } = await signIn(visitor)
  const committed: string[] = []
  const requests = Array.from({ length: 32 }, async (_, i) => {
    const session = await sessions.read(cookie)
    await pause(((i * 7 + round) % 5) + (i % 2))
    const user = session.get('user', 'nobody')
    assert(user === 'ada' || user === 'nobody', `it is ${String(user)}'s`)
    if (i === 13) return visitor.keep(await endIt(sessions, session, end))
    const isNew = session.isNew
    if (i % 3 > 0) session.set(`key${i}`, i)
    try {
      const lines = await sessions.commit(session)
      // In the cookie storage a change is a cookie; elsewhere none may replace that of the rotation.
      if (end === 'rotate' && !('stateless' in sessions.storage)) assertEqual(lines, [])
      if (i % 3 > 0 && !isNew) committed.push(`key${i}`)
    } catch (error) {
      assert(error instanceof SessionGoneError, `it failed with ${String(error)}`)
    }
  })
  await Promise.all(requests)
  const [old, now] = [await sessions.read(cookie), await sessions.read(visitor.cookie)]
  assert(old.isNew, 'the older id opens the session')
  assertEqual(now.get('user', 'nobody'), end === 'rotate' ? 'ada' : 'nobody')
  // In cookies each response has a record of its own: what others wrote is not in it.
  if (end === 'destroy' || 'stateless' in sessions.storage) return
  const lost = committed.filter((key) => !now.has(key))
  assert(lost.length === 0, `what was committed is lost: ${lost.join(', ')}`)
}

async function endIt(
  sessions: Sessions,
  session: Session,
  end: 'rotate' | 'destroy'
): Promise<string[]> {
  if (end === 'rotate') session.regenerateId()
  else session.destroy()
  return sessions.commit(session)
}
