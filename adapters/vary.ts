/**
 * `Vary`: the headers of the request on which a response depends (RFC 9110 §12.5.5).
 *
 * On Node, `@hono/node-server` puts a class of its own in the place of `Response`, which makes no
 * `Headers` unless somebody looks at them. To say `Vary` there took 1.6 µs of the 16 of CPU time that a
 * request costs; to have `writeHead` say it takes 0.5 (Node 24, a session read over HTTP). So a response
 * of that class keeps its names back until it is sent, and `writeHead` merges them into what it is given.
 * Who looks at the response before finds them in its headers, as everywhere else.
 *
 * @module
 */
import type { Context } from 'hono'

/** What is used of Node's `ServerResponse`, and of `Http2ServerResponse`. */
interface Outgoing {
  readonly headersSent: boolean
  getHeader(name: string): unknown
  writeHead(status: number, reason?: unknown, headers?: unknown): unknown
}

/** What tells nothing of the headers, and takes none along. */
const UNRELATED: readonly string[] = ['constructor', 'ok', 'status']

/** The names that a `Vary` lacks; what varies by everything lacks none. */
function missingFrom(vary: string | null, names: readonly string[]): readonly string[] {
  if (vary === null) return names
  const present = vary.toLowerCase().split(/\s*,\s*/)
  return present.includes('*') ? [] : names.filter((name) => !present.includes(name.toLowerCase()))
}

/** Adds the names that are missing. A name in lower case need not be put into it: 30 ns of Node's 150. */
export function addVary(headers: Headers, names: readonly string[]): void {
  for (const name of missingFrom(headers.get('vary'), names)) headers.append('vary', name)
}

/**
 * Has the names added when Node sends the response. `false` if nothing was done, as they have to be
 * added at once: under every other host, and to what came from elsewhere, such as `fetch()`.
 */
export function addVaryWhenSent(c: Context, names: readonly string[]): boolean {
  const response = c.res
  const { prototype } = Response
  const replaced = Object.getPrototypeOf(prototype) !== Object.prototype
  if (!replaced || Object.getPrototypeOf(response) !== prototype) return false
  const outgoing: unknown = (c.env as { outgoing?: unknown } | undefined)?.outgoing
  // The headers of an upgrade to WebSocket are on their way already.
  if (response.status === 101 || !isOutgoing(outgoing)) return false
  const keeping = keepingBack(prototype, names)
  if (!Reflect.setPrototypeOf(response, keeping)) return false

  const { writeHead } = outgoing
  outgoing.writeHead = (status, reason, headers) => {
    const add = (given: unknown): unknown =>
      Object.getPrototypeOf(response) === keeping ? withVary(outgoing, given, names) : given
    return typeof reason === 'string'
      ? writeHead.call(outgoing, status, reason, add(headers))
      : writeHead.call(outgoing, status, add(headers ?? reason))
  }
  return true
}

/** By its structure: a Worker may have a binding of that name, which can have any method. */
function isOutgoing(value: unknown): value is Outgoing {
  const { headersSent, writeHead, getHeader } = Object(value) as Record<keyof Outgoing, unknown>
  return headersSent === false && typeof writeHead === 'function' && typeof getHeader === 'function'
}

const known = new WeakMap<readonly string[], object>()

/**
 * The prototype of responses that keep some names back. Whatever shows their headers or takes them
 * along, as a clone does, first adds the names and makes the response an ordinary one.
 */
function keepingBack(prototype: Response, names: readonly string[]): object {
  const made = known.get(names)
  if (made && Object.getPrototypeOf(made) === prototype) return made
  const keeping = Object.create(prototype) as object
  for (const name of Object.getOwnPropertyNames(prototype)) {
    if (UNRELATED.includes(name)) continue
    Object.defineProperty(keeping, name, {
      get(this: Response): unknown {
        Object.setPrototypeOf(this, prototype)
        addVary(this.headers, names)
        return Reflect.get(this, name)
      },
    })
  }
  known.set(names, keeping)
  return keeping
}

/** What `writeHead` is given, or the headers that were set before it, with the names. */
function withVary(outgoing: Outgoing, given: unknown, names: readonly string[]): unknown {
  // A copy: it may be the object that the app made its response with.
  const headers = { ...(given as Record<string, unknown> | undefined) }
  let name = 'Vary'
  for (const key in headers) if (key.toLowerCase() === 'vary') name = key
  const said = headers[name] ?? outgoing.getHeader('Vary') ?? null
  const missing = missingFrom(said && String(said), names)
  if (missing.length > 0) headers[name] = (said ? [said, ...missing] : missing).join(', ')
  return headers
}
