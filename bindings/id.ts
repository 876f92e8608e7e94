/**
 * Session ids.
 *
 * @module
 */
import type { Engine } from './codec/engine.ts'

/** Bytes of randomness in an id: 144 bits (OWASP ASVS 5.0 §7.2.3 asks for 128). */
const ID_BYTES = 18

/** Characters of an id. */
export const ID_SIZE = 24

/** An id: 24 base64url characters. */
const ID = /^[A-Za-z0-9_-]{24}$/

/** A new id from the platform's random generator; what that throws is not caught. */
export function createId(engine: Engine): string {
  return engine.encodeBase64url(crypto.getRandomValues(new Uint8Array(ID_BYTES)))
}

/** Whether a text has the shape of an id. */
export function isId(text: string): boolean {
  return ID.test(text)
}

/** The key of an owner in indexes: a hash as well, never that of an id, which has no slash. */
export function ownerKey(engine: Engine, userId: string): string {
  return engine.sha256Text(`tuile/1/owner/${userId}`)
}

/** The storage key of an id: its SHA-256 as base64url, so that a stolen store opens nothing. */
export function storageKey(engine: Engine, id: string): string {
  return engine.sha256Text(id)
}
