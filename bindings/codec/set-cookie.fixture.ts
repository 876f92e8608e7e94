/**
 * A parser of `Set-Cookie` lines that shares nothing with the serializer (RFC 6265bis §5.6).
 *
 * @module
 */

/** What a line says. */
export interface SetCookie {
  readonly name: string
  readonly value: string
  /** The attributes, by name in lower case; `true` for one without a value. */
  readonly attributes: Readonly<Record<string, string | true>>
}

const trim = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, '')

/** Parses a line as a browser does. An attribute that stands there twice is an error here. */
export function parseSetCookie(line: string): SetCookie {
  const [pair, ...parts] = line.split(';')
  const equals = pair!.indexOf('=')
  const attributes: Record<string, string | true> = {}
  for (const part of parts) {
    const at = part.indexOf('=')
    const name = trim(at === -1 ? part : part.slice(0, at)).toLowerCase()
    if (Object.hasOwn(attributes, name)) throw new Error(`${name} stands there twice: ${line}`)
    const value = at === -1 ? true : trim(part.slice(at + 1))
    // §5.6: an attribute of more than 1024 octets is ignored.
    if (value === true || value.length <= 1024) attributes[name] = value
  }
  return { name: trim(pair!.slice(0, equals)), value: trim(pair!.slice(equals + 1)), attributes }
}

/** The instant of an `Expires` that browsers understand (RFC 1123, §5.1.1: from 1601 on), or `null`. */
export function parseExpires(text: string): number | null {
  const date = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} (\d{4}) \d{2}:\d{2}:\d{2} GMT$/.exec(text)
  return date && Number(date[1]) >= 1601 ? Date.parse(text) : null
}
