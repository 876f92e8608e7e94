/**
 * Secrets, keys and tokens made by `node:crypto`, the way the documentation says anyone can.
 *
 * @module
 */
import { createHmac, hkdfSync } from 'node:crypto'
import type { RingKey, TokenFormat } from './engine.ts'
import { bytesOf } from './engines.fixture.ts'

/** Secrets that pass every check, the newest first. */
export const secrets: readonly [string, string, string] = [
  'newest-secret-0123456789abcdef-0123456789',
  'second-secret-0123456789abcdef-0123456789',
  'oldest-secret-0123456789abcdef-0123456789',
]

/** The key and the fingerprint that a secret gives for a cookie name. */
export function nodeKey(secret: string, cookieName: string, purpose = 'sign'): RingKey {
  const output = Buffer.from(hkdfSync('sha256', secret, '', `tuile/1/${purpose}/${cookieName}`, 35))
  return {
    key: new Uint8Array(output.subarray(0, 32)),
    fingerprint: output.subarray(32).toString('base64url').slice(0, 3),
  }
}

/** The token of what stands between `<k>` and the dot. */
export function nodeToken(
  { key, fingerprint }: RingKey,
  text: string,
  format: TokenFormat = 'T'
): string {
  const signed = `${format}${fingerprint}${text}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}

/** A key of that number, no secret behind it. */
export function testKey(number: number, fingerprint?: string): RingKey {
  const own = Buffer.from(bytesOf(3, number + 7919))
    .toString('base64url')
    .slice(0, 3)
  return { key: bytesOf(32, number), fingerprint: fingerprint ?? own }
}
