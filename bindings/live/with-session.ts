/**
 * Work on the session of a socket, whatever kind of socket it is.
 *
 * @module
 */
import type { Awaitable } from '../awaitable.ts'
import { ConfigurationError, SessionMissingError } from '../errors.ts'
import type { LockWaitOptions, Session } from '../session.ts'
import type { Sessions } from '../sessions.ts'

/** What a handler gets. */
export class SessionContext<Data extends object, Flash extends object> {
  readonly sessionId: string
  readonly #session: Session<Data, Flash>

  constructor(sessionId: string, session: Session<Data, Flash>) {
    this.sessionId = sessionId
    this.#session = session
  }

  /** The session, under its lock. `null` set here ends it. */
  get session(): Session<Data, Flash> {
    return this.#session
  }

  // biome-ignore lint/suspicious/noExplicitAny: a setter takes what its getter gives, or anything
  set session(value: any) {
    if (value !== null) {
      throw new TypeError('session can be set to null alone: change it by session.set and update')
    }
    this.#session.destroy()
  }
}

/** The session of a socket. */
export interface SocketSessionSource {
  /** Its id as it is now; `null` if there is none, or it has ended. */
  readonly id: string | null
  /** Looks it up, so that `id` is what the storage says. */
  check(): Promise<unknown>
}

/**
 * Reads the session that a socket has now, under its lock, gives it to a function, and commits it. If
 * the function fails, nothing is written; if it changes nothing, neither.
 *
 * @param source The session of the socket: looked up once if it is not there under the id that is known.
 * @param onMissing If there is no session: an error to throw, a function to call, or what to give.
 */
export async function withSession<Data extends object, Flash extends object, Result, Missing>(
  sessions: Sessions<Data, Flash>,
  source: SocketSessionSource,
  use: (context: SessionContext<Data, Flash>) => Awaitable<Result>,
  onMissing?: Missing | (() => Awaitable<Missing>) | Error,
  options: LockWaitOptions = {}
): Promise<Result | Missing> {
  let result: Result | undefined
  const attempt = (id: string): Awaitable<boolean> => {
    const work = async (session: Session<Data, Flash>): Promise<void> => {
      result = await use(new SessionContext(id, session))
      if (session.id !== id) {
        throw new ConfigurationError(
          'A socket cannot send the cookie of a new id: call regenerateId() in a request'
        )
      }
    }
    return sessions.update(id, work, { lock: true, ...options })
  }
  const { id } = source
  if (id !== null) {
    if (await attempt(id)) return result as Result
    await source.check()
    const newest = source.id
    if (newest !== null && newest !== id && (await attempt(newest))) return result as Result
  }
  return resultOfMissing(onMissing)
}

/** What becomes of work that finds no session: see `onMissing`. */
export async function resultOfMissing<Missing>(
  onMissing: Missing | (() => Awaitable<Missing>) | Error = new SessionMissingError()
): Promise<Missing> {
  if (onMissing instanceof Error) throw onMissing
  return typeof onMissing === 'function' ? (onMissing as () => Awaitable<Missing>)() : onMissing
}
