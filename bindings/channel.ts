/**
 * Channels: how a session's token gets to the client and back, made and read with the keys of one name.
 *
 * @module
 */
import type { Carrier } from './carrier.ts'
import {
  MAX_DUPLICATES,
  MAX_HEADER_SIZE,
  type OpenedToken,
  type Rejection,
  type TokenRing,
} from './codec/engine.ts'
import { defaultEngine } from './codec/select.ts'
import { CookieOverflowError } from './errors.ts'
import { checkSecrets, createRingFor, type RingPurposes } from './keyring.ts'
import { largestValues } from './record.ts'
import { type LiveSecrets, MadeFromSecrets } from './secrets.ts'
import type { Origin } from './session-state.ts'
import type { CookieStorage, SessionStorage } from './storage/contract.ts'

/** Makes the token of a stored session. */
export interface TokenMaker {
  /** Characters of the token. */
  tokenSize(origin: Origin): number
  /** The token. Its size must have been found to fit a cookie. */
  token(ring: TokenRing, origin: Origin): string
}

/** Rings that were made before: where secrets come with the request, they are the same each time. */
const rings = new Map<string, TokenRing>()
const MAX_RINGS = 100

/**
 * Which keys the sessions of a storage need: those of signed ids, or those of the modes in which their
 * records may come.
 */
export function purposesOf(storage: SessionStorage | CookieStorage): RingPurposes {
  // Server storages keep signed ids: there is nothing in them to hide.
  if (!('stateless' in storage)) return { sign: 'id' }
  const modes = [storage.mode, ...(storage.accept ?? [])]
  return {
    sign: modes.includes('signed') ? 'record' : undefined,
    seal: modes.includes('sealed') ? 'seal' : undefined,
  }
}

/** The ring of a cookie name, with the keys of these purposes. */
export function ringOf(
  cookieName: string,
  secrets: readonly string[],
  purposes: RingPurposes,
  limit?: number
): TokenRing {
  const key = JSON.stringify([cookieName, secrets, purposes, limit])
  const known = rings.get(key)
  if (known !== undefined) return known
  const ring = createRingFor(defaultEngine, checkSecrets(secrets), purposes, cookieName, limit)
  if (rings.size === MAX_RINGS) rings.delete(rings.keys().next().value!)
  rings.set(key, ring)
  return ring
}

/** One carrier, and the keys of its name. `received` is what the carrier looks for its token in. */
export class Channel {
  readonly #carrier: Carrier
  readonly #ring: MadeFromSecrets<TokenRing>

  constructor(carrier: Carrier, secrets: LiveSecrets, purposes: RingPurposes) {
    this.#carrier = carrier
    this.#ring = new MadeFromSecrets(secrets, (list) =>
      ringOf(carrier.name, list, purposes, carrier.limit)
    )
  }

  /**
   * The token that a request brought, verified, or why there is none.
   *
   * @throws SessionSecretsError if there is no secret.
   */
  open(received: string): OpenedToken | Rejection {
    return this.#ring.current.open(this.#carrier.headerOf(received))
  }

  /**
   * All tokens that a request brought and that verify, of the first four of our name.
   *
   * @throws SessionSecretsError if there is no secret.
   */
  openAll(received: string): OpenedToken[] {
    const { name } = this.#carrier
    return this.#values(received)
      .slice(0, MAX_DUPLICATES)
      .map((value) => this.#ring.current.open(`${name}=${value}`))
      .filter((opened) => typeof opened === 'object')
  }

  /** How many cookies of our name a request brought. What is too long to be looked at has none. */
  count(received: string): number {
    return this.#values(received).length
  }

  /** The values of our name that a request brought. */
  #values(received: string): string[] {
    if (received === '' || received.length > MAX_HEADER_SIZE) return []
    const pairs = defaultEngine.listCookies(this.#carrier.headerOf(received))
    return pairs.filter((_, index) => index % 2 === 1 && pairs[index - 1] === this.#carrier.name)
  }

  /** Whether the token that a request brought says, unverified, that a flash message waits. */
  flashWaits(received: string): boolean {
    const { name } = this.#carrier
    const header = this.#carrier.headerOf(received)
    return ['t', 'p', 's'].some((letter) => header.includes(`${name}=${letter}`))
  }

  /**
   * The lines that give the client a stored session, which lives for `remaining` more seconds.
   *
   * @throws CookieOverflowError if browsers would drop one.
   * @throws SessionSecretsError if there is no secret.
   */
  set(maker: TokenMaker, origin: Origin, remaining: number, received: string): string[] {
    const { size, limit } = this.#carrier.measure(maker.tokenSize(origin), remaining)
    if (size > limit) throw new CookieOverflowError(size, limit, largestValues(origin.record))
    return this.#carrier.set(maker.token(this.#ring.current, origin), remaining, received)
  }

  /** The lines that take the session away from the client. */
  remove(received: string): string[] {
    return this.#carrier.remove(received)
  }
}
