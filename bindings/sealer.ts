/**
 * Sealed values: what nobody can read or change who has not the secret.
 *
 * ```text
 * S fff base64url(nonce ‖ ciphertext ‖ tag)
 * ```
 *
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): a random nonce of 24 bytes, then the ciphertext and
 * its tag of 16. The associated data is what stands before, the letter and the fingerprint. The key is
 * derived as token.ts has it for signatures: its purpose is `seal` for records, `codec` for sealers.
 * Random nonces of 192 bits repeat after 2^80 tokens of one key with a chance of 2^-32, so there is no
 * number to count to.
 *
 * @module
 */
import type { Engine } from './codec/engine.ts'
import { checkCookieName } from './cookie.ts'
import { checkSecrets, deriveKeys } from './keyring.ts'
import { checkValue, createTokens } from './token.ts'

/** Seals values and opens them: those of one cookie, or bare ones. */
export interface Sealer {
  /** The name of the cookie; `null` if the sealer has none, and its values are bare. */
  readonly name: string | null
  /**
   * The token of a value, sealed by the newest secret: the value for a `Set-Cookie`, or the bare one.
   * Each time it is another one.
   *
   * @throws TypeError if the value is not well-formed Unicode.
   * @throws RangeError if name and token are together longer than the 4096 bytes of a cookie.
   */
  seal(value: string): string
  /**
   * The value of the cookie in a Cookie header, or `null` if there is none that opens. Of several
   * cookies of the name, the first of four that opens. Without a name, it takes the token itself, and
   * nothing around it. Never throws, whatever the string.
   */
  open(received: string | null | undefined): string | null
}

/** What a sealer is for. */
export interface SealerOptions {
  /**
   * The name of the cookie; a token made for one name does not open for another, nor without one.
   *
   * @default none: `open` takes the token instead of a Cookie header
   */
  readonly name?: string
}

/** Makes the sealer of one engine. */
export function createSealer(
  engine: Engine,
  secrets: string | readonly string[],
  options: SealerOptions = {}
): Sealer {
  const name = options.name === undefined ? null : checkCookieName(options.name)
  const seal = deriveKeys(engine, checkSecrets(secrets), 'codec', name ?? '')
  const { ring, checkSize, open } = createTokens(name, (own, limit) =>
    engine.createRing(own, [], { seal, limit })
  )

  return {
    name,
    seal(value) {
      checkValue(value)
      return checkSize(ring.sealPayload(value, 'S'))
    },
    open(received) {
      return received ? open(received) : null
    },
  }
}
