/**
 * Locks: the requests of one session, one after the other.
 *
 * A lock is for order, not for safety. It is a lease: should its holder stand still for too long, the
 * next one gets it. Two things keep a late holder from doing harm. It asks whether the lease is still its
 * own before it writes, and every write names the version that it was made from. A holder that finds
 * another version although its lease is valid, since another did not know that it had lost the lock, may
 * do its work again only if nothing that it looked at has changed.
 *
 * @module
 */
import {
  SessionCommittedError,
  SessionGoneError,
  SessionLockTimeoutError,
  SessionStorageError,
} from './errors.ts'
import { isRefusal, type Keeper, refusedToken } from './keeper/contract.ts'
import type { LockQueue } from './lock-queue.ts'
import type { Operation } from './options.ts'
import type { Lease, SessionState } from './session-state.ts'
import type { SessionStorage, StorageLock } from './storage/contract.ts'
import { inBackground, type Timer } from './timer.ts'

/**
 * Milliseconds of a lease. It is renewed three times in that, so that it outlasts a handler of any
 * length; a holder that has crashed keeps the others waiting for no longer.
 */
const LEASE = 5000

/** Milliseconds of a clock that is never set back. */
const now = (): number => performance.now()

/** A lock that is held and kept. */
class HeldLease implements Lease {
  readonly key: string
  readonly #queue: LockQueue
  readonly #turn: number
  readonly #held: StorageLock | null
  readonly #renewal: ReturnType<typeof setInterval>
  readonly #stopListening: () => void
  /** When the storage last said that it is ours. */
  #knownAt: number
  #lost = false
  #released = false
  #abandoned = false

  /**
   * @param held The storage's lock; `null` for one within the process, which nobody can lose.
   * @param askedAt When the lock was asked for: its lease does not end before `LEASE` from then.
   * @param signal Gives the lock back when it aborts: the client has gone, whatever its handler does.
   */
  constructor(
    key: string,
    held: StorageLock | null,
    queue: LockQueue,
    turn: number,
    askedAt: number,
    signal: AbortSignal | undefined
  ) {
    this.key = key
    this.#held = held
    this.#queue = queue
    this.#turn = turn
    this.#knownAt = askedAt
    const abandon = (): void => {
      this.#abandoned = true
      void this.release()
    }
    signal?.addEventListener('abort', abandon)
    this.#stopListening = () => signal?.removeEventListener('abort', abandon)
    this.#renewal = setInterval(() => {
      queue.stay(key, turn)
      // A failure may pass; if it does not, the lease ends, which is found out at the commit.
      if (held !== null) this.isOurs().catch(() => undefined)
    }, LEASE / 3)
    inBackground(this.#renewal)
  }

  get abandoned(): boolean {
    return this.#abandoned
  }

  get certain(): boolean {
    return this.#held === null || (!this.#lost && now() - this.#knownAt < LEASE)
  }

  async isOurs(): Promise<boolean> {
    if (this.#held === null) return true
    if (this.#lost) return false
    const askedAt = now()
    if ((await this.#held.extend(LEASE)) !== false) this.#knownAt = askedAt
    else {
      this.#lost = true
      clearInterval(this.#renewal)
    }
    return !this.#lost
  }

  async release(): Promise<void> {
    if (this.#released) return
    this.#released = true
    this.#stopListening()
    clearInterval(this.#renewal)
    try {
      await this.#held?.release()
    } catch {
      // Already emitted as an `error` event. The lease ends by itself.
    } finally {
      this.#queue.leave(this.key, this.#turn)
    }
  }
}

/** Takes the locks of sessions in one storage. */
export class Locks {
  readonly #storage: SessionStorage
  readonly #queue: LockQueue
  readonly #keeper: Keeper
  readonly #operation: Operation
  /** Who waits for a lock, and the key of it. */
  readonly #waiting = new Map<AbortController, string>()
  #probing: Timer | null = null

  /** @param storage One whose failures are `SessionStorageError`s. */
  constructor(storage: SessionStorage, queue: LockQueue, keeper: Keeper, operation: Operation) {
    this.#storage = storage
    this.#queue = queue
    this.#keeper = keeper
    this.#operation = operation
  }

  /** Takes the lock of a session, if one came, and reads the session after that. */
  async lock(state: SessionState, signal?: AbortSignal): Promise<void> {
    if (state.closed) throw new SessionCommittedError()
    const { storedId } = state
    if (storedId !== null) await this.#hold(state, storedId, signal)
    try {
      await this.#read(state)
      // Of several cookies, another one than the first may be the session.
      const id = state.origin?.id
      if (id !== undefined && state.lease && state.lease.key !== this.#keeper.keyOf(id)) {
        await state.unlock()
        await this.#hold(state, id, signal)
        await this.#read(state)
      }
    } catch (error) {
      await state.unlock()
      throw error
    }
    // For a session that is not there, nobody need wait.
    if (state.origin === null) await state.unlock()
  }

  async #hold(state: SessionState, id: string, signal: AbortSignal | undefined): Promise<void> {
    const lease = await this.take(id, signal)
    if (state.closed) {
      await lease?.release()
      throw new SessionCommittedError()
    }
    state.hold(lease)
  }

  async #read(state: SessionState): Promise<void> {
    const { origin } = state
    if (origin === null) {
      await state.load()
      return
    }
    const found = await this.#keeper.reload(origin)
    const mayLag = this.#storage.consistency === 'eventual'
    const [newest, refused] = isRefusal(found) ? [null, refusedToken(found, mayLag)] : [found, null]
    if (!state.refresh(newest, refused)) throw new SessionGoneError()
  }

  /**
   * Takes the lock of an id. `null`: the storage cannot lock now, and the app wants to go on.
   *
   * @throws SessionLockTimeoutError if others hold it for too long.
   * @throws SessionStorageError if the storage fails, or is silent for longer than `timeout`.
   */
  async take(id: string, signal?: AbortSignal): Promise<Lease | null> {
    const { lockTimeout, onStorageError } = this.#operation
    const key = this.#keeper.keyOf(id)
    const controller = new AbortController()
    const giveUp = (): void => controller.abort(signal?.reason)
    if (signal?.aborted) giveUp()
    signal?.addEventListener('abort', giveUp)
    const timer = setTimeout(
      () => controller.abort(new SessionLockTimeoutError(lockTimeout)),
      lockTimeout
    )
    const stopProbing = this.#probe(key, controller)
    try {
      const turn = await this.#queue.enter(key, controller.signal)
      try {
        const options = { ttl: LEASE, signal: controller.signal }
        // The lease may have begun at any time since.
        const askedAt = now()
        const held = (await this.#storage.lock?.(key, options)) ?? null
        return new HeldLease(key, held, this.#queue, turn, askedAt, signal)
      } catch (error) {
        this.#queue.leave(key, turn)
        throw error
      }
    } catch (error) {
      if (onStorageError === 'throw' || !(error instanceof SessionStorageError)) throw error
      return null
    } finally {
      clearTimeout(timer)
      stopProbing()
      signal?.removeEventListener('abort', giveUp)
    }
  }

  /**
   * Reads a record now and then while locks are waited for, once for all who wait: a wait alone does not
   * tell a busy lock from a server that is silent. A failure ends all waits.
   */
  #probe(key: string, controller: AbortController): () => void {
    if (this.#storage.sync === true || !this.#storage.lock) return () => undefined
    this.#waiting.set(controller, key)
    if (this.#probing === null) this.#planProbe(this.#operation.timeout / 8)
    return () => {
      this.#waiting.delete(controller)
      if (this.#waiting.size > 0) return
      clearTimeout(this.#probing ?? undefined)
      this.#probing = null
    }
  }

  #planProbe(delay: number): void {
    const timer = inBackground(
      setTimeout(async () => {
        const waiting = [...this.#waiting]
        try {
          await this.#storage.read(waiting[0]![1])
        } catch (error) {
          for (const [controller] of waiting) controller.abort(error)
        }
        if (this.#probing !== timer) return
        this.#probing = null
        if (this.#waiting.size > 0) this.#planProbe(this.#operation.timeout / 2)
      }, delay)
    )
    this.#probing = timer
  }
}
