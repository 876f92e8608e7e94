/**
 * Requests of one session at once, in many orders.
 *
 * @module
 */
import { describe, expect, it } from 'vitest'
import { SessionGoneError } from './errors.ts'
import { cookieOf, cookieWith, recordedSessions, visit } from './sessions.fixture.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'
import type { SessionStorage } from './storage/contract.ts'
import { memoryStorage } from './storage/memory.ts'

/** Rounds of each race. On an idle machine 1,000 take about a minute in all. */
const ROUNDS = Number(process.env.TUILE_ROUNDS ?? 100)

/** Numbers that are the same again for the same seed (Park and Miller). */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

/** A storage whose answers overtake each other. */
function jumbledStorage(random: (below: number) => number) {
  const memory = memoryStorage()
  const later = async <Result>(run: () => Result): Promise<Result> => {
    for (let hops = random(8); hops > 0; hops--) await null
    const result = run()
    for (let hops = random(8); hops > 0; hops--) await null
    return result
  }
  const storage: SessionStorage = {
    atomic: true,
    read: (key) => later(() => memory.read(key)),
    write: (key, value, options) => later(() => memory.write(key, value, options)),
    destroy: (key) => later(() => memory.destroy(key)),
  }
  return { storage, memory }
}

/** Plays rounds, some of them at once: most of the time they wait. */
async function rounds(play: (round: number) => Promise<void>): Promise<void> {
  let round = 0
  const player = async (): Promise<void> => {
    while (round < ROUNDS) await play(++round)
  }
  await Promise.all(Array.from({ length: 50 }, player))
}

/** Whether a session can be read, and neither written nor moved on. */
async function isFrozen(sessions: Sessions, session: Session): Promise<boolean> {
  if (session.isNew || (await sessions.commit(session)).length > 0) return false
  session.set('late', 1)
  session.regenerateId()
  return Promise.resolve(sessions.commit(session)).then(
    () => false,
    (error) => error instanceof SessionGoneError
  )
}

describe('regenerateId() among other requests', () => {
  it.each([
    [1, 0],
    [2, 0],
    [1, 60],
    [2, 60],
  ])(
    `D4, §2.38 %i of 32 requests regenerate with a grace of %i s, in ${ROUNDS} rounds: one id lives, and holds what was committed`,
    async (regenerating, grace) => {
      const wrong: string[] = []
      await rounds(async (round) => {
        const { storage, memory } = jumbledStorage(randomOf(round))
        const { sessions } = recordedSessions({ storage })
        const cookie = await cookieWith(sessions, { first: 1 })
        const committed = ['first']
        const newCookies: string[] = []
        const requests = Array.from({ length: 32 }, async (_, i) => {
          const session = await sessions.read(cookie)
          if (session.isNew) return // it came after the regeneration
          session.set(`key${i}`, i)
          if (i < regenerating) session.regenerateId({ grace })
          const lines = await sessions.commit(session)
          committed.push(`key${i}`)
          if (i < regenerating) newCookies.push(cookieOf(lines))
        })
        for (const end of await Promise.allSettled(requests)) {
          const failed = end.status === 'rejected' && !(end.reason instanceof SessionGoneError)
          if (failed) wrong.push(`round ${round}: ${String(end.reason)}`)
        }
        const live = newCookies.length === 1 ? await sessions.read(newCookies[0]!) : null
        const lost = committed.filter((key) => !live?.has(key))
        const old = await sessions.read(cookie)
        // Under a grace the old one can be read on, and that is all.
        const ended = grace === 0 ? old.isNew && memory.size === 1 : await isFrozen(sessions, old)
        if (!ended || lost.length > 0) {
          wrong.push(`round ${round}: ${memory.size} records, lost ${lost.join(', ')}`)
        }
      })
      expect(wrong).toEqual([])
    },
    600_000
  )
})

describe('a flash message among parallel readers', () => {
  it(`D5, §2.33 of 100 requests that lock, one sees it, in ${ROUNDS} rounds`, async () => {
    const seen: number[] = []
    await rounds(async (round) => {
      const { sessions } = recordedSessions({ storage: memoryStorage() })
      const cookie = cookieOf(await visit(sessions, null, (session) => session.flash('m', round)))
      const readers = Array.from({ length: 100 }, async () => {
        const { result } = await sessions.with(cookie, (session) => session.get('m'))
        return result === round
      })
      seen.push((await Promise.all(readers)).filter(Boolean).length)
    })
    expect(seen).toEqual(Array(ROUNDS).fill(1))
  }, 600_000)

  it('D5, §2.33 of those that do not lock, some see it at once, and nobody afterwards', async () => {
    await rounds(async (round) => {
      const { storage } = jumbledStorage(randomOf(round))
      const { sessions } = recordedSessions({ storage })
      const cookie = cookieOf(await visit(sessions, null, (session) => session.flash('m', round)))
      const readers = Array.from({ length: 20 }, async () => {
        let message: unknown
        await visit(sessions, cookie, (session) => {
          message = session.get('m')
        })
        return message
      })
      const messages = await Promise.all(readers)
      expect(messages.filter((message) => message === round).length).toBeGreaterThan(0)
      expect((await sessions.read(cookie)).get('m')).toBeUndefined()
    })
  })
})
