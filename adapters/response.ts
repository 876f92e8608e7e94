/**
 * What a response says about its session to browsers and caches.
 *
 * @module
 */
import type { Context } from 'hono'
import { defaultEngine } from '../bindings/codec/select.ts'
import { randomString } from '../bindings/id.ts'
import type { SessionAnswer } from '../bindings/transport.ts'
import { addVary, addVaryWhenSent } from './vary.ts'

const COOKIE: readonly string[] = ['Cookie']

/** A response that sets our cookie must be in no cache: the next visitor would get the session. */
export function forbidStoring(headers: Headers): void {
  const cacheControl = headers.get('Cache-Control')
  if (!cacheControl || !/(?:^|,)\s*no-store\s*(?:,|$)/i.test(cacheControl)) {
    headers.set('Cache-Control', 'no-store')
  }
}

/**
 * Adds `Vary`, and with a cookie to set that line and `Cache-Control: no-store`; the same with a token
 * that goes back in a header. `answer` is `null` where sessions come in cookies alone.
 */
export function addSessionHeaders(
  c: Context,
  setCookie: readonly string[],
  answer: SessionAnswer | null
): void {
  const vary = answer?.vary ?? COOKIE
  const header = answer?.header ?? null
  const changed = setCookie.length > 0 || header !== null
  if (!changed && addVaryWhenSent(c, vary)) return
  changeHeaders(c, (headers) => {
    addVary(headers, vary)
    for (const line of setCookie) headers.append('Set-Cookie', line)
    if (header !== null) headers.set(...header)
    if (!changed) return
    forbidStoring(headers)
    // With `etag()` before `session()`, a page that is the same would become a 304 without our cookie.
    // One that `etag()` behind it has made already has the cookie, and the tag of its page.
    if (c.res.ok && c.req.header('If-None-Match') !== undefined) headers.set('ETag', newTag())
  })
}

/** An entity tag that no cache has: `"` and 24 characters `"` (RFC 9110 §8.8.3). */
function newTag(): string {
  return `"${randomString(defaultEngine)}"`
}

/** Changes the headers of the response, if they can be changed still. */
export function changeHeaders(c: Context, change: (headers: Headers) => void): void {
  // The headers of an upgrade to WebSocket are on their way already.
  if (c.res.status === 101) return
  try {
    change(c.res.headers)
  } catch {
    // The headers of a response that came from `fetch` cannot be changed, those of its copy can.
    c.res = new Response(c.res.body, c.res)
    change(c.res.headers)
  }
}
