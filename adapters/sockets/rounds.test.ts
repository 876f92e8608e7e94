/**
 * J3: sign-in, new id, write, sign-out, round after round, with a socket open: on one node, and on two at
 * one Redis. `npm run rounds` runs a thousand and prints how long a socket needs to know; the suite runs
 * a few, and asserts no time.
 *
 * @module
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createClient } from 'redis'
import { describe, expect, it } from 'vitest'
import { redisBus } from '../../bindings/live/redis-bus.ts'
import { redisStorage } from '../../bindings/storage/redis.ts'
import { missingServer, RedisServer } from '../../bindings/storage/redis-server.fixture.ts'
import { LiveSite, next, type SiteOptions } from './site.fixture.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 10)

/** Runs the rounds: requests go to one site, sockets to the other. Gives the delays in milliseconds. */
async function run(http: LiveSite, live: LiveSite): Promise<number[]> {
  const delays: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const browser = http.browser()
    const first = await browser.visit((session) => {
      session.set('round', round)
      return session.id
    })
    const visitor = live.browser(browser.jar)
    const before = await visitor.connect()
    const closed = next(before.client, 'disconnect')
    const signedIn = await browser.visit((session) => {
      session.regenerateId()
      session.set('user', 'ada')
      return session.id
    })
    await closed
    expect(before.socket.data.sessionId).toBeUndefined()
    const { client, socket } = await visitor.connect()
    expect(socket.data.sessionId).toBe(signedIn)
    const read = ({ session }: { session: { get(key: string): unknown } }) => [
      session.get('round'),
      session.get('user'),
    ]
    // What the socket sees is never older than what the request has written.
    expect(await live.live.withSession(socket, read)).toEqual([round, 'ada'])
    const ended = next(client, 'session:end')
    const start = performance.now()
    await browser.visit((session) => session.destroy())
    await ended
    delays.push(performance.now() - start)
    const write = ({ session }: { session: { set(key: string, value: unknown): void } }) =>
      session.set('late', true)
    expect(await live.live.withSession(socket, write, 'missing')).toBe('missing')
    for (const id of [first, signedIn]) expect(await http.sessions.get(id)).toBeNull()
  }
  return delays
}

function report(title: string, delays: readonly number[]): void {
  if (process.env.ROUNDS === undefined) return
  const sorted = [...delays].sort((left, right) => left - right)
  const [median, worst] = [sorted[sorted.length >> 1]!, sorted.at(-1)!]
  console.log(
    `${title}: ${delays.length} rounds, 0 stale, 0 resurrected; from the request of the sign-out until ` +
      `the browser's socket knows: median ${median.toFixed(1)} ms, worst ${worst.toFixed(1)} ms`
  )
}

describe(`J3 ${ROUNDS} rounds of sign-in, new id and sign-out with a socket open`, () => {
  const timeout = 30_000 + ROUNDS * 200

  it(
    'on one node: nothing stale is read, and nothing comes back',
    async () => {
      const site = await LiveSite.start()
      report('one node', await run(site, site))
      await site.stop()
    },
    timeout
  )

  it.skipIf(missingServer !== '')(
    `on two nodes at one Redis: the same${missingServer}`,
    async () => {
      const server = await RedisServer.create()
      const clients: { close(): Promise<unknown> }[] = []
      const options = async (): Promise<SiteOptions & { close(): Promise<void> }> => {
        const client = createClient({ url: server.url })
        clients.push(client)
        await client.connect()
        const bus = redisBus(client)
        return { sessions: { storage: redisStorage(client), bus }, close: () => bus.close() }
      }
      const [near, far] = [await options(), await options()]
      const [http, live] = [await LiveSite.start(near), await LiveSite.start(far)]
      report('two nodes', await run(http, live))
      await Promise.all([http.stop(), live.stop(), near.close(), far.close()])
      for (const client of clients) await client.close()
      await server.remove()
    },
    timeout
  )
})

if (process.env.ROUNDS !== undefined) {
  it('memory of an idle socket that has a session', async () => {
    const site = await LiveSite.start()
    const browser = site.browser()
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const measure = async (hasSession: boolean): Promise<number> => {
      collect()
      const before = process.memoryUsage().heapUsed
      const opened = []
      for (let i = 0; i < 500; i++) {
        const visitor = site.browser()
        if (hasSession) await visitor.visit((session) => session.set('n', i))
        opened.push(await visitor.connect())
      }
      collect()
      return (process.memoryUsage().heapUsed - before) / opened.length
    }
    await measure(false)
    const [bare, bound] = [await measure(false), await measure(true)]
    console.log(
      `heap per socket, both ends in one process: ${bare | 0} bytes, with a session ${bound | 0}`
    )
    browser.close()
    await site.stop()
  }, 300_000)
}
