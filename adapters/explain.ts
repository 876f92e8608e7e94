/**
 * The response header that says, in development, why a session is what it is.
 *
 * @module
 */
import type { Context } from 'hono'
import { readEnvironment } from '../bindings/codec/environment.ts'
import type { Explanation } from '../bindings/explanation.ts'
import { isDevelopment } from '../bindings/options.ts'

/** Whether the browser will drop the lines: it came by plain HTTP, as far as we and proxies know. */
function isInsecure(c: Context, setCookie: readonly string[]): boolean {
  const proxied = c.req.header('X-Forwarded-Proto') ?? 'http'
  return (
    c.req.url.startsWith('http:') &&
    !/^\s*https/i.test(proxied) &&
    setCookie.some((line) => line.includes('; Secure'))
  )
}

/**
 * Tells what only the response knows, and sets `Tuile-Explain`: on localhost, unless this is production;
 * elsewhere where `NODE_ENV` is `development`. It holds reasons alone, no id and no value.
 *
 * @param isLocal Whether the request came to localhost, where browsers keep Secure cookies as well.
 */
export function explainResponse(
  c: Context,
  explanation: Explanation,
  setCookie: readonly string[],
  isLocal: boolean
): void {
  const started = c.finalized && c.res.status === 101
  if (setCookie.length > 0) {
    if (started) explanation.tell('response-started')
    else if (!isLocal && isInsecure(c, setCookie)) explanation.tell('insecure-transport')
  }
  const { reasons } = explanation
  const shown = isDevelopment() && (isLocal || readEnvironment('NODE_ENV') === 'development')
  if (shown && !started && reasons.length > 0) c.header('Tuile-Explain', reasons.join(', '))
}
