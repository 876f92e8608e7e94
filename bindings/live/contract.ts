/**
 * How sessions are followed while they last: what a bus is, and what it tells.
 *
 * @module
 */
import type { Awaitable } from '../awaitable.ts'
import type { SessionEmitter } from '../events.ts'
import type { LiveSecrets } from '../secrets.ts'
import type { SessionCookieOptions } from '../session-cookie.ts'
import type { SessionStorage } from '../storage/contract.ts'

/**
 * A change of a session that is watched.
 *
 * - `change`: its data were written, by whoever.
 * - `rotate`: it has a new id, and goes on. Whoever brought the older one is to bring the new one.
 * - `end`: it is over, and so is the watch. `destroyed`: somebody signed out or was signed out; `expired`:
 *   its time was over; `gone`: it is not there any more, and no message said why.
 */
export type SessionNews =
  | { readonly type: 'change' }
  | { readonly type: 'rotate'; readonly id: string }
  | { readonly type: 'end'; readonly reason: EndReason }

/** Why a session is over. */
export type EndReason = 'destroyed' | 'expired' | 'gone'

/** Called with each change of a session. What it throws becomes an `error` event. */
export type NewsListener = (news: SessionNews) => void

/** A session that is watched. */
export interface SessionWatch {
  /** Its id as it is now; `null` once it has ended. */
  readonly id: string | null
  /** Ends the watch, not the session. Twice is no error. */
  stop(): void
}

/** A watch that can be brought up to date. */
export interface FollowedWatch extends SessionWatch {
  /** Looks the session up now, and reports what no message has said. Never rejects. */
  check(): Promise<void>
}

/** News of any session, by the key under which it is stored. */
export type KeyedNews =
  | { readonly type: 'change' | 'rotate'; readonly key: string }
  | { readonly type: 'end'; readonly key: string; readonly reason: EndReason }
  | { readonly type: 'note'; readonly key: string; readonly note: unknown }

/** What takes texts from each process to all the others. */
export interface BusChannel {
  /** Sends a text to all who have subscribed; to the sender as well or not, as is easier. */
  publish(message: string): Awaitable<unknown>
  /**
   * Calls `listener` with each text that is sent from now on, and `onGap` whenever texts may have been
   * missed: a connection is there again. Gives a function that ends that.
   */
  subscribe(listener: (message: string) => void, onGap: () => void): Awaitable<() => unknown>
}

/** What a follower needs of its sessions. */
export interface FollowedSessions {
  readonly events: SessionEmitter
  /** The key under which the session of an id is stored. */
  keyOf(id: string): string
  /** The session of an id as it is stored now, whatever its id is by now. Reports no event. */
  look(id: string): Awaitable<{
    readonly id: string
    readonly version: number | null
    readonly expiresAt: number
  } | null>
  readonly secrets: LiveSecrets
  readonly cookieName: string
  readonly cookie: SessionCookieOptions | undefined
  /** Milliseconds that a session lives at most. */
  readonly lifetime: number
  readonly storage: SessionStorage
  /** Milliseconds that the storage may take to answer. */
  readonly timeout: number
}

/** What follows the sessions of one manager. */
export interface SessionFollower {
  readonly sessions: FollowedSessions
  /** Calls a listener with the changes of a session, until that or the watch ends. */
  watch(id: string, listener: NewsListener): FollowedWatch
  /** Calls a listener with the news of all sessions, from here and from elsewhere. */
  listen(listener: (news: KeyedNews) => void): () => void
  /** Tells news, here and elsewhere. */
  tell(news: KeyedNews): void
  /** Takes a message of a bus that came in another way than by that bus. */
  receive(message: string): void
}

/** What tells all processes of the sessions they share. Made by `createBus` and its like. */
export interface SessionBus {
  /** Follows the sessions of a manager: what they do is told, and what others do is heard. */
  follow(sessions: FollowedSessions): SessionFollower
  /** Hears and tells nothing any more. */
  close(): Promise<void>
}
