/**
 * Where the session of a request comes from: its Cookie header, and then the keeper.
 *
 * @module
 */
import { chain, isPromise, type Awaitable } from './awaitable.ts'
import type { Channel } from './channel.ts'
import { MAX_HEADER_SIZE, type OpenedToken } from './codec/engine.ts'
import { SessionStorageError } from './errors.ts'
import type { SessionEmitter } from './events.ts'
import { type Explanation, refuse, watched } from './explanation.ts'
import {
  isRefusal,
  type Found,
  type Keeper,
  type Refusal,
  refusedToken,
} from './keeper/contract.ts'
import type { Origin, RefusedToken, Source } from './session-state.ts'

/** What sources are made with. */
export interface SourceContext {
  readonly keeper: Keeper
  readonly events: SessionEmitter
  /** Whether an empty session stands in for one that cannot be read. */
  readonly emptyOnError: boolean
  /** Whether a record that is not found may be there all the same, at another place. */
  readonly mayLag: boolean
}

/** Reports that a session was found, and gives it; or why not. */
export function report(
  { events, keeper }: Pick<SourceContext, 'events' | 'keeper'>,
  found: Found,
  explanation: Explanation | null
): Origin | null {
  if (!isRefusal(found)) {
    events.emit('load', () => ({ key: keeper.keyOf(found.id) }))
    return found
  }
  const { reason, key } = found
  if (reason === 'expired-idle' || reason === 'expired-absolute') {
    events.emit('expire', () => ({ key: key! }))
    explanation?.tell(reason)
  } else refuse(events, reason, explanation)
  return null
}

/** A Cookie header that may bring a session. It is looked at when somebody asks. */
export class CookieSource implements Source {
  readonly async: boolean
  failure: unknown = null
  refused: RefusedToken | null = null
  readonly #context: SourceContext
  readonly #channel: Channel
  readonly #header: string
  readonly #explanation: Explanation | null
  #token: OpenedToken | null | undefined

  constructor(
    context: SourceContext,
    channel: Channel,
    header: string,
    explanation: Explanation | null
  ) {
    this.async = context.keeper.async
    this.#context = context
    this.#channel = channel
    this.#header = header
    this.#explanation = explanation
  }

  /** The first token in the header that verifies; `null`, with an event, if there is none. */
  get token(): OpenedToken | null {
    if (this.#token === undefined) {
      const opened = this.#channel.open(this.#header)
      this.#token = typeof opened === 'object' ? opened : null
      if (opened === 'none') this.#explanation?.tell('no-cookie')
      else {
        if (typeof opened === 'string') {
          // In a header that is too long for us, the cookie may be a good one.
          const isRemovable = this.#header.length <= MAX_HEADER_SIZE
          this.refused = { current: null, isLate: false, isRemovable }
          refuse(this.#context.events, opened, this.#explanation)
        }
        this.#tellOfDuplicates()
      }
    }
    return this.#token
  }

  get id(): string | null {
    return this.token && this.#context.keeper.idOf(this.token)
  }

  flashWaits(): boolean {
    return this.#channel.flashWaits(this.#header)
  }

  load(): Awaitable<Origin | null> {
    const { emptyOnError } = this.#context
    const { token } = this
    if (token === null) return this.async ? Promise.resolve(null) : null
    if (!emptyOnError && this.#explanation === null) return this.#find(token)
    const open = (): Awaitable<Origin | null> => this.#find(token)
    if (!emptyOnError) return watched(this.#explanation, open)
    try {
      const origin = watched(this.#explanation, open)
      return isPromise(origin) ? origin.catch((error) => this.#fail(error)) : origin
    } catch (error) {
      return this.#fail(error)
    }
  }

  #find(token: OpenedToken): Awaitable<Origin | null> {
    const found = this.#context.keeper.find(token)
    return isPromise(found) ? found.then((found) => this.#judge(found)) : this.#judge(found)
  }

  #judge(found: Found): Awaitable<Origin | null> {
    return isRefusal(found) ? this.#tryOthers(found) : this.#take(found)
  }

  #take(found: Found): Origin | null {
    return report(this.#context, found, this.#explanation)
  }

  /**
   * The first token is no session: of several cookies of our name, as an older path or domain leaves
   * them, the first that is a session counts.
   */
  #tryOthers(first: Refusal): Awaitable<Origin | null> {
    const others = this.#channel.openAll(this.#header).slice(1)
    const tryNext = (index: number, refusal: Refusal): Awaitable<Origin | null> => {
      const token = others[index]
      if (token === undefined) {
        this.refused = refusedToken(refusal, this.#context.mayLag)
        return this.#take(first)
      }
      return chain(this.#context.keeper.find(token), (found) => {
        if (!isRefusal(found)) return this.#take(found)
        // That a session goes on says more than that another one is over.
        return tryNext(index + 1, refusal.current === null ? found : refusal)
      })
    }
    return tryNext(0, first)
  }

  /** Costs a look at the whole header, so it is done for listeners alone. */
  #tellOfDuplicates(): void {
    const { events } = this.#context
    if (!events.hears('duplicate') && this.#explanation === null) return
    const count = this.#channel.count(this.#header)
    if (count < 2) return
    events.emit('duplicate', () => ({ count }))
    this.#explanation?.tell('duplicate')
  }

  #fail(error: unknown): null {
    if (!(error instanceof SessionStorageError)) throw error
    this.failure = error
    return null
  }
}

/** A session that was found by its id, not brought by a request: its flash messages wait for one. */
export function loadedSource(origin: Origin): Source {
  const { id } = origin
  return {
    async: false,
    id,
    failure: null,
    background: true,
    flashWaits: () => true,
    load: () => origin,
  }
}
