/**
 * The Cookie header: the twin of `core/cookie.ts`, which has the grammar and its rules.
 *
 * @module
 */
import { MAX_DUPLICATES } from '../engine.ts'

const TAB = 0x09
const SPACE = 0x20
const SEMICOLON = 0x3b
const EQUALS = 0x3d

function isBlank(unit: number): boolean {
  return unit === SPACE || unit === TAB
}

function skipBlanks(header: string, index: number, end: number): number {
  while (index < end && isBlank(header.charCodeAt(index))) index++
  return index
}

function trimBlanks(header: string, start: number, index: number): number {
  while (index > start && isBlank(header.charCodeAt(index - 1))) index--
  return index
}

/** The index of `character` at or behind `from`, or `end`. */
function indexOf(header: string, character: string, from: number, end: number): number {
  const index = header.indexOf(character, from)
  return index === -1 || index > end ? end : index
}

/** The value between `start` and `end`, without the blanks around it. */
function valueAt(header: string, start: number, end: number): string {
  const valueStart = skipBlanks(header, start, end)
  return header.slice(valueStart, trimBlanks(header, valueStart, end))
}

/** The pairs of a header in their order, as `[name, value, name, value, …]`. */
export function listCookies(header: string): string[] {
  const pairs: string[] = []
  let equals = -1
  for (let start = 0, end = 0; start < header.length; start = end + 1) {
    end = indexOf(header, ';', start, header.length)
    // A header without any more "=" is not searched again and again for each of its semicolons.
    if (equals < start) equals = indexOf(header, '=', start, header.length)
    if (equals === header.length) break
    if (equals > end) continue
    const nameStart = skipBlanks(header, start, equals)
    const nameEnd = trimBlanks(header, nameStart, equals)
    if (nameStart === nameEnd) continue
    pairs.push(header.slice(nameStart, nameEnd), valueAt(header, equals + 1, end))
  }
  return pairs
}

/** The values of the first {@link MAX_DUPLICATES} cookies of one name, in their order. */
export function cookiesNamed(header: string, wanted: string): string[] {
  const values: string[] = []
  let at = header.indexOf(wanted, 0)
  while (at !== -1 && values.length < MAX_DUPLICATES) {
    let next = at + wanted.length
    const before = trimBlanks(header, 0, at)
    const equals = skipBlanks(header, next, header.length)
    const beginsPair = before === 0 || header.charCodeAt(before - 1) === SEMICOLON
    if (beginsPair && header.charCodeAt(equals) === EQUALS) {
      next = indexOf(header, ';', equals + 1, header.length)
      values.push(valueAt(header, equals + 1, next))
    }
    at = header.indexOf(wanted, next)
  }
  return values
}
