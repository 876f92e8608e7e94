/**
 * A site on Workers with rooms full of sockets: what `hibernating.test.ts` runs in workerd.
 *
 * @module
 */
import { type Context, Hono } from 'hono'
import type { Session, SessionStorage } from '../../bindings/index.ts'
import { NEWS_URL } from '../../bindings/live/object-bus.ts'
import {
  createSessions,
  durableObjectBus,
  type DurableObjectNamespace,
  durableObjectStorage,
  type HibernatingSocket,
  type HibernatingSockets,
  hibernatingSockets,
  type HibernatingSocketsOptions,
  type HibernatingState,
  session,
  SessionObject,
} from '../workers/index.ts'

export { SessionObject }

interface Data {
  count: number
}

interface Env {
  readonly SESSIONS: DurableObjectNamespace
  readonly ROOM: DurableObjectNamespace
  readonly QUICK: DurableObjectNamespace
  readonly DOWN: DurableObjectNamespace
}

const common = {
  secrets: 'hibernating: a secret of more than 32 bytes',
  cookie: { secure: 'auto' },
} as const

/** Counts one use of a session; gives the count. */
function count(session: Session<Data>): number {
  session.update('count', (previous = 0) => previous + 1)
  return session.get('count', 0)
}

/** A room. It tells what made it: something else whenever it has slept. */
export class Room {
  readonly #sockets: HibernatingSockets<Data>
  readonly #made = crypto.randomUUID()
  /** The errors that it heard of. */
  readonly #errors: string[] = []

  constructor(
    state: HibernatingState,
    { SESSIONS }: Env,
    options: HibernatingSocketsOptions = {},
    storage: SessionStorage = durableObjectStorage(SESSIONS)
  ) {
    const sessions = createSessions<Data>({ ...common, storage })
    sessions.on('error', ({ error }) => {
      const { message, cause } = error as Error
      this.#errors.push(`${message}: ${cause}`)
    })
    this.#sockets = hibernatingSockets(state, sessions, {
      required: true,
      origins: ['https://shop.example'],
      onSessionChange: (ws) => ws.send('changed'),
      onSessionEnd: (reason, ws) => ws.send(`over: ${reason}`),
      ...options,
    })
  }

  fetch(request: Request): Promise<Response> | Response {
    const answer = this.#sockets.answer(request)
    if (answer) return answer
    return Response.json({ made: this.#made, errors: this.#errors })
  }

  async webSocketMessage(ws: HibernatingSocket, message: string): Promise<void> {
    if (message.startsWith('nick ')) {
      const attachment = ws.deserializeAttachment() as object | null
      ws.serializeAttachment({ ...attachment, nick: message.slice(5) })
      return
    }
    if (message === 'who') {
      const { nick } = ws.deserializeAttachment() as { nick?: string }
      return ws.send(`${nick} ${this.#sockets.idOf(ws) !== null} ${this.#made}`)
    }
    const done = await this.#sockets.with(ws, ({ session }) => count(session), 'missing')
    ws.send(`count ${done}`)
  }

  alarm(): Promise<void> {
    return this.#sockets.alarm()
  }
}

/** Looks at its sessions every second, has guests, closes no socket, and fails at the first news. */
export class Quick extends Room {
  constructor(state: HibernatingState, env: Env) {
    let calls = 0
    super(state, env, {
      required: false,
      onRotate: 'follow',
      recheckEvery: 1,
      closeOnEnd: false,
      onSessionChange(ws) {
        if (calls++ === 0) throw new Error('the first listener fails')
        ws.send('changed')
      },
    })
  }
}

/** A room whose storage does not answer. */
export class Down extends Room {
  constructor(state: HibernatingState, env: Env) {
    const storage = durableObjectStorage(env.SESSIONS)
    const read = () => Promise.reject(new Error('down'))
    super(state, env, {}, { ...storage, read })
  }
}

const ROOMS = { room: 'ROOM', quick: 'QUICK', down: 'DOWN' } as const
const roomOf = (env: Env, name: keyof typeof ROOMS) => {
  const namespace = env[ROOMS[name]]
  return namespace.get(namespace.idFromName('one') as never) as unknown as {
    fetch(request: Request | string, init?: object): Promise<Response>
  }
}

const app = new Hono<{ Bindings: Env }>()
  .get('/:room{room|quick|down}', (c) =>
    roomOf(c.env, c.req.param('room') as keyof typeof ROOMS).fetch(c.req.raw)
  )
  // What somebody achieves who can reach the room, but has no secret.
  .get('/forged', (c) =>
    roomOf(c.env, 'room').fetch(NEWS_URL, { method: 'POST', body: 'no message' })
  )
  .use(
    session((c: Context<{ Bindings: Env }>) => {
      const rooms = [roomOf(c.env, 'room'), roomOf(c.env, 'quick')]
      const waitUntil = (work: Promise<unknown>) => c.executionCtx.waitUntil(work)
      const bus = durableObjectBus(rooms, { waitUntil })
      return createSessions<Data>({ ...common, storage: durableObjectStorage(c.env.SESSIONS), bus })
    })
  )
  .get('/', (c) => c.text(`count ${count(c.var.session)}`))
  .get('/id', (c) => c.text(c.var.session.id))
  .get('/move', (c) => {
    c.var.session.regenerateId()
    return c.text('moved')
  })
  .get('/out', (c) => {
    c.var.session.destroy()
    return c.text('out')
  })
  // Nobody is told: as if the news had been lost.
  .get('/lose', async (c) => {
    const storage = durableObjectStorage(c.env.SESSIONS)
    const key = createSessions<Data>({ ...common, storage }).keyOf(c.var.session)
    const ms = c.req.query('in')
    if (ms) await storage.touch!(key, Date.now() + Number(ms))
    else await storage.destroy(key)
    return c.text('lost')
  })

interface Worker {
  fetch(request: Request, env: Env, context: never): Response | Promise<Response>
}

const worker: Worker = { fetch: (request, env, context) => app.fetch(request, env, context) }

export default worker
