/**
 * The codec alone: signed and sealed values, in cookies or without, base64url, SHA-256 and HMAC,
 * synchronously, for programs that want no sessions.
 *
 * A signer or a sealer may have the secrets of sessions: its keys are others, so nothing that it makes
 * is ever a session, whatever the value and the name.
 *
 * @module
 */
import type { Engine, MacAlgorithm } from './codec/engine.ts'
import {
  defaultEngine,
  defaultEngineInfo,
  selectEngine,
  type EngineInfo,
  type EngineName,
} from './codec/select.ts'
import {
  parseCookies as parseCookiesWith,
  serializeCookie,
  type CookieAttributes,
} from './cookie.ts'
import { createSealer as createSealerWith, type Sealer, type SealerOptions } from './sealer.ts'
import { createSigner as createSignerWith, type Signer, type SignerOptions } from './token.ts'

export { serializeCookie, type CookieAttributes, type EngineInfo, type EngineName }
export type { MacAlgorithm, Sealer, SealerOptions, Signer, SignerOptions }

/** base64url without padding (RFC 4648 §5). */
export interface Base64url {
  /** Encodes bytes. */
  encode(bytes: Uint8Array): string
  /**
   * Decodes text, or gives `null` if it is not strictly base64url: a character outside the alphabet,
   * padding, an impossible length, a spare bit that is not zero.
   */
  decode(text: string): Uint8Array | null
}

/** The functions of this module, on one engine. */
export interface Codec {
  /** Which engine it is, and why. */
  readonly engine: EngineInfo
  /** See {@link parseCookies}. */
  parseCookies(header: string | null | undefined): Record<string, string>
  /** See {@link serializeCookie}. */
  serializeCookie(name: string, value: string, attributes?: CookieAttributes): string
  /** See {@link base64url}. */
  readonly base64url: Base64url
  /** See {@link sha256}. */
  sha256(message: Uint8Array): Uint8Array
  /** See {@link hmacSha256}. */
  hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array
  /** See {@link keyedBlake3}. */
  keyedBlake3(key: Uint8Array, message: Uint8Array): Uint8Array
  /** See {@link createSigner}. */
  createSigner(secrets: string | readonly string[], options?: SignerOptions): Signer
  /** See {@link createSealer}. */
  createSealer(secrets: string | readonly string[], options?: SealerOptions): Sealer
}

/** How to choose the engine of a codec. */
export interface CodecOptions {
  /**
   * The engine. Both give the same bytes.
   *
   * @default the fastest one that this host allows
   */
  readonly engine?: EngineName
}

const BLAKE3_KEY_SIZE = 32

function codecOf(engine: Engine, info: EngineInfo): Codec {
  return {
    engine: info,
    parseCookies: (header) => parseCookiesWith(engine, header),
    serializeCookie,
    base64url: {
      encode: (bytes) => engine.encodeBase64url(bytes),
      decode: (text) => engine.decodeBase64url(text),
    },
    sha256: (message) => engine.sha256(message),
    hmacSha256: (key, message) => engine.hmacSha256(key, message),
    keyedBlake3(key, message) {
      if (key.length !== BLAKE3_KEY_SIZE) {
        throw new RangeError(`A key of BLAKE3 has ${BLAKE3_KEY_SIZE} bytes, not ${key.length}`)
      }
      return engine.keyedBlake3(key, message)
    },
    createSigner: (secrets, options) => createSignerWith(engine, secrets, options),
    createSealer: (secrets, options) => createSealerWith(engine, secrets, options),
  }
}

/**
 * The codec on an engine of your choice.
 *
 * @throws EngineUnavailableError if `wasm` is asked for where WebAssembly may not run.
 *
 * @example
 * ```ts
 * import { createCodec } from 'tuile/codec'
 *
 * const wasm = createCodec({ engine: 'wasm' })
 * const portable = createCodec({ engine: 'portable' })
 * const bytes = Uint8Array.of(1, 2, 3)
 * assert.deepEqual(wasm.sha256(bytes), portable.sha256(bytes))
 * ```
 */
export function createCodec(options: CodecOptions = {}): Codec {
  if (options.engine === undefined) return defaultCodec
  const { engine, info } = selectEngine(options.engine)
  return codecOf(engine, info)
}

const defaultCodec = codecOf(defaultEngine, defaultEngineInfo)

/** Which engine is in use, and why. `TUILE_ENGINE=portable` or `=wasm` in the environment forces one. */
export const engine: EngineInfo = defaultCodec.engine

/**
 * The cookies of a Cookie header: the first of each name, percent-decoded where that is possible. The
 * object has no prototype. No header makes it throw.
 *
 * @example
 * ```ts
 * import { parseCookies } from 'tuile/codec'
 *
 * const cookies = parseCookies('theme=dark%20blue; theme=light; __proto__=plain')
 * assert.equal(cookies.theme, 'dark blue')
 * assert.equal(cookies.__proto__, 'plain')
 * ```
 */
export const parseCookies: Codec['parseCookies'] = defaultCodec.parseCookies

/**
 * base64url, strict: there is one text for one value.
 *
 * @example
 * ```ts
 * import { base64url } from 'tuile/codec'
 *
 * assert.equal(base64url.encode(Uint8Array.of(3, 236, 255)), 'A-z_')
 * assert.deepEqual(base64url.decode('A-z_'), Uint8Array.of(3, 236, 255))
 * assert.equal(base64url.decode('A+z/'), null)
 * ```
 */
export const base64url: Base64url = defaultCodec.base64url

/**
 * SHA-256 (FIPS 180-4) of a message of any length: 32 bytes.
 *
 * @example
 * ```ts
 * import { base64url, sha256 } from 'tuile/codec'
 *
 * const digest = sha256(new TextEncoder().encode('abc'))
 * assert.equal(base64url.encode(digest), 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
 * ```
 */
export const sha256: Codec['sha256'] = defaultCodec.sha256

/**
 * HMAC-SHA256 (RFC 2104) of a message under a key of any length: 32 bytes.
 *
 * @example
 * ```ts
 * import { hmacSha256 } from 'tuile/codec'
 *
 * const text = new TextEncoder()
 * const tag = hmacSha256(text.encode('Jefe'), text.encode('what do ya want for nothing?'))
 * assert.equal(tag[0], 0x5b) // RFC 4231 §4.3
 * ```
 */
export const hmacSha256: Codec['hmacSha256'] = defaultCodec.hmacSha256

/**
 * Keyed BLAKE3 (https://github.com/BLAKE3-team/BLAKE3-specs) of a message of any length: 32 bytes.
 *
 * @throws RangeError if the key has not 32 bytes.
 *
 * @example
 * ```ts
 * import { base64url, keyedBlake3 } from 'tuile/codec'
 *
 * const key = new TextEncoder().encode('whats the Elvish word for friend')
 * const hash = keyedBlake3(key, new Uint8Array(0)) // an official test vector
 * assert.equal(base64url.encode(hash), 'krK3VgTtPHYfnW9iOSyKkietDqPwlXPng_FJik7WDSY')
 * ```
 */
export const keyedBlake3: Codec['keyedBlake3'] = defaultCodec.keyedBlake3

/**
 * A signer of values: for one cookie with a `name`, else of bare values, for links, forms or headers.
 * The newest secret signs, all verify.
 *
 * Signers of one secret and name verify each other's values, and so do those without a name: say in a
 * bare value what it is for.
 *
 * @throws ConfigurationError if a secret is missing, short or well known, or the name, `mac` or `cache`
 * is not valid.
 *
 * @example
 * ```ts
 * import { createSigner } from 'tuile/codec'
 *
 * const signer = createSigner(secrets, { name: 'cart' })
 * const token = signer.sign('42')
 * assert.equal(signer.verify(`theme=dark; cart=${token}`), '42')
 * assert.equal(signer.verify(`cart=${token}x`), null)
 *
 * // Without a name there is no cookie: the token is all that is verified.
 * const links = createSigner(secrets)
 * assert.equal(links.name, null)
 * assert.equal(links.verify(links.sign('unsubscribe:42')), 'unsubscribe:42')
 *
 * // For APIs that verify on every request: less than half the time, and none for a header seen before
 * const fast = createSigner(secrets, { name: 'cart', mac: 'blake3', cache: 10_000 })
 * assert.equal(fast.verify(`cart=${fast.sign('42')}`), '42')
 * ```
 */
export const createSigner: Codec['createSigner'] = defaultCodec.createSigner

/**
 * A sealer of values for what their user must not read: XChaCha20-Poly1305. With a `name`, it is for
 * one cookie, else its values are bare, as those of a signer. The newest secret seals, all open. A
 * signer's token does not open, nor does a signer take a sealed one.
 *
 * @throws ConfigurationError if a secret is missing, short or well known, or the name is not valid.
 *
 * @example
 * ```ts
 * import { createSealer } from 'tuile/codec'
 *
 * const sealer = createSealer(secrets, { name: 'cart' })
 * const token = sealer.seal('discount: 20 %')
 * assert.equal(sealer.open(`theme=dark; cart=${token}`), 'discount: 20 %')
 * assert.equal(sealer.open(`cart=${token}x`), null)
 *
 * const bare = createSealer(secrets)
 * assert.equal(bare.open(bare.seal('discount: 20 %')), 'discount: 20 %')
 * ```
 */
export const createSealer: Codec['createSealer'] = defaultCodec.createSealer
