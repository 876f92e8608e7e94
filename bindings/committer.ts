/**
 * Commits: what has to be written of a session, and what the browser has to know.
 *
 * @module
 */
import { all, chain, isPromise, type Awaitable } from './awaitable.ts'
import type { Channel } from './channel.ts'
import { MAX_HEADER_SIZE } from './codec/engine.ts'
import { SessionStorageError } from './errors.ts'
import type { SessionEmitter } from './events.ts'
import type { ExplainReason } from './explain-reasons.ts'
import { isRefusal, type Keeper } from './keeper/contract.ts'
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
  readonly #events: SessionEmitter
  readonly #channelOf: (state: SessionState) => Channel

  constructor(
    keeper: Keeper,
    deadlines: Deadlines,
    events: SessionEmitter,
    channelOf: (state: SessionState) => Channel
  ) {
    this.#keeper = keeper
    this.#deadlines = deadlines
    this.#events = events
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
    if (state.destroyed) return this.#destroy(state)
    const { refused } = state
    if (before === null && refused?.isLate && state.grace === null) {
      return this.#dropLate(state, refused.current!)
    }
    const renewal = this.#renewalOf(state)
    if (state.dirty) {
      state.cookieAt = renewal
      return chain(this.#keeper.save(state), (after) => this.#settle(state, after))
    }
    if (before === null) {
      const none = nothing(state, state.accessed ? 'empty' : 'unused')
      if (!state.accessed || !refused?.isRemovable) return none
      // The browser need not send for the rest of its life what no request accepts.
      state.refused = null
      return this.#channelOf(state).remove(state.received)
    }
    if (before.record.snapshot) return nothing(state, 'superseded')

    warnOfMutations(state)
    const expiresAt = this.#touchDue(state, before)
    if (expiresAt !== null || renewal > 0) {
      return this.#touch(state, before, expiresAt ?? before.expiresAt, renewal, options)
    }
    // Signed by an older secret, or marked for a flash message that was delivered elsewhere.
    if (!before.reissue && !before.flashMarked) return nothing(state, 'unchanged')
    // A cookie that is sent without a write must not replace that of a rotation meanwhile.
    return chain(this.#keeper.reload(before), (found) =>
      isRefusal(found) || found.record.snapshot
        ? nothing(state, 'superseded')
        : this.#settle(state, before)
    )
  }

  #touch(
    state: SessionState,
    before: Origin,
    expiresAt: number,
    renewal: number,
    options: CommitOptions
  ): Awaitable<string[]> {
    const touched = this.#keeper.touch(before, expiresAt, renewal)
    const waitUntil = isPromise(touched) ? options.waitUntil : undefined
    const sendsCookie = renewal > 0 || before.reissue || before.flashMarked
    if (!isPromise(touched) || waitUntil === undefined || sendsCookie) {
      return chain(touched, (after) =>
        after === null ? nothing(state, 'unchanged') : this.#settle(state, after)
      )
    }
    // A failure was emitted as an `error` event; the response cannot recover.
    waitUntil(touched.catch(() => undefined))
    return this.#settle(state, { ...before, expiresAt })
  }

  /**
   * Ends the session that came, under whatever rotation it goes on, and those of other cookies of our
   * name; and has the browser forget its cookie, whatever that was.
   */
  #destroy(state: SessionState): Awaitable<string[]> {
    const channel = this.#channelOf(state)
    const { received } = state
    const own = state.origin ?? state.refused?.current ?? null
    const ended = own === null ? undefined : this.#keeper.destroy(own)
    return chain(ended, () =>
      chain(this.#destroyOthers(channel, received, own), () => {
        state.settle(null)
        // Once: what the app sets after that under the same name must stay.
        const isSeen = channel.count(received) > 0 || received.length > MAX_HEADER_SIZE
        const isKnown = state.removed || (own === null && !isSeen)
        state.removed = true
        return isKnown ? nothing(state, 'empty') : channel.remove(received)
      })
    )
  }

  #destroyOthers(channel: Channel, received: string, own: Origin | null): Awaitable<unknown> {
    if (channel.count(received) < 2) return undefined
    const { keyOf } = this.#keeper
    return all(
      channel.openAll(received).map((token) =>
        chain(this.#keeper.find(token), (found) => {
          const other = isRefusal(found) ? found.current : found
          if (other === null || (own && keyOf(other.id) === keyOf(own.id))) return undefined
          return this.#keeper.destroy(other)
        })
      )
    )
  }

  /** A late request of a browser that has a newer cookie: nothing is stored, and no cookie is sent. */
  #dropLate(state: SessionState, { id }: Origin): string[] {
    if (state.dirty) {
      this.#events.emit('conflict', () => ({ key: this.#keeper.keyOf(id), gone: true }))
    }
    return nothing(state, 'superseded')
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

  /** The time for a cookie that is due, where cookies end before their sessions; else 0. */
  #renewalOf({ origin, accessed, grace }: SessionState): number {
    const { renewCookieAfter } = this.#deadlines
    if (renewCookieAfter === null || !accessed) return 0
    const now = Date.now()
    if (origin === null || grace !== null) return now
    const { cookieAt, createdAt } = origin.record
    return now - (cookieAt || createdAt) >= renewCookieAfter ? now : 0
  }

  /** The new end of a session that was only read, if it is time to move that. */
  #touchDue(state: SessionState, { record, expiresAt }: Origin): number | null {
    const { idleTimeout, touchEvery } = this.#deadlines
    if (!state.accessed || idleTimeout === null) return null
    const now = Date.now()
    const end = expiryOf(this.#deadlines, record.createdAt, now)
    // What the `lifetime` cuts off counts too: the last move may be a short one.
    const isDue = state.touched || now + idleTimeout - expiresAt >= touchEvery
    return end > expiresAt && isDue ? end : null
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
