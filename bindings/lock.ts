/**
 * Locks: the requests of one session, one after the other.
 *
 * A lock is for order, not for safety. It is a lease: should its holder stand still for too long, the
 * next one gets it. What keeps the late one from doing harm is the version that each write names.
 *
 * @module
 */
import {
  SessionCommittedError,
  SessionGoneError,
  SessionLockTimeoutError,
  SessionStorageError,
} from './errors.ts'
import type { Keeper } from './keeper/contract.ts'
import type { LockQueue } from './lock-queue.ts'
import type { Operation } from './options.ts'
import type { Lease, SessionState } from './session-state.ts'
import type { SessionStorage, StorageLock } from './storage/contract.ts'
import { inBackground } from './timer.ts'

/**
 * Milliseconds of a lease. It is renewed three times in that, so that it outlasts a handler of any
 * length; a holder that has crashed keeps the others waiting for no longer.
 */
const LEASE = 5000

/** A lock that is held and kept. */
class HeldLease implements Lease {
  readonly #leave: () => void
  readonly #held: StorageLock | null
  readonly #renewal: ReturnType<typeof setInterval> | undefined
  #released = false

  /** @param held The storage's lock; `null` for one within the process, which nobody can lose. */
  constructor(held: StorageLock | null, leave: () => void) {
    this.#held = held
    this.#leave = leave
    if (held === null) return
    // A failure may pass; if it does not, the lease ends, which is found out when it matters.
    this.#renewal = setInterval(() => this.isOurs().catch(() => undefined), LEASE / 3)
    inBackground(this.#renewal)
  }

  async isOurs(): Promise<boolean> {
    return this.#held === null || this.#held.extend(LEASE)
  }

  async release(): Promise<void> {
    if (this.#released) return
    this.#released = true
    clearInterval(this.#renewal)
    try {
      await this.#held?.release()
    } catch {
      // It has been told as an event. The lease ends by itself.
    } finally {
      this.#leave()
    }
  }
}

/** Takes the locks of sessions in one storage. */
export class Locks {
  readonly #storage: SessionStorage
  readonly #queue: LockQueue
  readonly #keeper: Keeper
  readonly #keyOf: (id: string) => string
  readonly #operation: Operation

  /** @param storage One whose failures are `SessionStorageError`s. */
  constructor(
    storage: SessionStorage,
    queue: LockQueue,
    keeper: Keeper,
    keyOf: (id: string) => string,
    operation: Operation
  ) {
    this.#storage = storage
    this.#queue = queue
    this.#keeper = keeper
    this.#keyOf = keyOf
    this.#operation = operation
  }

  /** Takes the lock of a session, if one came, and reads the session after that. */
  async lock(state: SessionState, signal?: AbortSignal): Promise<void> {
    if (state.closed) throw new SessionCommittedError()
    const id = state.storedId
    if (id !== null) {
      const lease = await this.take(id, signal)
      if (state.closed) {
        await lease?.release()
        throw new SessionCommittedError()
      }
      state.lease = lease
    }
    try {
      const { origin } = state
      if (origin === null) await state.load()
      else if (!state.refresh(await this.#keeper.reload(origin))) throw new SessionGoneError()
    } catch (error) {
      await state.unlock()
      throw error
    }
    // For a session that is not there, nobody need wait.
    if (state.origin === null) await state.unlock()
  }

  /**
   * Takes the lock of an id. `null`: the storage cannot lock now, and the app wants to go on.
   *
   * @throws SessionLockTimeoutError if others hold it for too long.
   */
  async take(id: string, signal?: AbortSignal): Promise<Lease | null> {
    const { lockTimeout, onStorageError } = this.#operation
    const key = this.#keyOf(id)
    const controller = new AbortController()
    const giveUp = (): void => controller.abort(signal?.reason)
    if (signal?.aborted) giveUp()
    signal?.addEventListener('abort', giveUp)
    const timer = setTimeout(
      () => controller.abort(new SessionLockTimeoutError(lockTimeout)),
      lockTimeout
    )
    try {
      await this.#queue.enter(key, controller.signal)
      const leave = (): void => this.#queue.leave(key)
      try {
        const options = { ttl: LEASE, signal: controller.signal }
        return new HeldLease((await this.#storage.lock?.(key, options)) ?? null, leave)
      } catch (error) {
        leave()
        throw error
      }
    } catch (error) {
      if (onStorageError === 'throw' || !(error instanceof SessionStorageError)) throw error
      return null
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', giveUp)
    }
  }
}
