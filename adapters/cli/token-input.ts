/**
 * The cookie that somebody pasted: a token alone, a pair, a Cookie header or a Set-Cookie line.
 *
 * @module
 */
import { defaultEngine } from '../../bindings/codec/select.ts'

/** A cookie: its value, and its name if the text says that. */
export interface PastedCookie {
  readonly name: string | null
  readonly value: string
}

/** What could be a token of ours. */
const TOKEN = /^[TtPpUuQqSs][\w-]{3}[\w-]*(?:\.[\w-]{43})?$/

/**
 * Finds the cookie in a text: the one that is named, else the first that could be a token, else the
 * first. `null` if there is none.
 */
export function findCookie(text: string, wanted: string | undefined): PastedCookie | null {
  const setsCookie = /^\s*set-cookie\s*:/i.test(text)
  const pairs = text.replace(/^\s*(?:set-)?cookie\s*:/i, '').trim()
  if (!/[=;]/.test(pairs)) return pairs === '' ? null : { name: null, value: pairs }
  const list = defaultEngine.listCookies(pairs)
  const cookies: { name: string; value: string }[] = []
  for (let i = 0; i < list.length; i += 2) cookies.push({ name: list[i]!, value: list[i + 1]! })
  if (setsCookie) cookies.splice(1) // what follows are attributes
  if (wanted !== undefined) return cookies.find(({ name }) => name === wanted) ?? null
  return cookies.find(({ value }) => TOKEN.test(value)) ?? cookies[0] ?? null
}
