/**
 * Serves the demo on Node.
 *
 * @module
 */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { base64url, engine } from '../../bindings/codec.ts'
import { cookieStorage, memoryStorage } from '../../bindings/index.ts'
import { createDemo } from './app.tsx'
import type { ServerOptions } from './options.ts'

/** The server could not begin to listen; the message is for whoever started it. */
export class StartError extends Error {}

/** A demo that is being served. */
export interface RunningDemo {
  /** Where it is, for a browser on this machine. */
  readonly url: string
  /** What to print. */
  readonly lines: readonly string[]
  /** Stops listening, lets what is under way end for a moment, and closes the rest. */
  stop(): Promise<void>
}

/** Milliseconds that requests under way have to end. */
const GRACE = 1000

const WILDCARDS: readonly string[] = ['0.0.0.0', '::']

function createSecret(): string {
  return base64url.encode(crypto.getRandomValues(new Uint8Array(32)))
}

function explain(error: NodeJS.ErrnoException, { host, port }: ServerOptions): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `Port ${port} of ${host} is in use. Take any free one: npm start -- --port 0`
    case 'EACCES':
      return `Port ${port} of ${host} may not be opened. Choose one above 1023`
    default:
      return `The demo cannot listen on ${host}, port ${port}: ${error.message}`
  }
}

function listen(server: Server, options: ServerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new StartError(explain(error, options))))
    server.listen(options.port, options.host, () => {
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), GRACE)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections()
  })
}

function urlOf(host: string, port: number): string {
  if (WILDCARDS.includes(host)) return `http://localhost:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/**
 * Starts the demo.
 *
 * @throws StartError if the address cannot be listened on.
 * @throws ConfigurationError if the secret is too short or well known.
 */
export async function startDemo(options: ServerOptions): Promise<RunningDemo> {
  const { storage, host, secret } = options
  const { fetch } = createDemo({
    secrets: secret ?? createSecret(),
    storage: storage === 'memory' ? memoryStorage() : cookieStorage(),
  })
  const server = createAdaptorServer({ fetch }) as Server
  const port = await listen(server, options)
  const url = urlOf(host, port)
  const lines = [`Tuile demo: ${url} (${storage} storage, ${engine.name} engine)`]
  if (secret === null) {
    lines.push('SESSION_SECRET is not set: sessions end with this process')
  }
  if (WILDCARDS.includes(host)) {
    lines.push('From other machines it needs HTTPS: browsers keep no Secure cookie of plain HTTP')
  }
  return { url, lines, stop: () => close(server) }
}
