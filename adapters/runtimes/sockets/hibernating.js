/** Sockets of a Durable Object that sleeps; requests are answered by the Worker, which tells it of them. */
import { Hono } from 'hono'
import {
  createSessions,
  durableObjectBus,
  durableObjectStorage,
  hibernatingSockets,
  session,
} from 'tuile/workers'
import { addPages, count } from './pages.js'

export { SessionObject } from 'tuile/workers'

const optionsOf = ({ SESSIONS }) => ({
  storage: durableObjectStorage(SESSIONS),
  secrets: 'sockets: a secret of more than 32 bytes',
  cookie: { secure: 'auto' },
})

export class Room {
  #sockets

  constructor(state, env) {
    this.#sockets = hibernatingSockets(state, createSessions(optionsOf(env)), {
      required: true,
      onSessionChange: (ws) => ws.send('change'),
    })
  }

  fetch(request) {
    return this.#sockets.answer(request) ?? new Response('Not Found', { status: 404 })
  }

  async webSocketMessage(ws) {
    ws.send(`count ${await this.#sockets.with(ws, ({ session }) => count(session), null)}`)
  }

  alarm() {
    return this.#sockets.alarm()
  }
}

const roomOf = ({ ROOM }) => ROOM.getByName('room')

const app = new Hono()
  .get('/live', (c) => roomOf(c.env).fetch(c.req.raw))
  .use(
    session((c) => ({
      ...optionsOf(c.env),
      bus: durableObjectBus([roomOf(c.env)], {
        waitUntil: (work) => c.executionCtx.waitUntil(work),
      }),
    }))
  )
export default addPages(app)
