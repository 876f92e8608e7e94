/**
 * The options of the demo's server, from its arguments and environment.
 *
 * @module
 */
import { parseArgs } from 'node:util'

/** Where the demo keeps sessions. */
export type DemoStorage = 'cookie' | 'memory'

/** The options of the demo's server. */
export interface ServerOptions {
  readonly storage: DemoStorage
  readonly host: string
  /** 0 is any free one. */
  readonly port: number
  /** `null`: one is made for this process. */
  readonly secret: string | null
}

/** An option that is not known or cannot be; the message is for whoever typed it. */
export class UsageError extends Error {}

/** How the server is started. */
export const USAGE = `npm start -- [options]

  --storage memory|cookie   where sessions are kept (memory)
  --port N                  the port, 0 for any free one ($PORT, or 3000)
  --host NAME               the address to listen on (127.0.0.1)
  --help                    this text

SESSION_SECRET is the secret, at least 32 bytes of it. Without one, a random one is made.`

function parsePort(name: string, value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  if (port <= 65_535) return port
  throw new UsageError(`${name} must be a number from 0 to 65535, not "${value}"`)
}

function parseStorage(value: string): DemoStorage {
  if (value === 'cookie' || value === 'memory') return value
  throw new UsageError(`--storage must be memory or cookie, not "${value}"`)
}

/**
 * The options of a command line and an environment; `null` if only help is asked for.
 *
 * @throws UsageError if an option is not known, lacks its value or cannot be.
 */
export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>
): ServerOptions | null {
  const { storage = 'memory', host = '127.0.0.1', port, help } = readArguments(args)
  if (help) return null
  if (host === '') throw new UsageError('--host must name an address')
  return {
    storage: parseStorage(storage),
    host,
    port: port === undefined ? parsePort('PORT', env.PORT || '3000') : parsePort('--port', port),
    secret: env.SESSION_SECRET ?? null,
  }
}

interface Arguments {
  storage?: string
  host?: string
  port?: string
  help?: boolean
}

function readArguments(args: readonly string[]): Arguments {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        storage: { type: 'string' },
        host: { type: 'string' },
        port: { type: 'string' },
        help: { type: 'boolean' },
      },
    })
    return values
  } catch (error) {
    // Node's messages name the argument; what follows their first sentence is about its parser.
    throw new UsageError((error as Error).message.split('. ')[0]!)
  }
}
