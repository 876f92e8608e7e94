/**
 * A visitor for tests: keeps cookies and follows redirects, as far as the demo needs it.
 *
 * @module
 */
import { cookieStorage, memoryStorage } from '../../bindings/index.ts'
import { createDemo, type DemoOptions } from './app.tsx'

/** The secret of tests. */
export const SECRET = 'a secret of the tests, 32 bytes or more'

/** The storages that the demo offers, by name. */
export const STORAGES: readonly (readonly [string, () => NonNullable<DemoOptions['storage']>])[] = [
  ['cookie', cookieStorage],
  ['memory', memoryStorage],
]

/** What a visitor got to see. */
export interface Visit {
  readonly response: Response
  readonly text: string
}

/** Somebody with a browser of their own. */
export class Visitor {
  /** The value of the session's cookie, if there is one. */
  cookie: string | undefined
  readonly #app: ReturnType<typeof createDemo>
  readonly #origin: string

  constructor(app: ReturnType<typeof createDemo>, origin = 'http://127.0.0.1:3000') {
    this.#app = app
    this.#origin = origin
  }

  /** The name of the session's cookie at this visitor's origin. */
  get cookieName(): string {
    return this.#origin.startsWith('https:') ? '__Host-session' : 'session'
  }

  /** Opens a page. */
  get(path = '/'): Promise<Visit> {
    return this.#send(path, {})
  }

  /** Sends a form and follows the redirect, if that is the answer. */
  async post(path: string, form: Record<string, string> = {}): Promise<Visit> {
    const visit = await this.submit(path, form)
    return visit.response.status === 303 ? this.get(visit.response.headers.get('Location')!) : visit
  }

  /** Sends a form, with more headers or others, and stops there. */
  submit(
    path: string,
    form: Record<string, string>,
    headers: Record<string, string> = { Origin: this.#origin }
  ): Promise<Visit> {
    return this.#send(path, { method: 'POST', body: new URLSearchParams(form), headers })
  }

  async #send(path: string, init: RequestInit): Promise<Visit> {
    const headers = new Headers(init.headers)
    if (this.cookie !== undefined) headers.set('Cookie', `${this.cookieName}=${this.cookie}`)
    const response = await this.#app.request(new URL(path, this.#origin), { ...init, headers })
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (name === this.cookieName) this.cookie = value || undefined
    }
    return { response, text: await response.text() }
  }
}

/** A visitor of a demo of their own. */
export function visit(options: Partial<DemoOptions> = {}, origin?: string): Visitor {
  return new Visitor(createDemo({ secrets: SECRET, ...options }), origin)
}
