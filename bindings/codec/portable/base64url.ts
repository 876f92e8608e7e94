/**
 * Strict base64url without padding (RFC 4648 §5, §3.5): the twin of `core/base64url.ts`.
 *
 * @module
 */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The character codes of the alphabet. */
const CODES = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0))

/** The sextet of each of the first 128 code units, or 64 for one that is not in the alphabet. */
const SEXTETS = new Uint8Array(128).fill(64)
for (let i = 0; i < 64; i++) SEXTETS[ALPHABET.charCodeAt(i)] = i

function sextetAt(text: string, index: number): number {
  const unit = text.charCodeAt(index)
  return unit < 128 ? SEXTETS[unit]! : 64
}

const decoder = new TextDecoder()

/** Encodes bytes. Joined from characters, 3,000 of them took 60 µs instead of 6. */
export function encodeBase64url(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil((bytes.length * 4) / 3))
  encodeGroups(bytes, codes)
  return decoder.decode(codes)
}

/** Encodes bytes as the codes of their characters; what does not fit behind the last is dropped. */
export function encodeGroups(bytes: Uint8Array, codes: Uint8Array): void {
  for (let i = 0, out = 0; i < bytes.length; i += 3, out += 4) {
    const group = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!
    codes[out] = CODES[group >>> 18]!
    codes[out + 1] = CODES[(group >>> 12) & 63]!
    codes[out + 2] = CODES[(group >>> 6) & 63]!
    codes[out + 3] = CODES[group & 63]!
  }
}

/**
 * Decodes text; `null` if a character is not in the alphabet, the length is impossible, or a spare
 * bit is set.
 */
export function decodeBase64url(text: string): Uint8Array | null {
  const rest = text.length % 4
  if (rest === 1) return null
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let bad = 0
  let out = 0
  let i = 0
  for (; i + 4 <= text.length; i += 4) {
    const a = sextetAt(text, i)
    const b = sextetAt(text, i + 1)
    const c = sextetAt(text, i + 2)
    const d = sextetAt(text, i + 3)
    bad |= a | b | c | d
    bytes[out++] = (a << 2) | (b >>> 4)
    bytes[out++] = (b << 4) | (c >>> 2)
    bytes[out++] = (c << 6) | d
  }
  if (rest > 0) {
    const a = sextetAt(text, i)
    const b = sextetAt(text, i + 1)
    const c = rest === 3 ? sextetAt(text, i + 2) : 0
    bad |= a | b | c
    bytes[out++] = (a << 2) | (b >>> 4)
    if (rest === 3) bytes[out++] = (b << 4) | (c >>> 2)
    const spare = rest === 2 ? b & 15 : c & 3
    if (spare !== 0) return null
  }
  return (bad & 64) === 0 ? bytes : null
}
