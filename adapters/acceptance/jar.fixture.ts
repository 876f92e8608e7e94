/**
 * A cookie jar that keeps the rules a browser keeps, and visitors who send requests with it.
 *
 * @module
 */
import { type Context, Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type {
  Awaitable,
  Session,
  Sessions,
  SessionsOptions,
  UntypedData,
} from '../../bindings/index.ts'
import { type MiddlewareOptions, type SessionVariables, session } from '../hono.ts'

/** 43 bytes that are nobody's secret. */
export const SECRET = 'k7Yp0nXwLq3sVd9TfJr2BhMz6CgEa8UoRi1NtWx4SvQ'
/** The secret before it. */
export const OLD_SECRET = 'Zb5Rw1HcT8mKx3GvPq7LyEn0DsUj6Af9OtIi2MlXk4C'

/** What serves requests: a Hono app, or any function that looks like one. */
export interface App {
  fetch(request: Request): Response | Promise<Response>
}

interface Kept {
  readonly value: string
  readonly path: string
  readonly secure: boolean
  readonly endsAt: number
}

/** One `Set-Cookie` line, taken apart. Attribute names are in lower case. */
export interface SetCookie {
  readonly name: string
  readonly value: string
  readonly attributes: ReadonlyMap<string, string>
}

/** Takes a `Set-Cookie` line apart. */
export function parseSetCookie(line: string): SetCookie {
  const [pair = '', ...rest] = line.split('; ')
  const attributes = rest.map((text): [string, string] => {
    const [name = '', value = ''] = text.split('=')
    return [name.toLowerCase(), value]
  })
  const at = pair.indexOf('=')
  return { name: pair.slice(0, at), value: pair.slice(at + 1), attributes: new Map(attributes) }
}

/** A cookie jar. It drops what a browser would drop. */
export class Jar {
  readonly #kept = new Map<string, Kept>()

  /** Takes in the cookies of a response from `url`. */
  store(url: string, lines: readonly string[]): void {
    for (const line of lines) {
      const { name, value, attributes } = parseSetCookie(line)
      const secure = attributes.has('secure')
      if (secure && !url.startsWith('https:')) continue
      if (attributes.get('samesite') === 'None' && !secure) continue
      const hostOnly = secure && attributes.get('path') === '/' && !attributes.has('domain')
      if (name.startsWith('__Host-') && !hostOnly) continue
      const maxAge = attributes.get('max-age')
      const endsAt = maxAge === undefined ? Infinity : Date.now() + Number(maxAge) * 1000
      this.#kept.set(name, { value, path: attributes.get('path') ?? '/', secure, endsAt })
    }
  }

  /** Puts a cookie in by hand, as somebody would who plants one. */
  plant(name: string, value: string): void {
    this.#kept.set(name, { value, path: '/', secure: false, endsAt: Infinity })
  }

  /** The names of the cookies that are alive. */
  get names(): string[] {
    return [...this.#kept].filter(([, { endsAt }]) => endsAt > Date.now()).map(([name]) => name)
  }

  /** The value of a cookie that is alive. */
  value(name: string): string | undefined {
    return this.names.includes(name) ? this.#kept.get(name)?.value : undefined
  }

  /** The Cookie header of a request, or `null`. */
  header(url: string): string | null {
    const { protocol, pathname } = new URL(url)
    const pairs = this.names.flatMap((name) => {
      const { value, path, secure } = this.#kept.get(name)!
      const fits = pathname.startsWith(path) && (!secure || protocol === 'https:')
      return fits ? [`${name}=${value}`] : []
    })
    return pairs.length > 0 ? pairs.join('; ') : null
  }

  /** Another jar with the same cookies: a thief's, or another tab's. */
  copy(): Jar {
    const copy = new Jar()
    for (const [name, kept] of this.#kept) copy.#kept.set(name, { ...kept })
    return copy
  }
}

/** A browser on an app. */
export class Browser {
  readonly jar: Jar
  readonly #app: App
  readonly #origin: string
  /** The last response. Its body has been read. */
  response: Response = new Response()
  /** The `Set-Cookie` lines of the last response. */
  setCookies: string[] = []

  constructor(app: App, { jar, origin }: { readonly jar?: Jar; readonly origin?: string } = {}) {
    this.#app = app
    this.jar = jar ?? new Jar()
    this.#origin = origin ?? 'https://shop.example'
  }

  /** Sends a request and gives the body of the response. */
  async visit(path: string, init: RequestInit = {}): Promise<string> {
    const url = new URL(path, this.#origin).href
    const headers = new Headers(init.headers)
    const cookie = this.jar.header(url)
    if (cookie !== null && !headers.has('Cookie')) headers.set('Cookie', cookie)
    const response = await this.#app.fetch(new Request(url, { ...init, headers }))
    this.response = response
    this.setCookies = response.headers.getSetCookie()
    this.jar.store(url, this.setCookies)
    return response.text()
  }

  /** The one `Set-Cookie` of the last response, taken apart. */
  get setCookie(): SetCookie {
    if (this.setCookies.length !== 1) throw new Error(`${this.setCookies.length} Set-Cookie lines`)
    return parseSetCookie(this.setCookies[0]!)
  }
}

/** What answers a request: a function of the session, and of the context if need be. */
export type Handler<Result> = (
  session: Session<UntypedData, UntypedData>,
  c: Context<{ Variables: SessionVariables }>
) => Awaitable<Result>

/** A visitor of a {@link Site}, whose requests are given as functions. */
export class Visitor extends Browser {
  readonly #site: Site

  constructor(site: Site, jar?: Jar) {
    super(site.app, jar && { jar })
    this.#site = site
  }

  /** Sends a request that the function handles; gives what the function returns. */
  async send<Result>(handler: Handler<Result>): Promise<Result> {
    const { ticket, result } = this.#site.register(handler)
    await this.visit(`/${ticket}`)
    return result() as Result
  }

  /** Another visitor with the same cookies. */
  copy(): Visitor {
    return new Visitor(this.#site, this.jar.copy())
  }
}

/** A Hono app with the session middleware, whose handlers come with the requests. */
export class Site {
  readonly app: Hono<{ Variables: SessionVariables }>
  /** What the app's `onError` got. */
  readonly errors: unknown[] = []
  readonly #handlers = new Map<string, Handler<unknown>>()
  readonly #results = new Map<string, unknown>()

  constructor(options: (SessionsOptions<UntypedData> & MiddlewareOptions) | Sessions) {
    this.app = new Hono<{ Variables: SessionVariables }>()
    this.app.onError((error, c) => {
      this.errors.push(error)
      return error instanceof HTTPException ? error.getResponse() : c.text('failed', 500)
    })
    this.app.use(session(options))
    this.app.all('/:ticket', async (c) => {
      const { ticket } = c.req.param()
      const result = await this.#handlers.get(ticket)?.(c.var.session, c)
      this.#results.set(ticket, result)
      return result instanceof Response ? result : c.text('ok')
    })
  }

  /** Takes a handler for the request with this ticket as its path. */
  register(handler: Handler<unknown>): { ticket: string; result: () => unknown } {
    const ticket = String(this.#handlers.size)
    this.#handlers.set(ticket, handler)
    return { ticket, result: () => this.#results.get(ticket) }
  }

  visitor(): Visitor {
    return new Visitor(this)
  }
}

/** A visitor of a site of its own. */
export function visitorOf(
  options: Partial<SessionsOptions<UntypedData> & MiddlewareOptions>
): Visitor {
  return new Site({ secrets: SECRET, ...options }).visitor()
}
