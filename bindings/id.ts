/**
 * Session ids: a session key, which stays for the life of the session, and a rotation, which changes.
 *
 * ```text
 * id = session key (16 characters) + rotation (24 characters)
 * ```
 *
 * The session key names the record. The rotation is the credential: the record holds the current one,
 * and `regenerateId()` draws another.
 *
 * @module
 */
import type { Engine } from './codec/engine.ts'

/** Bytes of a session key: 96 bits, so that two sessions never share one. It is no credential. */
const SESSION_KEY_BYTES = 12
/** Bytes of a rotation: 144 bits (OWASP ASVS 5.0 §7.2.3 asks for 128). */
const ROTATION_BYTES = 18

/** Characters of a session key. */
export const SESSION_KEY_SIZE = 16
/** Characters of an id. */
export const ID_SIZE = 40

const ID = /^[A-Za-z0-9_-]{40}$/

/** Random bytes of the platform's generator as base64url. What the generator throws is not caught. */
export function randomString(engine: Engine, bytes: number = ROTATION_BYTES): string {
  return engine.encodeBase64url(crypto.getRandomValues(new Uint8Array(bytes)))
}

/** The id of a new session. Both parts are multiples of 3 bytes, so they encode side by side. */
export function createId(engine: Engine): string {
  return randomString(engine, SESSION_KEY_BYTES + ROTATION_BYTES)
}

/** A new rotation. */
export function createRotation(engine: Engine): string {
  return randomString(engine)
}

/** Whether a value has the shape of an id. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value)
}

/** The session key of an id. */
export function sessionKeyOf(id: string): string {
  return id.slice(0, SESSION_KEY_SIZE)
}

/** The rotation of an id. */
export function rotationOf(id: string): string {
  return id.slice(SESSION_KEY_SIZE)
}

/** The key of an owner in indexes: a hash as well, never that of an id, which has no slash. */
export function ownerKey(engine: Engine, userId: string): string {
  return engine.sha256Text(`tuile/1/owner/${userId}`)
}

/** The storage key of a session: the SHA-256 of its session key, so that a stolen store opens nothing. */
export function storageKey(engine: Engine, id: string): string {
  return engine.sha256Text(sessionKeyOf(id))
}

/** The storage key of the snapshot that a rotation leaves for its `grace`: a hash of the whole old id. */
export function snapshotKey(engine: Engine, id: string): string {
  return engine.sha256Text(id)
}
