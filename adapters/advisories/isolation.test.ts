/**
 * Requests at the same time, on one engine and one connection: nobody gets what is another's.
 *
 * @module
 */
import { describe, expect, it } from 'vitest'
import { createSessions } from '../../bindings/sessions.ts'
import { cookieWith } from '../../bindings/sessions.fixture.ts'
import type { SessionStorage } from '../../bindings/storage/contract.ts'
import { memoryStorage } from '../../bindings/storage/memory.ts'
import { NAME, PLACES, SECRET, Site } from './places.fixture.ts'

/** How many requests are interleaved. */
const REQUESTS = Number(process.env.TUILE_REQUESTS ?? 1500)

/** Numbers that are the same on every run (Park and Miller). */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

const hops = async (count: number): Promise<void> => {
  for (; count > 0; count--) await null
}

describe.each(PLACES)(`${REQUESTS} interleaved requests, %s`, (_, storage) => {
  it('D7, CVE-2026-24894, §2.40 each read their own session: before, between and after they wait', async () => {
    const site = new Site({ secrets: SECRET, storage: storage(), cookie: { name: NAME } })
    const other = new Site({ secrets: SECRET, cookie: { name: '__Host-other' } })
    const random = randomOf(7)
    const visitors = Array.from({ length: 20 }, (_each, n) => ({ n, visitor: site.visitor() }))
    const others = Array.from({ length: 5 }, (_each, n) => ({
      n: n + 100,
      visitor: other.visitor(),
    }))
    for (const { n, visitor } of [...visitors, ...others]) {
      await visitor.send((session) => session.set('n', n))
    }
    let foreign = 0
    let answers = 0
    const player = async (): Promise<void> => {
      while (answers < REQUESTS) {
        const { n, visitor } = [...visitors, ...others][random(25)]!
        const seen = await visitor.copy().send(async (session) => {
          await hops(random(6))
          const first = session.get('n')
          await hops(random(6))
          return [first, session.get('n')]
        })
        answers++
        if (seen[0] !== n || seen[1] !== n) foreign++
      }
    }
    await Promise.all(Array.from({ length: 16 }, player))
    expect([foreign, answers >= REQUESTS]).toEqual([0, true])
  }, 600_000)
})

/** A storage of one connection: answers come in the order of questions, some late, some never. */
function connection(random: (below: number) => number): SessionStorage {
  const memory = memoryStorage()
  let line: Promise<unknown> = Promise.resolve()
  const ask = <Answer>(run: () => Answer): Promise<Answer> => {
    const stalls = random(20) === 0
    const answer = line.then(async () => {
      await hops(random(5))
      return run()
    })
    line = answer.catch(() => undefined)
    return stalls
      ? answer.then((value) => new Promise((resolve) => setTimeout(resolve, 15, value)))
      : answer
  }
  return {
    atomic: true,
    read: (key) => ask(() => memory.read(key)),
    write: (key, value, options) => ask(() => memory.write(key, value, options)),
    destroy: (key) => ask(() => memory.destroy(key)),
  }
}

describe('requests that give up', () => {
  it(`CVE-2023-28858, CVE-2023-28859, §2.45 ${REQUESTS}, some too late: no answer goes to another`, async () => {
    const random = randomOf(11)
    const sessions = createSessions<{ n: number }>({
      secrets: SECRET,
      storage: connection(random),
      timeout: 0.01,
    })
    const retry = async <Result>(work: () => Promise<Result>): Promise<Result> => {
      for (;;) {
        try {
          return await work()
        } catch {
          // it was given up; the same again
        }
      }
    }
    const cookies = await Promise.all(
      Array.from({ length: 20 }, (_, n) => retry(() => cookieWith(sessions as never, { n })))
    )
    let [foreign, served, late, asked] = [0, 0, 0, 0]
    const player = async (): Promise<void> => {
      while (asked++ < REQUESTS) {
        const n = random(20)
        try {
          const session = await sessions.read(cookies[n]!)
          served++
          if (session.get('n') !== n) foreign++
        } catch (error) {
          expect((error as Error).name).toBe('SessionStorageError')
          late++
        }
      }
    }
    await Promise.all(Array.from({ length: 16 }, player))
    expect(foreign).toBe(0)
    expect(served).toBeGreaterThan(REQUESTS / 2)
    expect(late).toBeGreaterThan(0)
  }, 600_000)
})
