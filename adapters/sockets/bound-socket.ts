/**
 * The session of a socket, of whatever kind: followed from the handshake to the end of either.
 *
 * A socket belongs to the session and to the rotation that its handshake brought. A rotation is when
 * somebody's rights change, or when a copy of a cookie is to be cut off. So it closes the sockets of older
 * rotations, unless the app wants them to follow: an honest client connects again with the new cookie.
 *
 * @module
 */
import type { Awaitable } from '../../bindings/awaitable.ts'
import type {
  EndReason,
  FollowedWatch,
  SessionFollower,
  SessionNews,
} from '../../bindings/live/contract.ts'
import {
  type SessionContext,
  type SocketSessionSource,
  withSession,
} from '../../bindings/live/with-session.ts'
import type { LockWaitOptions } from '../../bindings/session.ts'
import type { Sessions } from '../../bindings/sessions.ts'
import { ConfigurationError } from '../../bindings/errors.ts'

/** What a rotation of its session does to a socket. */
export type RotationPolicy = 'close' | 'follow'

/** The option of every kind of socket. */
export interface RotationOptions {
  /**
   * What happens to a socket when its session gets a new id, at a sign-in for example. `'close'`: its
   * connection is closed in a way that lets the client connect again, with the new cookie. `'follow'`: it
   * stays, with all the rights that the session has from then on; whoever opened it with a copy of the
   * older cookie has them too.
   *
   * @default 'close'
   */
  readonly onRotate?: RotationPolicy
}

/**
 * Checks the option.
 *
 * @throws ConfigurationError if it is neither.
 */
export function checkRotationPolicy({ onRotate = 'close' }: RotationOptions): RotationPolicy {
  if (onRotate === 'close' || onRotate === 'follow') return onRotate
  throw new ConfigurationError(`onRotate must be 'close' or 'follow', not ${String(onRotate)}`)
}

/** Called with what happens to the session of a socket. */
export interface BoundSocketListener {
  /** The data were written, or the socket has followed a rotation. */
  onChange(): void
  /** The session has a new id: the connection is to be closed, so that the client brings it. */
  onRotate(): void
  /** The session is over. */
  onEnd(reason: EndReason): void
}

/** The session of one socket. */
export class BoundSocket<Data extends object, Flash extends object> implements SocketSessionSource {
  readonly #sessions: Sessions<Data, Flash>
  readonly #follower: SessionFollower
  readonly #firstId: string | null
  readonly #policy: RotationPolicy
  #isLate: boolean
  #watch: FollowedWatch | null = null

  /**
   * @param handshake What the handshake brought: the id of a session that is there, or an older one of it.
   */
  constructor(
    sessions: Sessions<Data, Flash>,
    follower: SessionFollower,
    handshake: { readonly id: string | null; readonly isLate: boolean },
    policy: RotationPolicy
  ) {
    this.#sessions = sessions
    this.#follower = follower
    this.#firstId = handshake.id
    this.#isLate = handshake.isLate
    this.#policy = policy
  }

  get id(): string | null {
    return this.#watch === null ? this.#firstId : this.#watch.id
  }

  /** Follows the session, once. A client that came with an older id is to come again at once. */
  follow(listener: BoundSocketListener): void {
    if (this.#isLate) {
      this.#isLate = false
      listener.onRotate()
    }
    if (this.#firstId === null || this.#watch !== null) return
    const hear = (news: SessionNews): void => {
      if (news.type === 'end') listener.onEnd(news.reason)
      else if (news.type === 'change' || this.#policy === 'follow') listener.onChange()
      else {
        this.stop()
        listener.onRotate()
      }
    }
    this.#watch = this.#follower.watch(this.#firstId, hear)
  }

  async check(): Promise<void> {
    await this.#watch?.check()
  }

  stop(): void {
    this.#watch?.stop()
  }

  /** Gives a handler the session as it is now, under its lock, and commits what it changes. */
  with<Result, Missing = never>(
    handler: (context: SessionContext<Data, Flash>) => Awaitable<Result>,
    onMissing?: Missing | (() => Awaitable<Missing>) | Error,
    options?: LockWaitOptions
  ): Promise<Result | Missing> {
    return withSession(this.#sessions, this, handler, onMissing, options)
  }
}
