/**
 * Commits: what has to be written of a session, and what the browser has to know.
 *
 * @module
 */
import { chain, isPromise, type Awaitable } from './awaitable.ts'
import type { Channel } from './channel.ts'
import { SessionStorageError } from './errors.ts'
import type { ExplainReason } from './explain-reasons.ts'
import type { Keeper } from './keeper/contract.ts'
import { expiryOf, type Deadlines } from './options.ts'
import type { Origin, SessionState } from './session-state.ts'

/** How to commit. */
export interface CommitOptions {
  /**
   * Takes work that may go on after the response, as `ExecutionContext.waitUntil` does on Workers. Only
   * the move of an idle deadline is such work; everything else is done when `commit` is.
   */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined
  /**
   * Whether the response starts now, so that no change can be kept any more: each throws
   * `SessionCommittedError` from here on, also while the storage still writes.
   *
   * @default false
   */
  readonly final?: boolean
}

/** Commits sessions to one keeper. */
export class Committer {
  readonly #keeper: Keeper
  readonly #deadlines: Deadlines
  readonly #channelOf: (state: SessionState) => Channel

  constructor(keeper: Keeper, deadlines: Deadlines, channelOf: (state: SessionState) => Channel) {
    this.#keeper = keeper
    this.#deadlines = deadlines
    this.#channelOf = channelOf
  }

  /**
   * Commits a session that is loaded, and gives the `Set-Cookie` lines: one or none, or more
   * with `cookie.chunks`.
   *
   * @param tolerant Whether to drop what the storage cannot keep now. The end of a session never is.
   */
  commit(state: SessionState, options: CommitOptions, tolerant: boolean): Awaitable<string[]> {
    if (state.failure !== null) {
      if (state.destroyed) throw state.failure
      return []
    }
    if (!tolerant || state.destroyed) return this.#commit(state, options)
    try {
      const committed = this.#commit(state, options)
      if (!isPromise(committed)) return committed
      return committed.catch((error) => nothingIfFailed(state, error))
    } catch (error) {
      return nothingIfFailed(state, error)
    }
  }

  #commit(state: SessionState, options: CommitOptions): Awaitable<string[]> {
    const before = state.origin
    if (state.destroyed) {
      return before === null ? nothing(state, 'empty') : this.#destroy(state, before)
    }
    if (state.dirty) return chain(this.#keeper.save(state), (after) => this.#settle(state, after))
    if (before === null) return nothing(state, state.accessed ? 'empty' : 'unused')
    if (before.record.frozen) return nothing(state, 'moved')

    warnOfMutations(state)
    const expiresAt = this.#touchDue(state, before)
    if (expiresAt === null) {
      // Signed by an older secret, or marked for a flash message that was delivered elsewhere.
      const due = before.reissue || before.flashMarked
      return due ? this.#settle(state, before) : nothing(state, 'unchanged')
    }
    const touched = this.#keeper.touch(before, expiresAt)
    const waitUntil = isPromise(touched) ? options.waitUntil : undefined
    if (!isPromise(touched) || waitUntil === undefined) {
      return chain(touched, (after) => this.#settle(state, after))
    }
    // A failure has been told as an event, and would be nothing that the response could help.
    waitUntil(touched.catch(() => undefined))
    return this.#settle(state, { ...before, expiresAt })
  }

  #destroy(state: SessionState, before: Origin): Awaitable<string[]> {
    return chain(this.#keeper.destroy(before), () => {
      state.settle(null)
      // Of a session that moved on, the browser holds the new id: that cookie is not ours to remove.
      if (before.record.frozen) return nothing(state, 'moved')
      return this.#channelOf(state).remove(state.received)
    })
  }

  /** The session is stored as `stored` now; tells the browser what it does not know. */
  #settle(state: SessionState, stored: Origin): string[] {
    const before = state.origin
    const after = { ...stored, reissue: false, flashMarked: stored.record.flash.size > 0 }
    let lines: string[]
    if (!this.#keeper.needsCookie(before, after)) lines = nothing(state, 'cookie-kept')
    else {
      const ends = after.record.createdAt + this.#deadlines.lifetime
      const remaining = Math.max(0, Math.ceil((ends - Date.now()) / 1000))
      lines = this.#channelOf(state).set(this.#keeper, after, remaining, state.received)
    }
    state.settle(after)
    return lines
  }

  /** The new end of a session that was only read, if it is time to move that. */
  #touchDue(state: SessionState, { record, expiresAt }: Origin): number | null {
    if (!state.accessed || this.#deadlines.idleTimeout === null) return null
    const end = expiryOf(this.#deadlines, record.createdAt, Date.now())
    const gained = end - expiresAt
    return gained > 0 && (state.touched || gained >= this.#deadlines.touchEvery) ? end : null
  }
}

/** No line, and why. */
function nothing({ explanation }: SessionState, reason: ExplainReason): string[] {
  explanation?.tell(reason)
  return []
}

function nothingIfFailed(state: SessionState, error: unknown): string[] {
  if (error instanceof SessionStorageError) return nothing(state, 'storage-failed')
  throw error
}

function warnOfMutations(state: SessionState): void {
  for (const key of state.mutatedKeys()) {
    console.warn(
      `tuile: the session value "${key}" was changed in place, which is not saved. ` +
        `Give it back with session.set("${key}", …), or use session.update`
    )
  }
}
