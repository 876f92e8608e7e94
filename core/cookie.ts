/**
 * The Cookie header (RFC 6265bis §5.8.3 as browsers write it, §5.6 as a server must read it).
 *
 * ```abnf
 * cookie-string = cookie-pair *( ";" cookie-pair )
 * cookie-pair   = OWS cookie-name OWS "=" OWS cookie-value OWS
 * OWS           = *( SP / HTAB )
 * ```
 *
 * A semicolon always ends a pair, also inside quotes; a comma never does. Only SP and HTAB are blank.
 * Names are compared byte for byte, never decoded or normalised. A pair without "=" or without a name
 * is dropped. Quotes belong to the value.
 *
 * @module
 */
import { INPUT, OUTPUT } from './memory'

const SEMICOLON: u8 = 0x3b
const EQUALS: u8 = 0x3d
const SPACE: u8 = 0x20
const TAB: u8 = 0x09

/** Pairs that fit OUTPUT as four 16-bit offsets each. */
const MAX_PAIRS: i32 = 2048

/** Where the value that `findCookie` found begins and ends. */
export let valuePtr: usize = 0
export let valueEnd: usize = 0

function isBlank(byte: u8): bool {
  return byte === SPACE || byte === TAB
}

function skipBlanks(ptr: usize, end: usize): usize {
  while (ptr < end && isBlank(load<u8>(ptr))) ptr++
  return ptr
}

function trimBlanks(start: usize, ptr: usize): usize {
  while (ptr > start && isBlank(load<u8>(ptr - 1))) ptr--
  return ptr
}

/** Whether a pair can begin at `ptr`: at the header's start or behind a semicolon and blanks. */
function beginsPair(header: usize, ptr: usize): bool {
  const before = trimBlanks(header, ptr)
  return before === header || load<u8>(before - 1) === SEMICOLON
}

function equalBytes(left: usize, right: usize, len: i32): bool {
  for (let i: usize = 0; i < <usize>len; i++) {
    if (load<u8>(left + i) !== load<u8>(right + i)) return false
  }
  return true
}

/** The first `byte` at or behind `ptr`, or `end`. */
function indexOf(ptr: usize, end: usize, byte: u8): usize {
  const wanted = i8x16.splat(<i8>byte)
  for (; ptr < end; ptr += 16) {
    const hits = i8x16.bitmask(i8x16.eq(v128.load(ptr), wanted))
    if (hits !== 0) {
      const hit = ptr + <usize>ctz<i32>(hits)
      return hit < end ? hit : end
    }
  }
  return end
}

/**
 * Finds the next pair at or behind `from` whose name is the `nameLen` bytes at `name`, in the header
 * that ends at `end`. Sets `valuePtr` and `valueEnd`.
 */
export function findCookie(from: usize, end: usize, name: usize, nameLen: i32): bool {
  const size = <usize>nameLen
  const first = v128.load8_splat(name)
  const last = v128.load8_splat(name + size - 1)

  // 32 places a turn: the name's first character here, and its last where that would be.
  for (let ptr = from; ptr + size < end; ptr += 32) {
    const tail = ptr + size - 1
    let hits =
      i8x16.bitmask(v128.and(i8x16.eq(v128.load(ptr), first), i8x16.eq(v128.load(tail), last))) |
      (i8x16.bitmask(
        v128.and(i8x16.eq(v128.load(ptr, 16), first), i8x16.eq(v128.load(tail, 16), last))
      ) <<
        16)
    for (; hits !== 0; hits &= hits - 1) {
      const place = ptr + <usize>ctz<i32>(hits)
      if (place + size >= end) return false
      if (!equalBytes(place, name, nameLen) || !beginsPair(INPUT, place)) continue
      const equals = skipBlanks(place + size, end)
      if (equals === end || load<u8>(equals) !== EQUALS) continue
      const semicolon = indexOf(equals + 1, end, SEMICOLON)
      valuePtr = skipBlanks(equals + 1, semicolon)
      valueEnd = trimBlanks(valuePtr, semicolon)
      return true
    }
  }
  return false
}

/**
 * Lists the pairs of the header in INPUT: four 16-bit offsets each in OUTPUT, where the name begins
 * and ends, where the value begins and ends. Returns how many there are, or -1 if they do not fit.
 */
export function listCookies(len: i32): i32 {
  const end = INPUT + <usize>len
  let count = 0
  let next: usize = 0
  for (let ptr: usize = INPUT; ptr < end; ptr = next + 1) {
    next = indexOf(ptr, end, SEMICOLON)
    const equals = indexOf(ptr, next, EQUALS)
    if (equals === next) continue
    const nameStart = skipBlanks(ptr, equals)
    const nameEnd = trimBlanks(nameStart, equals)
    if (nameStart === nameEnd) continue
    if (count === MAX_PAIRS) return -1
    const valueStart = skipBlanks(equals + 1, next)
    const offsets = OUTPUT + ((<usize>count) << 3)
    store<u16>(offsets, <u16>(nameStart - INPUT))
    store<u16>(offsets, <u16>(nameEnd - INPUT), 2)
    store<u16>(offsets, <u16>(valueStart - INPUT), 4)
    store<u16>(offsets, <u16>(trimBlanks(valueStart, next) - INPUT), 6)
    count++
  }
  return count
}
