/**
 * Explanations: why a request has the session, and the cookie, that it has.
 *
 * @module
 */
import { isPromise, type Awaitable } from './awaitable.ts'
import type { RejectReason, SessionEmitter } from './events.ts'
import type { ExplainReason } from './explain-reasons.ts'

/** What errors say, by their code. */
const REASONS: Readonly<Record<string, ExplainReason>> = {
  SESSION_SECRETS: 'no-secrets',
  SESSION_STORAGE: 'storage-failed',
  SESSION_LOCK_TIMEOUT: 'lock-timeout',
  SESSION_LOCK_LOST: 'lock-lost',
  SESSION_GONE: 'gone',
  SESSION_SERIALIZATION: 'not-json',
  SESSION_TOO_LARGE: 'too-large',
  COOKIE_OVERFLOW: 'cookie-overflow',
}

/** The reasons of one request. It is made only in development, or if somebody listens. */
export class Explanation {
  readonly #reasons = new Set<ExplainReason>()
  readonly #events: SessionEmitter

  constructor(events: SessionEmitter) {
    this.#events = events
  }

  /** What has been told so far. */
  get reasons(): ExplainReason[] {
    return [...this.#reasons]
  }

  /** Tells a reason, once. */
  tell(reason: ExplainReason): void {
    if (this.#reasons.has(reason)) return
    this.#reasons.add(reason)
    this.#events.emit('explain', () => ({ reason }))
  }

  /** Does something; tells why it failed, if it does. */
  watch<Result>(work: () => Awaitable<Result>): Awaitable<Result> {
    const fail = (error: unknown): never => {
      const reason = REASONS[(error as { code?: string } | null)?.code ?? '']
      if (reason !== undefined) this.tell(reason)
      throw error
    }
    try {
      const result = work()
      return isPromise(result) ? result.catch(fail) : result
    } catch (error) {
      return fail(error)
    }
  }
}

/** Tells that a cookie of ours gave no session. */
export function refuse(
  events: SessionEmitter,
  reason: RejectReason,
  explanation: Explanation | null
): void {
  events.emit('reject', () => ({ reason }))
  explanation?.tell(reason)
}

/** Does something; tells why it failed, if it does and somebody wants to know. */
export function watched<Result>(
  explanation: Explanation | null,
  work: () => Awaitable<Result>
): Awaitable<Result> {
  return explanation === null ? work() : explanation.watch(work)
}
