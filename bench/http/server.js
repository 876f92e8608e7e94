/**
 * Serves one app on a port of its own: `server.js <name>`. Prints the port; answers each line with the
 * microseconds of CPU time that the process has taken; ends when its stdin does.
 */
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { createApps } from '../contenders/apps/index.js'
import { COOKIE_NAME, createSecret } from '../headers.js'

process.env.NODE_ENV = 'production'
// Some packages warn of production, some log each cookie that they refuse.
console.error = console.warn = () => {}

const options = { cookieName: COOKIE_NAME, secret: createSecret() }
const hostname = '127.0.0.1'

/** Serves the way that the runtime's guide for Hono says; gives the port. */
async function serveHono({ fetch }) {
  const { Bun, Deno } = globalThis
  if (Bun) return Bun.serve({ fetch, hostname, port: 0 }).port
  if (Deno) return Deno.serve({ hostname, port: 0, onListen() {} }, fetch).addr.port
  const { serve } = await import('@hono/node-server')
  return new Promise((resolve) => {
    serve({ fetch, hostname, port: 0 }, ({ port }) => resolve(port))
  })
}

function serveExpress(app) {
  return new Promise((resolve) => {
    const server = createServer(app).listen(0, hostname, () => resolve(server.address().port))
  })
}

async function serveApp(name) {
  const { EXPRESS_APPS } = await import('./express.js')
  if (name in EXPRESS_APPS) return serveExpress(EXPRESS_APPS[name](options))
  const [{ app }] = await createApps(options, [name])
  return serveHono(app)
}

console.log(await serveApp(process.argv[2]))
for await (const _ of createInterface({ input: process.stdin })) {
  const { user, system } = process.cpuUsage()
  console.log(user + system)
}
process.exit()
