/**
 * Secrets, and the keys made from them.
 *
 * A secret never signs anything itself. Each cookie name and purpose has keys of its own, derived by
 * HKDF with `info = tuile/1/<purpose>/<cookie name>`: a token made for one of them never verifies for
 * another, and that costs nothing per request. So nothing that an app signs or seals with the secret
 * of its sessions is ever a session.
 *
 * @module
 */
import { MAX_KEYS, type Engine, type RingKey, type TokenRing } from './codec/engine.ts'
import { hkdfSha256 } from './codec/hkdf.ts'
import { ConfigurationError } from './errors.ts'

/**
 * What a key is for:
 *
 * - `id`: the signed ids of sessions on a server
 * - `record`: the signed records of sessions in cookies
 * - `seal`: the sealed ones
 * - `csrf`: tokens against forged requests
 * - `client`: the client ids of the socket.io bridge, and its pointers in the storage
 * - `bus`: messages between processes
 * - `codec`: all that `createSigner` and `createSealer` make
 * - `blake3`: what `createSigner` makes with `mac: 'blake3'`, so that HMAC never sees these keys
 */
export type KeyPurpose = 'id' | 'record' | 'seal' | 'csrf' | 'client' | 'bus' | 'codec' | 'blake3'

/** Which keys a ring has. Without a purpose it has none of that kind, and such tokens are malformed. */
export interface RingPurposes {
  /** The purpose of the keys that sign. */
  readonly sign?: KeyPurpose | undefined
  /** The purpose of the keys that seal. */
  readonly seal?: KeyPurpose | undefined
}

const MIN_SECRET_SIZE = 32
const KEY_SIZE = 32
/** Bytes behind the key that become its fingerprint: 3 characters are 18 bits of 24. */
const FINGERPRINT_SIZE = 3
const ADVICE = 'Make one with `npx tuile keygen` or `openssl rand -base64 32`'

/** What tutorials and `.env` templates contain, of any length. */
const PLACEHOLDER = /^(?:change[-_ ]?(?:me|this)|(?:keyboard cat\W*)+$|secret$|your[-_ ]secret)/i

const encoder = new TextEncoder()

function checkSecret(secret: unknown, index: number): Uint8Array {
  const which = `secrets[${index}]`
  if (typeof secret !== 'string')
    throw new ConfigurationError(`${which} is not a string. ${ADVICE}`)
  if (PLACEHOLDER.test(secret)) {
    throw new ConfigurationError(`${which} is a well-known placeholder. ${ADVICE}`)
  }
  const bytes = encoder.encode(secret)
  if (bytes.length < MIN_SECRET_SIZE) {
    throw new ConfigurationError(
      `${which} has ${bytes.length} bytes; it needs at least ${MIN_SECRET_SIZE}. ${ADVICE}`
    )
  }
  return bytes
}

/**
 * Checks secrets, the newest first, and gives their bytes.
 *
 * @throws ConfigurationError if there is none, more than 16, or one that is too short or well known.
 * No secret is ever part of the message.
 */
export function checkSecrets(secrets: string | readonly string[] | undefined): Uint8Array[] {
  const list = secrets === undefined ? [] : typeof secrets === 'string' ? [secrets] : secrets
  if (!Array.isArray(list) || list.length === 0) {
    throw new ConfigurationError(`secrets is missing: at least one is needed. ${ADVICE}`)
  }
  if (list.length > MAX_KEYS) {
    throw new ConfigurationError(`secrets has ${list.length} entries; at most ${MAX_KEYS} are used`)
  }
  return list.map(checkSecret)
}

/**
 * The keys of one purpose and cookie name, in the order of the secrets. The fingerprint comes from
 * the same derivation, behind the key, so it tells nothing about it.
 */
export function deriveKeys(
  engine: Engine,
  secrets: readonly Uint8Array[],
  purpose: KeyPurpose,
  cookieName: string
): RingKey[] {
  const salt = new Uint8Array(0)
  const info = encoder.encode(`tuile/1/${purpose}/${cookieName}`)
  return secrets.map((secret) => {
    const output = hkdfSha256(engine, secret, salt, info, KEY_SIZE + FINGERPRINT_SIZE)
    const fingerprint = engine.encodeBase64url(output.subarray(KEY_SIZE)).slice(0, 3)
    return { key: output.slice(0, KEY_SIZE), fingerprint }
  })
}

/** Makes the ring of a cookie name, with the keys of these purposes. */
export function createRingFor(
  engine: Engine,
  secrets: readonly Uint8Array[],
  { sign, seal }: RingPurposes,
  cookieName: string,
  limit?: number
): TokenRing {
  const keysOf = (purpose: KeyPurpose | undefined): RingKey[] =>
    purpose === undefined ? [] : deriveKeys(engine, secrets, purpose, cookieName)
  return engine.createRing(cookieName, keysOf(sign), { seal: keysOf(seal), limit })
}
