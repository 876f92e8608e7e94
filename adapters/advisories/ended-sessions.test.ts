/**
 * Sessions that have ended, and requests that come late.
 *
 * @module
 */
import { describe, expect, it } from 'vitest'
import { SessionGoneError } from '../../bindings/errors.ts'
import type { Session } from '../../bindings/session.ts'
import { createSessions } from '../../bindings/sessions.ts'
import { cookieOf, cookieWith, recordedSessions, visit } from '../../bindings/sessions.fixture.ts'
import { ENDING, SECRET, SERVERS, Site } from './places.fixture.ts'

/** What a request that is late may do. */
const LATE: readonly ((session: Session) => void)[] = [
  (session) => session.set('x', 2),
  (session) => session.update('x', (x = 0) => x + 1),
  (session) => session.flash('notice', 'late'),
  (session) => session.regenerateId(),
  (session) => session.unset('x'),
]

describe.each(ENDING)(
  'a request that read its session before another ended it, %s',
  (_, storage) => {
    it('CVE-2025-46336, CVE-2025-32441, connect-redis #328, redistore #2, §2.34 writes nothing, and is told so', async () => {
      for (const work of LATE) {
        const { sessions, events } = recordedSessions({ storage: storage() })
        const cookie = await cookieWith(sessions)
        const late = await sessions.read(cookie)
        work(late)
        await visit(sessions, cookie, (session) => session.destroy())
        await expect((async () => sessions.commit(late))()).rejects.toBeInstanceOf(SessionGoneError)
        const after = await sessions.read(cookie)
        expect(after.isNew).toBe(true)
        expect(after.get('x')).toBeUndefined()
        expect(events.filter(({ type }) => type === 'create')).toHaveLength(1)
      }
    })

    it('CVE-2025-46336, §2.34 gets no cookie from the middleware, and brings nothing back', async () => {
      const site = new Site({ secrets: SECRET, storage: storage() })
      const slow = site.visitor()
      await slow.send((session) => session.set('user', 'ada'))
      const fast = slow.copy()
      await slow.send(async (session) => {
        session.set('seen', 1)
        await fast.send((other) => other.destroy())
      })
      expect(slow.setCookies).toEqual([])
      expect(site.errors).toEqual([])
      expect(await slow.send((session) => session.get('user'))).toBeUndefined()
    })
  }
)

describe.each(ENDING)('sign-out, %s', (_, storage) => {
  it('CVE-2026-30224, CVE-2026-34454, §2.30 ends the session for whoever kept the cookie, and deletes it', async () => {
    const site = new Site({ secrets: SECRET, storage: storage() })
    const visitor = site.visitor()
    await visitor.send((session) => session.set('user', 'ada'))
    const thief = visitor.copy()
    await visitor.send((session) => session.destroy())
    expect(visitor.jar.names).toEqual([])
    expect(await thief.send((session) => session.get('user'))).toBeUndefined()
  })

  it('§2.39 holds when the handler fails after it', async () => {
    const site = new Site({ secrets: SECRET, storage: storage() })
    const visitor = site.visitor()
    await visitor.send((session) => session.set('user', 'ada'))
    const thief = visitor.copy()
    await visitor.send((session) => {
      session.set('note', 1)
      session.destroy()
      throw new Error('after sign-out')
    })
    expect(visitor.response.status).toBe(500)
    expect(visitor.jar.names).toEqual([])
    expect(await thief.send((session) => session.isNew)).toBe(true)
  })

  it('§2.30 ends all sessions of a user, or all but this one', async () => {
    const sessions = createSessions({ secrets: SECRET, storage: storage() })
    // The storage across a network keeps no owners in this test.
    const owned = 'stateless' in sessions.storage || 'owners' in sessions.storage
    if (!owned) return
    const signIn = async (): Promise<string> =>
      cookieOf(await visit(sessions, null, (session) => void (session.owner = 'ada')))
    const [here, there, elsewhere] = [await signIn(), await signIn(), await signIn()]
    const session = await sessions.read(here)
    await sessions.revokeByOwner('ada', { except: session })
    const [line] = await sessions.commit(session)
    const kept = line ? cookieOf([line]) : here
    expect((await sessions.read(kept)).owner).toBe('ada')
    expect((await sessions.read(there)).isNew).toBe(true)
    await sessions.revokeByOwner('ada')
    expect((await sessions.read(kept)).isNew).toBe(true)
    expect((await sessions.read(elsewhere)).isNew).toBe(true)
  })
})

describe.each(SERVERS)('parallel requests, %s', (_, storage) => {
  it('session-file-store #55, §2.35 lose no update, and moving a deadline rewrites no data', async () => {
    const sessions = createSessions<{ n: number }>({
      secrets: SECRET,
      storage: storage(),
      idleTimeout: 600,
      touchEvery: 0,
    })
    const first = await sessions.read(null)
    first.set('n', 0)
    const cookie = cookieOf(await sessions.commit(first))
    const add = async (): Promise<void> => {
      const session = await sessions.read(cookie)
      session.update('n', (n = 0) => n + 1)
      await sessions.commit(session)
    }
    const touch = async (): Promise<void> => {
      const session = await sessions.read(cookie)
      session.touch()
      await sessions.commit(session)
    }
    await Promise.all(Array.from({ length: 20 }, () => [add(), touch()]).flat())
    expect((await sessions.read(cookie)).get('n')).toBe(20)
  })

  it('§2.38 that both regenerate: one wins, the other is told, one record is left', async () => {
    const { sessions, events } = recordedSessions({ storage: storage() })
    const cookie = await cookieWith(sessions)
    const both = [await sessions.read(cookie), await sessions.read(cookie)]
    for (const session of both) session.regenerateId()
    const ends = await Promise.allSettled(both.map(async (session) => sessions.commit(session)))
    const won = ends.filter((end) => end.status === 'fulfilled')
    const lost = ends.filter((end) => end.status === 'rejected')
    expect([won.length, lost.length]).toEqual([1, 1])
    expect(lost[0]!.reason).toBeInstanceOf(SessionGoneError)
    expect(events.filter(({ type }) => type === 'regenerate')).toHaveLength(1)
    expect((await sessions.read(cookie)).isNew).toBe(true)
    expect((await sessions.read(cookieOf(won[0]!.value))).get('x')).toBe(1)
  })
})
