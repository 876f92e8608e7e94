import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SessionStorageError } from '../errors.ts'
import { createSessions, type Sessions } from '../sessions.ts'
import { type RedisClient, redisStorage } from './redis.ts'
import { missingServer, TcpProxy, RedisServer } from './redis-server.fixture.ts'

const SECRET = 'outages: a secret of more than 32 bytes'
/** How often Redis is killed: `H1_KILLS=20` for the long form. */
const KILLS = Number(process.env.H1_KILLS ?? 4)
const VISITORS = 20

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

interface Data {
  who: number
  n: number
}

/** Somebody who counts up again and again, and knows what they were told. */
class Visitor {
  cookie: string | null = null
  /** The count of which a commit said that it was written. */
  acknowledged = 0
  /** Commits that were tried: the count cannot be above. */
  tried = 0
  readonly errors: unknown[] = []
  readonly wrong: string[] = []
  readonly #who: number
  readonly #sessions: Sessions<Data>

  constructor(sessions: Sessions<Data>, who: number) {
    this.#sessions = sessions
    this.#who = who
  }

  async count(): Promise<void> {
    const session = await this.#sessions.read(this.cookie)
    if (this.cookie !== null) this.#check(session.get('who'), session.get('n') ?? -1)
    session.set('who', this.#who)
    session.update('n', (n = 0) => n + 1)
    this.tried++
    const [line] = await this.#sessions.commit(session)
    this.cookie = line?.split(';')[0] ?? this.cookie
    this.acknowledged = session.get('n')!
  }

  #check(who: number | undefined, n: number): void {
    if (who === undefined) this.wrong.push('the session is empty')
    else if (who !== this.#who) this.wrong.push(`the session is that of ${who}`)
    else if (n < this.acknowledged) this.wrong.push(`${n} of ${this.acknowledged}`)
    else if (n > this.tried) this.wrong.push(`${n} after ${this.tried}`)
  }

  /** Counts until told to stop; what fails is kept. */
  async keepCounting(signal: AbortSignal, succeeded: () => void = () => undefined): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.count()
        succeeded()
      } catch (error) {
        this.errors.push(error)
      }
      await pause(60 + Math.random() * 80)
    }
  }
}

interface Opened {
  client: RedisClient
  close(): unknown
}

/** The clients as an app makes them that wants to recover fast. */
const CLIENTS: Record<string, (url: string) => Promise<Opened>> = {
  async 'node-redis'(url) {
    const client = createClient({ url, socket: { reconnectStrategy: () => 100 } })
    client.on('error', () => undefined)
    await client.connect()
    return { client, close: () => client.destroy() }
  },
  async ioredis(url) {
    const client = new Redis(url, { retryStrategy: () => 100 })
    client.on('error', () => undefined)
    return { client, close: () => client.disconnect() }
  },
}

describe.each(Object.keys(CLIENTS))('redisStorage when Redis fails, with %s', (name) => {
  let server: RedisServer
  let proxy: TcpProxy
  beforeAll(async () => {
    if (missingServer) return
    server = await RedisServer.create()
    proxy = await TcpProxy.create(server.port)
  })
  afterAll(async () => {
    proxy?.close()
    await server?.remove()
  })

  /** Visitors who have a session each, and what ends their client. */
  async function visit(url: string, timeout: number) {
    const { client, close } = await CLIENTS[name]!(url)
    const sessions = createSessions<Data>({
      storage: redisStorage(client),
      secrets: SECRET,
      timeout,
    })
    const visitors = Array.from({ length: VISITORS }, (_, i) => new Visitor(sessions, i))
    await Promise.all(visitors.map((visitor) => visitor.count()))
    return { visitors, close }
  }

  async function expectAllRight(visitors: Visitor[]): Promise<void> {
    await Promise.all(visitors.map((visitor) => visitor.count()))
    expect(visitors.flatMap(({ wrong }) => wrong)).toEqual([])
    const errors = visitors.flatMap(({ errors }) => errors)
    expect(errors.filter((error) => !(error instanceof SessionStorageError))).toEqual([])
    expect(errors.length).toBeGreaterThan(0)
  }

  const itOn = it.skipIf(missingServer !== '')

  itOn(`H1 killed and started again under load${missingServer}`, async () => {
    const { visitors, close } = await visit(server.url, 0.5)
    const stop = new AbortController()
    let recovered: () => void = () => undefined
    const load = visitors.map((visitor) => visitor.keepCounting(stop.signal, () => recovered()))
    const recoveries: number[] = []
    for (let i = 0; i < KILLS; i++) {
      await pause(300)
      await server.kill()
      await pause(700)
      await server.start()
      const start = performance.now()
      await new Promise<void>((resolve) => {
        recovered = resolve
      })
      recoveries.push(Math.round(performance.now() - start))
    }
    stop.abort()
    await Promise.all(load)
    const errors = visitors.reduce((sum, visitor) => sum + visitor.errors.length, 0)
    const commits = visitors.reduce((sum, { tried }) => sum + tried, 0)
    console.log(`H1 ${name}: ${KILLS} kills, ${commits} commits, ${errors} typed errors,`)
    console.log(`  the first success ${recoveries.join(', ')} ms after the port was up`)
    await expectAllRight(visitors)
    close()
  })

  itOn(`H2 slow, silent and reset connections${missingServer}`, async () => {
    const { visitors, close } = await visit(proxy.url, 0.3)
    const stop = new AbortController()
    const load = visitors.map((visitor) => visitor.keepCounting(stop.signal))
    for (let i = 0; i < 3; i++) {
      proxy.way = 'slow'
      await pause(300)
      proxy.reset()
      proxy.way = 'hole'
      await pause(600)
      // What fell into the hole does not come out of it again: those connections are over.
      proxy.reset()
      proxy.way = 'open'
      await pause(300)
    }
    stop.abort()
    await Promise.all(load)
    await pause(300)
    await expectAllRight(visitors)
    close()
  })

  itOn(`a write whose answer is lost counts once${missingServer}`, async () => {
    const { client, close } = await CLIENTS[name]!(proxy.url)
    const storage = redisStorage(client)
    const sessions = createSessions<Data>({ storage, secrets: SECRET })
    const session = await sessions.read(null)
    session.set('n', 0)
    await sessions.commit(session)
    for (let i = 1; i <= 5; i++) {
      const again = (await sessions.get(session.id))!
      const before = again.get('n')
      again.update('n', (n) => n! + 1)
      proxy.loseNextAnswer = true
      // node-redis lets the call fail, ioredis sends it again.
      const failed = await Promise.resolve(sessions.commit(again)).then(
        () => false,
        () => true
      )
      const after = (await sessions.get(session.id))!.get('n')
      expect(after).toBe(before! + 1)
      expect(failed).toBe(name === 'node-redis')
    }
    close()
  })
})
