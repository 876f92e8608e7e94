/**
 * What of a cookie may be shown: enough to explain it, never enough to use it.
 *
 * Nobody should become somebody else by a screenshot: id, payload and MAC are cut, and the decoded
 * payload shows the id cut as well.
 *
 * @module
 */
import { base64url } from '../../bindings/codec.ts'

/** A token, in its parts. */
export interface TokenView {
  /** `T` a text, `P` a payload; in lower case a flash message waits. */
  readonly format: string
  /** Which key signed. */
  readonly fingerprint: string
  /** The id or the payload, cut. */
  readonly body: string
  /** Characters of the whole body. */
  readonly bodyLength: number
  /** The MAC, cut. */
  readonly mac: string
  /** Whether the body is a payload, and not an id. */
  readonly isPayload: boolean
  /** The payload as JSON, if it has one. */
  readonly decoded: string | null
}

/** A `Set-Cookie` line without its value. */
export interface SetCookieView {
  readonly name: string
  /** Characters of the whole line. */
  readonly length: number
  readonly attributes: readonly string[]
}

const TOKEN = /^([TtPp])([\w-]{3})([\w-]*)\.([\w-]{43})$/

/** The beginning of an id. */
export function cutId(id: string): string {
  return `${id.slice(0, 4)}…`
}

function decodePayload(body: string): string | null {
  const bytes = base64url.decode(body)
  if (bytes === null) return null
  const cut = (key: string, value: unknown): unknown =>
    key === 'i' && typeof value === 'string' ? cutId(value) : value
  try {
    return JSON.stringify(JSON.parse(new TextDecoder().decode(bytes)), cut, 2)
  } catch {
    return null
  }
}

/** The parts of a token that has been verified, or `null` if the text is none. */
export function viewToken(token: string): TokenView | null {
  const [, format, fingerprint, body, mac] = TOKEN.exec(token) ?? []
  if (format === undefined || fingerprint === undefined || body === undefined || !mac) return null
  const isPayload = format.toUpperCase() === 'P'
  return {
    format,
    fingerprint,
    // A payload begins with the time of creation, `{"c":…,`: 24 characters of it hold no id yet.
    body: isPayload ? `${body.slice(0, 24)}…${body.slice(-6)}` : cutId(body),
    bodyLength: body.length,
    mac: `${mac.slice(0, 6)}…`,
    isPayload,
    decoded: isPayload ? decodePayload(body) : null,
  }
}

/** What a `Set-Cookie` line says besides its value. */
export function viewSetCookie(line: string): SetCookieView {
  const [pair = '', ...attributes] = line.split('; ')
  return { name: pair.slice(0, pair.indexOf('=')), length: line.length, attributes }
}
