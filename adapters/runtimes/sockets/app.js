/**
 * What sockets are tried with in each runtime: a count that requests and sockets share.
 *
 * @module
 */
import { Hono } from 'hono'
import { createSessions, memoryStorage } from 'tuile'
import { memoryBus } from 'tuile/bus'
import { session } from 'tuile/hono'
import { sessionSocket } from 'tuile/websocket'
import { addPages, count } from './pages.js'

/** The sessions of the server. */
export const sessions = createSessions({
  storage: memoryStorage(),
  bus: memoryBus(),
  secrets: 'sockets: a secret of more than 32 bytes',
  cookie: { secure: 'auto' },
})

/** Makes the app, with the `upgradeWebSocket` of the runtime. */
export function createApp(upgradeWebSocket) {
  const live = sessionSocket(
    sessions,
    (_, bound) => ({
      onOpen: (_, ws) => ws.send('open'),
      onMessage: async (_, ws) =>
        ws.send(`count ${await bound.with(({ session }) => count(session), null)}`),
      onSessionChange: (ws) => ws.send('change'),
    }),
    { required: true }
  )
  const app = new Hono().get('/live', upgradeWebSocket(live)).use(session(sessions))
  return addPages(app)
}
