/**
 * Tokens: what a cookie of ours holds, or a signed value without a cookie.
 *
 * ```text
 * signed text      T fff text . mac       a session id, or any string of base64url characters
 * signed payload   P fff base64url . mac  a record, or any other string
 * under BLAKE3     U …, Q …               the same
 * ```
 *
 * - The letter is the format; in lower case, a flash message waits in the session.
 * - `fff` is the fingerprint of the key that signed, so a list of secrets costs one HMAC.
 * - `mac` is HMAC-SHA256, as base64url, over all that is before the dot. Anyone can check it:
 *   `createHmac('sha256', hkdfSync('sha256', secret, '', 'tuile/1/<purpose>/<cookie name>', 32))`.
 *   The purpose of session ids is `id`, that of records `record`, that of signers `codec`; a signer
 *   without a name has an empty one. The other purposes are in keyring.ts.
 * - With `mac: 'blake3'` it is keyed BLAKE3, and the purpose is `blake3`.
 *
 * There is exactly one token for one value and key. Sealed tokens are in sealer.ts.
 *
 * @module
 */
import { MAX_COOKIE_SIZE, type Engine, type MacAlgorithm, type TokenRing } from './codec/engine.ts'
import { checkCookieName } from './cookie.ts'
import { ConfigurationError } from './errors.ts'
import { checkSecrets, deriveKeys } from './keyring.ts'
import { createVerifiedCache } from './verified-cache.ts'

/** Signs values and verifies them: those of one cookie, or bare ones. */
export interface Signer {
  /** The name of the cookie; `null` if the signer has none, and its values are bare. */
  readonly name: string | null
  /**
   * The token of a value, signed by the newest secret: the value for a `Set-Cookie`, or the bare one.
   *
   * @throws TypeError if the value is not well-formed Unicode.
   * @throws RangeError if name and token are together longer than the 4096 bytes of a cookie.
   */
  sign(value: string): string
  /**
   * The value of the cookie in a Cookie header, or `null` if there is none that verifies. Of several
   * cookies of the name, the first of four that verifies. Without a name, it takes the token itself,
   * and nothing around it. Never throws, whatever the string.
   */
  verify(received: string | null | undefined): string | null
}

/** What a signer is for. */
export interface SignerOptions {
  /**
   * The name of the cookie; a token made for one name does not verify for another, nor without one.
   *
   * @default none: `verify` takes the token instead of a Cookie header
   */
  readonly name?: string
  /**
   * How values are authenticated. `'hmac-sha256'` is what anyone can check with `createHmac`. Keyed
   * `'blake3'` is as strong and takes less than half the time; both ends must be told of it, since a
   * signer accepts its own kind alone.
   *
   * @default 'hmac-sha256'
   */
  readonly mac?: MacAlgorithm
  /**
   * How many Cookie headers, or bare tokens, that verified are remembered, whole: the same one again then
   * costs no MAC. For APIs whose clients send one header over and over. It holds up to two times as many
   * headers of at most 4,096 characters; what did not verify, and what is longer, is never kept. A
   * signer with other secrets has a cache of its own, so a secret that is retired is retired at once.
   *
   * @default 0, no cache
   */
  readonly cache?: number
}

const MACS: readonly MacAlgorithm[] = ['hmac-sha256', 'blake3']
const PLAIN_TEXT = /^[A-Za-z0-9_-]*$/
/** A surrogate without its other half. `isWellFormed()` says the same, on Node 20 and later only. */
const LONE_SURROGATE = /\p{Surrogate}/u

/** What is thrown for a value that is too long. */
export function tooLong(): RangeError {
  return new RangeError(`The value does not fit the ${MAX_COOKIE_SIZE} bytes of a cookie`)
}

/**
 * Refuses text that no cookie can hold.
 *
 * @throws RangeError if it is longer than a cookie.
 * @throws TypeError if it is not well-formed Unicode.
 */
export function checkValue(value: string): void {
  if (value.length > MAX_COOKIE_SIZE) throw tooLong()
  if (LONE_SURROGATE.test(value)) throw new TypeError('The value is not well-formed Unicode')
}

/** What a ring, which looks for cookies, calls a token that is in none. */
const BARE = 'value'
/** What only a token can be: no separator of cookies, no blank and no quote is in it. */
const BARE_TOKEN = /^[\w.-]+$/

/** The tokens of one cookie, or bare ones. */
export interface Tokens {
  readonly ring: TokenRing
  /**
   * Gives the token back.
   *
   * @throws RangeError if it does not fit a cookie.
   */
  checkSize(token: string): string
  /** The value in a Cookie header, or of a bare token; `null` if none opens. */
  open(received: string): string | null
}

/** Makes the tokens of a cookie, or bare ones without a name, on a ring of that name and limit. */
export function createTokens(
  name: string | null,
  createRing: (name: string, limit: number) => TokenRing
): Tokens {
  const room = MAX_COOKIE_SIZE - (name ?? '').length
  const ring = createRing(name ?? BARE, room + (name ?? BARE).length)
  const open = (header: string): string | null => {
    const opened = ring.open(header)
    return typeof opened === 'object' ? opened.text : null
  }
  const openBare = (token: string): string | null =>
    token.length <= room && BARE_TOKEN.test(token) ? open(`${BARE}=${token}`) : null

  return {
    ring,
    checkSize(token) {
      if (token.length > room) throw tooLong()
      return token
    },
    open: name === null ? openBare : open,
  }
}

/** Makes the signer of one engine. */
export function createSigner(
  engine: Engine,
  secrets: string | readonly string[],
  options: SignerOptions = {}
): Signer {
  const name = options.name === undefined ? null : checkCookieName(options.name)
  const { mac = 'hmac-sha256', cache = 0 } = options
  if (!MACS.includes(mac)) {
    throw new ConfigurationError(`mac must be one of ${MACS.join(', ')}, not ${String(mac)}`)
  }
  if (!Number.isSafeInteger(cache) || cache < 0) {
    throw new ConfigurationError(`cache must be a number of headers, not ${String(cache)}`)
  }
  const purpose = mac === 'blake3' ? 'blake3' : 'codec'
  const keys = deriveKeys(engine, checkSecrets(secrets), purpose, name ?? '')
  const { ring, checkSize, open } = createTokens(name, (own, limit) =>
    engine.createRing(own, keys, { mac, limit })
  )
  const verify = cache === 0 ? open : createVerifiedCache(open, cache)

  return {
    name,
    sign(value) {
      checkValue(value)
      const plain = PLAIN_TEXT.test(value)
      return checkSize(plain ? ring.signText(value, 'T') : ring.signPayload(value, 'P'))
    },
    verify(received) {
      return received ? verify(received) : null
    },
  }
}
