/**
 * What happens to sessions, told to whoever listens.
 *
 * Events hold no id and no value: `key` is the storage's hash of the id, fit for a log.
 *
 * @module
 */
import type { Rejection } from './codec/engine.ts'
import type { ExplainReason } from './explain-reasons.ts'

/**
 * Why a cookie did not give a session. Besides the reasons of a token: `corrupt`, it verified but
 * holds no record; `unknown-id`, the storage has no record of it, or no more; `revoked`, it is a cookie
 * of the cookie storage whose session was ended; `superseded`, its session has a newer id; `schema`, the
 * stored data do not fit the schema.
 */
export type RejectReason =
  | Exclude<Rejection, 'none'>
  | 'corrupt'
  | 'unknown-id'
  | 'revoked'
  | 'superseded'
  | 'schema'

/** The events and what each of them tells. */
export interface SessionEvents {
  /** A session was stored for the first time. */
  create: { readonly key: string }
  /** A stored session was read. */
  load: { readonly key: string }
  /** Changes to a stored session were written. */
  save: { readonly key: string }
  /** A session was destroyed. */
  destroy: { readonly key: string }
  /** A session got a new id, under the same key. */
  regenerate: { readonly key: string }
  /** A session came whose time was over. */
  expire: { readonly key: string }
  /** A cookie of ours was refused; a new, empty session took its place. */
  reject: { readonly reason: RejectReason }
  /**
   * More than one cookie of our name came, as when a sibling domain sets another. The first of four
   * that is a session was taken; `count` is how many there were.
   */
  duplicate: { readonly count: number }
  /** Records that had ended were removed. */
  cleanup: { readonly count: number }
  /** Another request changed, rotated or ended the session first. `gone`: nothing was written. */
  conflict: { readonly key: string; readonly gone: boolean }
  /**
   * Why a session was refused, or not saved, or its cookie not set: docs/explain.md has each reason.
   * Every request has some, so that they are told by `sessions.on('explain', …)` alone.
   */
  explain: { readonly reason: ExplainReason }
  /** The storage, or a listener, failed. */
  error: { readonly error: unknown }
}

/** The name of an event. */
export type SessionEventName = keyof SessionEvents

/** An event as `onEvent` gets it: all but `explain`, which every request has. */
export type SessionEvent = {
  [Name in Exclude<SessionEventName, 'explain'>]: { readonly type: Name } & SessionEvents[Name]
}[Exclude<SessionEventName, 'explain'>]

/** Called with each event of one name. */
export type SessionListener<Name extends SessionEventName> = (event: SessionEvents[Name]) => void

/** Listeners by event. A listener that throws never breaks a request: that becomes an `error`. */
export class SessionEmitter {
  readonly #listeners = new Map<SessionEventName, Set<(event: never) => void>>()
  readonly #onEvent: ((event: SessionEvent) => void) | undefined

  constructor(onEvent?: (event: SessionEvent) => void) {
    this.#onEvent = onEvent
  }

  /** Adds a listener; the function that comes back removes it. */
  on<Name extends SessionEventName>(name: Name, listener: SessionListener<Name>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners.add(listener))
    return () => void listeners.delete(listener)
  }

  /** Whether anybody listens to an event. */
  hears(name: SessionEventName): boolean {
    return this.#onEventOf(name) !== undefined || (this.#listeners.get(name)?.size ?? 0) > 0
  }

  #onEventOf(name: SessionEventName): ((event: SessionEvent) => void) | undefined {
    return name === 'explain' ? undefined : this.#onEvent
  }

  /** Tells an event, which is made only if somebody listens. */
  emit<Name extends SessionEventName>(name: Name, makeEvent: () => SessionEvents[Name]): void {
    const listeners = this.#listeners.get(name)
    const onEvent = this.#onEventOf(name)
    if (listeners === undefined && onEvent === undefined) return
    const event = makeEvent()
    const call = (listener: () => void): void => {
      try {
        listener()
      } catch (error) {
        if (name !== 'error') this.emit('error', () => ({ error }))
      }
    }
    for (const listener of listeners ?? []) call(() => listener(event as never))
    call(() => onEvent?.({ type: name, ...event } as unknown as SessionEvent))
  }
}
