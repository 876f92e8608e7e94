/**
 * What somebody pasted: a token alone, a pair, a Cookie header, a Set-Cookie line, or the header of a
 * client that has no cookies.
 *
 * @module
 */
import { headerCarrier } from '../../bindings/carrier.ts'
import { defaultEngine } from '../../bindings/codec/select.ts'

/** A token that was found. */
export interface PastedToken {
  /** The name that its keys are made for, if the text says that. */
  readonly name: string | null
  readonly value: string
  /** How many cookies it was in. */
  readonly parts: number
}

/** What could be a token of ours, or the first piece of one. */
const TOKEN = /^[2-9]?[TtPpUuQqSs][\w-]{3}[\w-]*(?:\.[\w-]{0,43})?$/

/** A header with a token in it, see the option `transport`. */
const HEADER = /^\s*(authorization\s*:\s*bearer|bearer|[\w-]+\s*:)\s+([^\s;=,]+)\s*$/i

function fromHeader(text: string): PastedToken | null {
  const [, kind, value] = HEADER.exec(text) ?? []
  if (kind === undefined || value === undefined || /^(?:set-)?cookie\s*:/i.test(kind)) return null
  const header = /bearer$/i.test(kind) ? 'authorization' : kind.replace(/\s*:$/, '').toLowerCase()
  return { name: headerCarrier(header, '').name, value, parts: 1 }
}

/**
 * Finds the token in a text: that of the cookie which is named, else the first that could be one, else
 * the first value. One that is in several cookies is joined. `null` if there is none.
 */
export function findToken(text: string, wanted: string | undefined): PastedToken | null {
  const inHeader = fromHeader(text)
  if (inHeader !== null) return inHeader
  const setsCookie = /^\s*set-cookie\s*:/i.test(text)
  const pairs = text.replace(/^\s*(?:set-)?cookie\s*:/i, '').trim()
  if (!/[=;]/.test(pairs)) return pairs === '' ? null : { name: null, value: pairs, parts: 1 }
  const list = defaultEngine.listCookies(pairs)
  const cookies: { name: string; value: string }[] = []
  for (let i = 0; i < list.length; i += 2) cookies.push({ name: list[i]!, value: list[i + 1]! })
  if (setsCookie) cookies.splice(1) // what follows are attributes
  const found =
    wanted === undefined
      ? (cookies.find(({ value }) => TOKEN.test(value)) ?? cookies[0])
      : cookies.find(({ name }) => name === wanted)
  if (found === undefined) return null
  const { name, value } = found
  const parts = /^[2-9][TtPpUuQqSs]/.test(value) ? Number(value[0]) : 1
  if (parts === 1) return { name, value, parts }
  const pieces = Array.from({ length: parts - 1 }, (_, i) => `${name}.${i + 1}`).map(
    (part) => cookies.find((cookie) => cookie.name === part)?.value ?? ''
  )
  return { name, value: value.slice(1) + pieces.join(''), parts }
}
