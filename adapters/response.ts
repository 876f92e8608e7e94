/**
 * What a response says about its session to browsers and caches.
 *
 * @module
 */
import type { Context } from 'hono'

function addVary(headers: Headers): void {
  const vary = headers.get('Vary')
  if (vary === null) headers.set('Vary', 'Cookie')
  else if (!/(?:^|,)\s*(?:\*|cookie)\s*(?:,|$)/i.test(vary)) headers.append('Vary', 'Cookie')
}

/** A response that sets our cookie must be in no cache: the next visitor would get the session. */
function forbidStoring(headers: Headers): void {
  const cacheControl = headers.get('Cache-Control')
  if (!cacheControl || !/(?:^|,)\s*no-store\s*(?:,|$)/i.test(cacheControl)) {
    headers.set('Cache-Control', 'no-store')
  }
}

/** Adds `Vary: Cookie`, and with a cookie to set that line and `Cache-Control: no-store`. */
export function addSessionHeaders(c: Context, setCookie: readonly string[]): void {
  // The headers of an upgrade to WebSocket are on their way already.
  if (c.res.status === 101) return
  try {
    change(c.res.headers, setCookie)
  } catch {
    // The headers of a response that came from `fetch` cannot be changed, those of its copy can.
    c.res = new Response(c.res.body, c.res)
    change(c.res.headers, setCookie)
  }
}

function change(headers: Headers, setCookie: readonly string[]): void {
  addVary(headers)
  for (const line of setCookie) headers.append('Set-Cookie', line)
  if (setCookie.length > 0) forbidStoring(headers)
}
