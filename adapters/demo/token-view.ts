/**
 * What of a cookie may be shown: enough to explain it, never enough to use it.
 *
 * Nobody should become somebody else by a screenshot: id, payload and MAC are cut, and the decoded
 * payload shows the id cut as well.
 *
 * @module
 */
/** A token, in its parts. */
export interface TokenView {
  /** `T` a text, `P` a payload, `S` a sealed one; in lower case a flash message waits. */
  readonly format: string
  /** Which key signed or sealed. */
  readonly fingerprint: string
  /** The id, the payload, or what is sealed, cut. */
  readonly body: string
  /** Characters of the whole body. */
  readonly bodyLength: number
  /** The MAC, cut; `null` in what is sealed, whose tag is in the body. */
  readonly mac: string | null
  /** What the body is. */
  readonly kind: 'id' | 'payload' | 'sealed'
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

const SIGNED = /^([TtPp])([\w-]{3})([\w-]*)\.([\w-]{43})$/
const SEALED = /^([Ss])([\w-]{3})([\w-]{54,})$/
const KINDS: Record<string, TokenView['kind']> = { T: 'id', P: 'payload', S: 'sealed' }

/** The beginning of an id. */
export function cutId(id: string): string {
  return `${id.slice(0, 4)}…`
}

function decodePayload(text: string): string | null {
  const cut = (key: string, value: unknown): unknown =>
    key === 'i' && typeof value === 'string' ? cutId(value) : value
  try {
    return JSON.stringify(JSON.parse(text), cut, 2)
  } catch {
    return null
  }
}

/** The parts of a token that was opened and held `text`, or `null` if it is none. */
export function viewToken(token: string, text: string): TokenView | null {
  const [, format, fingerprint, body, mac] = SIGNED.exec(token) ?? SEALED.exec(token) ?? []
  if (format === undefined || fingerprint === undefined || body === undefined) return null
  const kind = KINDS[format.toUpperCase()]!
  return {
    format,
    fingerprint,
    // A payload begins with the time of creation, `{"c":…,`: 24 characters of it hold no id yet.
    body: kind === 'id' ? cutId(body) : `${body.slice(0, 24)}…${body.slice(-6)}`,
    bodyLength: body.length,
    mac: mac === undefined ? null : `${mac.slice(0, 6)}…`,
    kind,
    decoded: kind === 'id' ? null : decodePayload(text),
  }
}

/** What a `Set-Cookie` line says besides its value. */
export function viewSetCookie(line: string): SetCookieView {
  const [pair = '', ...attributes] = line.split('; ')
  return { name: pair.slice(0, pair.indexOf('=')), length: line.length, attributes }
}
