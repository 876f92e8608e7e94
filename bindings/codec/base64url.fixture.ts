/**
 * A reference for strict base64url that shares nothing with the engines.
 *
 * @module
 */

/** The alphabet of RFC 4648 §5. */
export const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The bytes, bit by bit, or `null` if the text is not strictly base64url without padding. */
export function referenceDecode(text: string): Uint8Array | null {
  const bytes: number[] = []
  let bits = 0
  let count = 0
  for (let i = 0; i < text.length; i++) {
    const sextet = ALPHABET.indexOf(text.charAt(i))
    if (sextet === -1) return null
    bits = ((bits << 6) | sextet) & 0x3fff
    count += 6
    if (count >= 8) {
      count -= 8
      bytes.push((bits >> count) & 0xff)
    }
  }
  // What is left must be fewer bits than a character has, and all zero.
  return count < 6 && (bits & ((1 << count) - 1)) === 0 ? Uint8Array.from(bytes) : null
}
