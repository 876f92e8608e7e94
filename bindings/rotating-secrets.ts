/**
 * Secrets that are loaded, and loaded again: from a secrets manager, a file, a database.
 *
 * No timer runs. A request that finds the list due starts to load it and goes on with the old one; on
 * hosts that stop between requests that is the only time there is.
 *
 * @module
 */
import { checkTerms, type SecretList, secretsAt } from './dated-secrets.ts'
import { ConfigurationError, SessionSecretsError } from './errors.ts'
import type { SecretProvider } from './secrets.ts'

/** When to load. Times are in seconds. */
export interface RotatingSecretsOptions {
  /**
   * Seconds after which a list is loaded again, by the next request, which does not wait for it.
   *
   * @default 300
   */
  readonly refreshEvery?: number | undefined
  /**
   * Seconds that loading may take.
   *
   * @default 5
   */
  readonly timeout?: number | undefined
}

/** Milliseconds after a failure in which nothing is loaded again. */
const PAUSE = 1000
/** Where a list is this many times as old as it should be, a request waits for the next one. */
const VERY_OLD = 2
/** Seconds that a timer can hold: it counts milliseconds in 31 bits. */
const MAX_TIMER = 2_147_483

function milliseconds(name: string, value: number): number {
  if (typeof value === 'number' && value > 0 && value <= MAX_TIMER) return value * 1000
  throw new ConfigurationError(`${name} must be a number of seconds, not ${String(value)}`)
}

class RotatingSecrets implements SecretProvider {
  failure: SessionSecretsError | null = null
  readonly #load: (signal: AbortSignal) => Promise<SecretList>
  readonly #refreshEvery: number
  readonly #timeout: number
  #list: SecretList | null = null
  #loadedAt = -Infinity
  #loading: Promise<void> | null = null
  #startedAt = -Infinity
  #failedAt = -Infinity

  constructor(
    load: (signal: AbortSignal) => Promise<SecretList>,
    { refreshEvery = 300, timeout = 5 }: RotatingSecretsOptions
  ) {
    if (typeof load !== 'function') {
      throw new ConfigurationError('rotatingSecrets needs a function that loads the secrets')
    }
    this.#load = load
    this.#refreshEvery = milliseconds('refreshEvery', refreshEvery)
    this.#timeout = milliseconds('timeout', timeout)
  }

  current(): SecretList {
    this.#refreshIfDue()
    if (this.#list !== null) return this.#list
    throw this.failure ?? new SessionSecretsError('The secrets of the sessions are not loaded yet')
  }

  get pending(): Promise<void> | null {
    if (Date.now() - this.#loadedAt < VERY_OLD * this.#refreshEvery) return null
    return this.#refreshIfDue()
  }

  async ready(): Promise<void> {
    await this.#refreshIfDue()
    if (this.#list === null) this.current()
  }

  /** Loads if it is time to; the promise of what is loaded now, which does not reject. */
  #refreshIfDue(): Promise<void> | null {
    const now = Date.now()
    // A host may have dropped the work of an earlier request, its timer too: then it is not waited for.
    if (this.#loading !== null && now - this.#startedAt <= this.#timeout) return this.#loading
    const due = now - this.#loadedAt >= this.#refreshEvery && now - this.#failedAt >= PAUSE
    if (!due) return null
    this.#startedAt = now
    const loading = this.#refresh(now).finally(() => {
      if (this.#loading === loading) this.#loading = null
    })
    this.#loading = loading
    return loading
  }

  async #refresh(startedAt: number): Promise<void> {
    const controller = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      const giveUp = (): void => {
        const error = new DOMException(`No answer within ${this.#timeout / 1000} s`, 'TimeoutError')
        controller.abort(error)
        reject(error)
      }
      timer = setTimeout(giveUp, this.#timeout)
    })
    try {
      const list = await Promise.race([this.#load(controller.signal), late])
      if (secretsAt(checkTerms(list), Date.now()).list.length === 0) {
        throw new ConfigurationError('secrets: each one is retired')
      }
      // One that was dropped and went on after all may be older than what came since.
      if (startedAt !== this.#startedAt) return
      this.#list = list
      this.#loadedAt = Date.now()
      this.failure = null
    } catch (cause) {
      if (startedAt !== this.#startedAt) return
      this.#failedAt = Date.now()
      this.failure = new SessionSecretsError(
        'The secrets of the sessions could not be loaded',
        cause
      )
    } finally {
      clearTimeout(timer)
    }
  }
}

/**
 * Secrets for `createSessions` that an asynchronous function loads, and loads again while the app
 * runs, so that a new secret is used and an old one retired without a restart.
 *
 * The first request waits for the first list; `await sessions.ready()` at the start of the app does it
 * before. Each request after `refreshEvery` has the list loaded again, and goes on with the old one. If
 * that fails the old one serves on and an `error` event says so; it is tried again a second later. A
 * request that finds a list twice as old as it should be waits for the new one.
 *
 * @param load Gives the list, the newest secret first; its signal is aborted after `timeout`.
 *
 * @throws ConfigurationError if an option is not a positive number of seconds.
 *
 * @example
 * ```ts
 * import { createSessions, rotatingSecrets } from 'tuile'
 *
 * const vault = { read: async (name: string) => ({ [name]: [secrets] }) } // your secrets manager
 * const sessions = createSessions({
 *   secrets: rotatingSecrets(async () => (await vault.read('session')).session!, {
 *     refreshEvery: 60,
 *   }),
 * })
 * await sessions.ready()
 * assert.equal((await sessions.read(null)).isNew, true)
 * ```
 */
export function rotatingSecrets(
  load: (signal: AbortSignal) => Promise<SecretList>,
  options: RotatingSecretsOptions = {}
): SecretProvider {
  return new RotatingSecrets(load, options)
}
