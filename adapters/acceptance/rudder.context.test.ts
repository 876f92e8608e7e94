/**
 * The promises of rudder that Tuile keeps: the session of the running request.
 *
 * @module
 */
import { Hono } from 'hono'
import { expect, it } from 'vitest'
import { memoryStorage, type UntypedData } from '../../bindings/index.ts'
import { currentSession, maybeCurrentSession, sessionContext, sessionFacade } from '../context.ts'
import { session } from '../hono.ts'
import { Browser, SECRET } from './jar.fixture.ts'

/** What an app imports where it has no context. */
const current = sessionFacade<UntypedData, UntypedData>()

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

function appOf(handler: (name: string) => Promise<unknown>): Hono {
  const app = new Hono()
  app.use(session({ secrets: SECRET, storage: memoryStorage() })).use(sessionContext())
  app.get('/:name', async (c) => c.json(await handler(c.req.param('name'))))
  return app
}

it('R28 the facade does what the session does, across awaits, timers and Promise.all', async () => {
  const work = async (): Promise<unknown> => {
    await pause(1)
    current.set('a', 1)
    await Promise.all([
      pause(2).then(() => current.set('b', 2)),
      new Promise<void>((resolve) => {
        setTimeout(() => {
          current.set('c', 3)
          resolve()
        }, 1)
      }),
    ])
    current.flash('notice', 'Saved')
    current.unset('a')
    const before = current.id
    current.regenerateId()
    return { all: current.all(), has: current.has('b'), same: before === current.id }
  }
  const browser = new Browser(appOf((name) => (name === 'work' ? work() : readFlash())))
  const readFlash = async (): Promise<unknown> => [current.getFlash('notice'), current.get('b')]
  expect(JSON.parse(await browser.visit('/work'))).toEqual({
    all: { b: 2, c: 3 },
    has: true,
    same: false,
  })
  expect(JSON.parse(await browser.visit('/flash'))).toEqual(['Saved', 2])
})

it('R29 outside of a request it throws, and says what to do', () => {
  expect(() => current.get('user')).toThrow(/outside of a request.*sessionContext\(\)/s)
  expect(() => currentSession()).toThrow(/within a handler/)
})

it('R30 100 interleaved requests never see each other’s session', async () => {
  const seen = async (name: string): Promise<unknown> => {
    const found = current.get('name')
    current.set('name', name)
    for (let i = 0; i < 5; i++) {
      await pause(Math.random() * 5)
      if (current.get('name') !== name) return 'another'
    }
    return [found ?? null, current.get('name')]
  }
  const app = appOf(seen)
  const visitors = Array.from({ length: 100 }, (_, i) => ({
    name: `n${i}`,
    browser: new Browser(app),
  }))
  for (const found of [false, true]) {
    const answers = await Promise.all(
      visitors.map(({ name, browser }) => browser.visit(`/${name}`))
    )
    expect(answers.map((answer) => JSON.parse(answer))).toEqual(
      visitors.map(({ name }) => [found ? name : null, name])
    )
  }
})

it('R43 maybeCurrentSession says whether there is one', async () => {
  expect(maybeCurrentSession()).toBeUndefined()
  const browser = new Browser(appOf(async () => maybeCurrentSession() !== undefined))
  expect(await browser.visit('/x')).toBe('true')
})
