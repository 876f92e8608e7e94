/** The sockets of Node. */
import { serve, upgradeWebSocket } from '@hono/node-server'
import { WebSocketServer } from 'ws'
import { createApp } from './app.js'

const app = createApp(upgradeWebSocket)
const websocket = { server: new WebSocketServer({ noServer: true }) }
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0, websocket }, ({ port }) =>
  console.log(port)
)
