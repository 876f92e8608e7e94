/** The sockets of Bun: those of Hono, and those of socket.io on its own engine. */
import { Server as Engine } from '@socket.io/bun-engine'
import { Hono } from 'hono'
import { upgradeWebSocket, websocket } from 'hono/bun'
import { Server } from 'socket.io'
import { bridge } from 'tuile/socket.io'
import { createApp, sessions } from './app.js'
import { count } from './pages.js'

const io = new Server()
const engine = new Engine({ path: '/socket.io/' })
io.bind(engine)
const live = bridge(io, sessions)
io.on('connection', (socket) => {
  socket.on('count', async (answer) =>
    answer(await live.withSession(socket, ({ session }) => count(session), null))
  )
})

const app = new Hono().use(live.http()).route('/', createApp(upgradeWebSocket))
const sockets = engine.handler().websocket
/** Hono's sockets have their events with them. */
const ofHono = ({ data }) => data.events !== undefined
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 30,
  fetch: (request, host) =>
    new URL(request.url).pathname === '/socket.io/'
      ? engine.handleRequest(request, host)
      : app.fetch(request, { server: host }),
  websocket: {
    open: (ws) => (ofHono(ws) ? websocket : sockets).open(ws),
    message: (ws, data) => (ofHono(ws) ? websocket : sockets).message(ws, data),
    close: (ws, code, reason) => (ofHono(ws) ? websocket : sockets).close(ws, code, reason),
  },
})
console.log(server.port)
