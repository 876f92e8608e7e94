/**
 * Bytes as base64 (RFC 4648 §4), by what every host has.
 *
 * @module
 */

/** As many arguments as every engine passes to a function. */
const CHUNK = 0x8000

/** Encodes bytes, with padding. */
export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let start = 0; start < bytes.length; start += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(start, start + CHUNK))
  }
  return btoa(binary)
}

/**
 * Decodes either alphabet, with padding or without; `null` if the text is not what its bytes would be
 * encoded as: `atob` itself takes white space, and spare bits that are not zero.
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  const plain = text.replaceAll('-', '+').replaceAll('_', '/')
  try {
    const bytes = Uint8Array.from(atob(plain), (character) => character.charCodeAt(0))
    const padded = toBase64(bytes)
    return plain === padded || plain === padded.replace(/=+$/, '') ? bytes : null
  } catch {
    return null
  }
}
