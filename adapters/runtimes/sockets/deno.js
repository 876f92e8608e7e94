/** The sockets of Deno. */
import { upgradeWebSocket } from 'hono/deno'
import { createApp } from './app.js'

const app = createApp(upgradeWebSocket)
Deno.serve({ hostname: '127.0.0.1', port: 0, onListen: ({ port }) => console.log(port) }, app.fetch)
