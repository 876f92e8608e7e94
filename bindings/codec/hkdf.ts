/**
 * HKDF-SHA256 (RFC 5869).
 *
 * @module
 */
import type { Engine } from './engine.ts'

const HASH_SIZE = 32

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/**
 * `size` bytes from input keying material, for one purpose (`info`).
 *
 * @throws RangeError if more than 8,160 bytes are asked for (§2.3).
 */
export function hkdfSha256(
  engine: Engine,
  material: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  size: number
): Uint8Array {
  if (size > 255 * HASH_SIZE) throw new RangeError('HKDF gives at most 8160 bytes')
  // §2.2: an absent salt is as many zeros as the hash has bytes, which HMAC pads to anyway.
  const pseudorandomKey = engine.hmacSha256(salt, material)
  const output = new Uint8Array(size)
  let previous = new Uint8Array(0) as Uint8Array
  for (let counter = 1, offset = 0; offset < size; counter++, offset += HASH_SIZE) {
    previous = engine.hmacSha256(pseudorandomKey, concat(previous, info, Uint8Array.of(counter)))
    output.set(previous.subarray(0, size - offset), offset)
  }
  return output
}
