/**
 * The secrets of a manager as they are now, whether they are a list that stays, one with dates, a
 * function, or loaded from elsewhere.
 *
 * @module
 */
import { isPromise } from './awaitable.ts'
import { checkTerms, type SecretList, secretsAt, type SecretTerm } from './dated-secrets.ts'
import { ConfigurationError, SessionSecretsError } from './errors.ts'

/** Secrets that are loaded from elsewhere, now and then. Made by `rotatingSecrets`. */
export interface SecretProvider {
  /**
   * The list that was loaded last. If it is time, loading it again begins.
   *
   * @throws SessionSecretsError if there is none yet.
   */
  current(): SecretList
  /**
   * Waits for the first list, or for the next one if it is time to load that.
   *
   * @throws SessionSecretsError if there is none yet, and none could be loaded.
   */
  ready(): Promise<void>
  /** What a request should wait for: there is no list yet, or a very old one. Else `null`. */
  readonly pending: Promise<void> | null
  /** Why loading failed the last time; `null` if it did not. */
  readonly failure: SessionSecretsError | null
}

/** What the option `secrets` can be. */
export type Secrets = SecretList | (() => SecretList) | SecretProvider

/** The secrets of a manager. */
export class LiveSecrets {
  /** Whether they never change, as a plain list does not: then a request costs nothing more. */
  readonly fixed: boolean
  readonly #read: (() => SecretList) | null
  readonly #provider: SecretProvider | null
  readonly #report: (error: SessionSecretsError) => void
  /** What was read last, as text: whoever gave it may have changed it in place. */
  #given = ''
  #terms: readonly SecretTerm[] = []
  #list: readonly string[] = []
  /** When the dates change the list, in milliseconds since the epoch. */
  #until = -Infinity
  #failure: SessionSecretsError | null = null

  /**
   * @param report Told why the newest list could not be had, while an older one serves.
   *
   * @throws ConfigurationError if the secrets are wrong, or each one has been retired.
   */
  constructor(secrets: Secrets | undefined, report: (error: SessionSecretsError) => void) {
    const isProvider = typeof secrets === 'object' && secrets !== null && 'current' in secrets
    this.#provider = isProvider ? secrets : null
    this.#read = isProvider
      ? () => secrets.current()
      : typeof secrets === 'function'
        ? () => atOnce(secrets())
        : null
    this.#report = report
    // A provider is asked by the first request: hosts like Workers load nothing while they start.
    if (!isProvider) {
      this.#take(typeof secrets === 'function' ? atOnce(secrets()) : secrets)
      this.#update()
      if (this.#list.length === 0) throw new ConfigurationError('secrets: each one is retired')
    }
    this.fixed = this.#read === null && this.#until === Infinity
  }

  /**
   * The secrets that are used now, the one that signs first: the same array until they change.
   *
   * @throws SessionSecretsError if there are none: nothing was loaded yet, or each one is retired.
   */
  get list(): readonly string[] {
    if (this.fixed) return this.#list
    if (this.#read !== null) this.#reread(this.#read)
    this.#update()
    if (this.#list.length > 0) return this.#list
    throw new SessionSecretsError('Each secret of the sessions is retired')
  }

  /** What a request should wait for. */
  get pending(): Promise<void> | null {
    return this.#provider?.pending ?? null
  }

  /**
   * Waits until there are secrets.
   *
   * @throws SessionSecretsError if there are none.
   */
  async ready(): Promise<void> {
    await this.#provider?.ready()
    void this.list
  }

  #reread(read: () => SecretList): void {
    let failure = this.#provider?.failure ?? null
    try {
      this.#take(read())
    } catch (cause) {
      if (this.#terms.length === 0) throw cause
      // Told once, until it works again: every request asks.
      failure = this.#failure ?? new SessionSecretsError('The secrets could not be read', cause)
    }
    if (failure !== null && failure !== this.#failure) this.#report(failure)
    this.#failure = failure
  }

  #take(list: SecretList | undefined): void {
    const given = typeof list === 'string' ? list : JSON.stringify(list)
    if (given === this.#given && this.#terms.length > 0) return
    this.#terms = checkTerms(list)
    this.#given = given
    this.#until = -Infinity
  }

  #update(): void {
    const now = Date.now()
    if (now < this.#until) return
    const { list, until } = secretsAt(this.#terms, now)
    this.#list = list
    this.#until = until
  }
}

function atOnce(list: SecretList): SecretList {
  if (!isPromise<unknown>(list)) return list
  list.catch(() => undefined)
  throw new ConfigurationError('secrets: the function gives a promise; use rotatingSecrets')
}

/** Something that is made from the secrets, and made again when they change. */
export class MadeFromSecrets<Made> {
  readonly #secrets: LiveSecrets
  readonly #make: (list: readonly string[]) => Made
  #list: readonly string[] | null = null
  #made: Made | null = null

  constructor(secrets: LiveSecrets, make: (list: readonly string[]) => Made) {
    this.#secrets = secrets
    this.#make = make
    if (secrets.fixed) this.#made = make(secrets.list)
  }

  /**
   * What the secrets give now.
   *
   * @throws SessionSecretsError if there are none.
   */
  get current(): Made {
    if (this.#secrets.fixed) return this.#made!
    const { list } = this.#secrets
    if (list !== this.#list) {
      this.#made = this.#make(list)
      this.#list = list
    }
    return this.#made!
  }
}
