/**
 * Pointers: which client has which session, kept in the sessions' storage for all processes.
 *
 * Each is a record of its own, sealed, under the hash of what it belongs to: who reads the storage
 * finds neither ids nor clients. It ends when the session must have ended at the latest.
 *
 * @module
 */
import type { TokenRing } from '../codec/engine.ts'
import { defaultEngine } from '../codec/select.ts'
import { checkSecrets, deriveKeys } from '../keyring.ts'
import { MadeFromSecrets } from '../secrets.ts'
import { guardStorage } from '../storage-guard.ts'
import type { SessionStorage } from '../storage/contract.ts'
import type { FollowedSessions } from './contract.ts'

/** The name that pointers have for the ring, which looks for cookies. */
const NAME = 'pointer'
/** Processes that may write one pointer at a moment before we leave it to the others. */
const ATTEMPTS = 5

/** The pointers in one storage, whose failures are `SessionStorageError`s. */
export class Pointers {
  readonly #storage: SessionStorage
  readonly #ring: MadeFromSecrets<TokenRing>
  readonly #lifetime: number

  constructor({ storage, events, timeout, secrets, cookieName, lifetime }: FollowedSessions) {
    this.#storage = guardStorage(storage, events, timeout)
    this.#lifetime = lifetime
    this.#ring = new MadeFromSecrets(secrets, (list) => {
      const keys = deriveKeys(defaultEngine, checkSecrets(list), 'client', `${cookieName}/clients`)
      return defaultEngine.createRing(NAME, [], { seal: keys })
    })
  }

  /** What a pointer points to, or `null`. */
  async read(from: string): Promise<string | null> {
    const stored = await this.#storage.read(this.#keyOf(from))
    if (stored === null) return null
    const opened = this.#ring.current.open(`${NAME}=${stored.value}`)
    return typeof opened === 'string' ? null : opened.text
  }

  /** Points from one thing to another. */
  async write(from: string, to: string): Promise<void> {
    const key = this.#keyOf(from)
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const current = await this.#storage.read(key)
      const value = this.#ring.current.sealPayload(to, 'S')
      const expiresAt = Date.now() + this.#lifetime
      const options = { expiresAt, ifVersion: current?.version ?? null }
      if (await this.#storage.write(key, value, options)) return
    }
  }

  #keyOf(from: string): string {
    return defaultEngine.sha256Text(`tuile/1/client/${from}`)
  }
}
