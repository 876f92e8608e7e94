/**
 * The Cookie header: the twin of `core/cookie.ts`, which has the grammar and its rules.
 *
 * @module
 */
import { MAX_DUPLICATES } from '../engine.ts'

const TAB = 0x09
const SPACE = 0x20

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

/** Calls `visit` with each pair; stops when that returns `false`. */
function eachPair(header: string, visit: (name: string, value: string) => boolean): void {
  let equals = -1
  for (let start = 0, end = 0; start < header.length; start = end + 1) {
    end = indexOf(header, ';', start, header.length)
    // A header without any more "=" is not searched again and again for each of its semicolons.
    if (equals < start) equals = indexOf(header, '=', start, header.length)
    if (equals === header.length) return
    if (equals > end) continue
    const nameStart = skipBlanks(header, start, equals)
    const nameEnd = trimBlanks(header, nameStart, equals)
    if (nameStart === nameEnd) continue
    const valueStart = skipBlanks(header, equals + 1, end)
    const valueEnd = trimBlanks(header, valueStart, end)
    if (!visit(header.slice(nameStart, nameEnd), header.slice(valueStart, valueEnd))) return
  }
}

/** The pairs of a header in their order, as `[name, value, name, value, …]`. */
export function listCookies(header: string): string[] {
  const pairs: string[] = []
  eachPair(header, (name, value) => {
    pairs.push(name, value)
    return true
  })
  return pairs
}

/** The values of the first {@link MAX_DUPLICATES} cookies of one name, in their order. */
export function cookiesNamed(header: string, wanted: string): string[] {
  const values: string[] = []
  if (!header.includes(wanted)) return values
  eachPair(header, (name, value) => {
    if (name === wanted) values.push(value)
    return values.length < MAX_DUPLICATES
  })
  return values
}
