/**
 * Sealed values: what nobody can read or change who has not the secret.
 *
 * ```text
 * S fff base64url(nonce ‖ ciphertext ‖ tag)
 * ```
 *
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): a random nonce of 24 bytes, then the ciphertext and
 * its tag of 16. The associated data is what stands before, the letter and the fingerprint; the key is
 * that of `tuile/1/seal/<cookie name>`, as token.ts has it for signatures. Random nonces of 192 bits
 * repeat after 2^80 tokens of one key with a chance of 2^-32, so there is no number to count to.
 *
 * @module
 */
import { MAX_COOKIE_SIZE, type Engine } from './codec/engine.ts'
import { checkCookieName } from './cookie.ts'
import { checkSecrets, deriveKeys } from './keyring.ts'
import { checkValue, tooLong } from './token.ts'

/** Seals values for one cookie and opens them in Cookie headers. */
export interface Sealer {
  /** The name of the cookie. */
  readonly name: string
  /**
   * The token of a value, sealed by the newest secret: the value for a `Set-Cookie`. Each time it is
   * another one.
   *
   * @throws TypeError if the value is not well-formed Unicode.
   * @throws RangeError if name and token are together longer than the 4096 bytes of a cookie.
   */
  seal(value: string): string
  /**
   * The value of the cookie in a Cookie header, or `null` if there is none that opens. Never throws,
   * whatever the header. Of several cookies of the name, the first of four that opens.
   */
  open(header: string | null | undefined): string | null
}

/** What a sealer is for. */
export interface SealerOptions {
  /**
   * The name of the cookie; a token made for one name does not open for another.
   *
   * @default '__Host-session'
   */
  readonly name?: string
}

/** Makes the sealer of one engine. */
export function createSealer(
  engine: Engine,
  secrets: string | readonly string[],
  options: SealerOptions = {}
): Sealer {
  const name = checkCookieName(options.name ?? '__Host-session')
  const seal = deriveKeys(engine, checkSecrets(secrets), 'seal', name)
  const ring = engine.createRing(name, [], { seal })

  return {
    name,
    seal(value) {
      checkValue(value)
      const token = ring.sealPayload(value, 'S')
      if (name.length + token.length > MAX_COOKIE_SIZE) throw tooLong()
      return token
    },
    open(header) {
      const opened = header ? ring.open(header) : 'none'
      return typeof opened === 'object' ? opened.text : null
    },
  }
}
