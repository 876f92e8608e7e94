/**
 * A site with sessions over HTTP and socket.io, and browsers that visit it.
 *
 * @module
 */
import type { Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { Server, type Socket } from 'socket.io'
import { io as connect, type Socket as ClientSocket } from 'socket.io-client'
import { memoryBus } from '../../bindings/bus.ts'
import {
  createSessions,
  memoryStorage,
  type Awaitable,
  type Session,
  type SessionEvent,
  type Sessions,
  type SessionsOptions,
} from '../../bindings/index.ts'
import type { UntypedData } from '../../bindings/session.ts'
import { session } from '../hono.ts'
import { bridge, type BridgeOptions, type SessionBridge } from '../socket.io.ts'

/** A secret that is good enough. */
export const SECRET = 'sockets: a secret of more than 32 bytes, for nobody'

/** What a site is made of. */
export interface SiteOptions {
  readonly sessions?: Partial<SessionsOptions<UntypedData>>
  readonly bridge?: BridgeOptions
  readonly io?: ConstructorParameters<typeof Server>[1]
}

/** A running site. */
export class LiveSite {
  readonly sessions: Sessions
  readonly live: SessionBridge<UntypedData>
  readonly io: Server
  readonly events: SessionEvent[] = []
  /** What the server made of sockets, in order. */
  readonly sockets: Socket[] = []
  readonly #http: HttpServer
  readonly #browsers = new Set<LiveBrowser>()
  readonly #handlers = new Map<string, (session: Session, clientId: string) => unknown>()
  #port = 0

  constructor(options: SiteOptions = {}) {
    this.sessions = createSessions({
      secrets: SECRET,
      storage: memoryStorage(),
      bus: memoryBus(),
      cookie: { secure: 'auto' },
      onEvent: (event) => void this.events.push(event),
      ...options.sessions,
    })
    const app = new Hono<{ Variables: { session: Session; clientId: string } }>()
    this.#http = createAdaptorServer({ fetch: (request) => app.fetch(request) }) as HttpServer
    this.io = new Server(this.#http, options.io)
    this.live = bridge(this.io, this.sessions, options.bridge)
    app.use(this.live.http()).use(session(this.sessions))
    app.all('/:ticket', async (c) => {
      const result = await this.#handlers.get(c.req.param('ticket'))?.(
        c.var.session,
        c.var.clientId
      )
      return c.json({ result: result ?? null })
    })
    this.io.on('connection', (socket) => void this.sockets.push(socket))
  }

  static async start(options?: SiteOptions): Promise<LiveSite> {
    const site = new LiveSite(options)
    await new Promise<void>((resolve) => site.#http.listen(0, '127.0.0.1', resolve))
    site.#port = (site.#http.address() as AddressInfo).port
    return site
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Takes a handler for the request with this ticket as its path. */
  register(handler: (session: Session, clientId: string) => unknown): string {
    const ticket = String(this.#handlers.size)
    this.#handlers.set(ticket, handler)
    return ticket
  }

  /** A browser; with a jar, one that has been here before. */
  browser(jar?: Map<string, string>): LiveBrowser {
    const browser = new LiveBrowser(this, jar)
    this.#browsers.add(browser)
    return browser
  }

  /** The events of one type. */
  told<Type extends SessionEvent['type']>(type: Type): SessionEvent[] {
    return this.events.filter((event) => event.type === type)
  }

  async stop(): Promise<void> {
    for (const browser of this.#browsers) browser.close()
    await this.io.close()
  }
}

/** A browser on a site, with its cookies. */
export class LiveBrowser {
  readonly jar: Map<string, string>
  /** The `Set-Cookie` lines of the last response. */
  lines: string[] = []
  readonly #site: LiveSite
  readonly #open: ClientSocket[] = []

  constructor(site: LiveSite, jar: Map<string, string> = new Map()) {
    this.#site = site
    this.jar = jar
  }

  get cookie(): string {
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** Sends a request that the function handles; gives what the function returns. */
  async visit<Result>(
    handler: (session: Session, clientId: string) => Awaitable<Result>
  ): Promise<Result> {
    const ticket = this.#site.register(handler)
    const response = await fetch(`${this.#site.url}/${ticket}`, {
      headers: { cookie: this.cookie },
    })
    this.lines = response.headers.getSetCookie()
    for (const line of this.lines) {
      const [pair = ''] = line.split(';')
      const at = pair.indexOf('=')
      if (line.includes('Max-Age=0')) this.jar.delete(pair.slice(0, at))
      else this.jar.set(pair.slice(0, at), pair.slice(at + 1))
    }
    // What reconnects brings the cookies of now, as in a browser.
    for (const client of this.#open) client.io.opts.extraHeaders = { cookie: this.cookie }
    if (!response.ok) throw new Error(`${response.status}`)
    return ((await response.json()) as { result: Result }).result
  }

  /** Opens a socket; gives the client's end and the server's, and why it is closed in the end. */
  async connect(options: Parameters<typeof connect>[1] = {}): Promise<{
    readonly client: ClientSocket
    readonly socket: Socket
    readonly closed: Promise<unknown>
  }> {
    const client = connect(this.#site.url, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      ...options,
      extraHeaders: { cookie: this.cookie, ...options.extraHeaders },
    })
    this.#open.push(client)
    const closed = next(client, 'disconnect')
    const socketId = await new Promise<string | undefined>((resolve, reject) => {
      // It may be closed again before anybody has looked.
      client.once('connect', () => resolve(client.id))
      client.once('connect_error', reject)
    })
    const socket = this.#site.sockets.find(({ id }) => id === socketId)!
    return { client, socket, closed }
  }

  close(): void {
    for (const client of this.#open) client.close()
  }
}

/** Opens sockets again soon, as the clients of browsers do after a second. */
export const RECONNECTING = { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 50 }

/** Waits for the next event of a client's socket. */
export function next(client: ClientSocket, event: string): Promise<unknown> {
  return new Promise((resolve) => client.once(event, resolve))
}
