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
import { isRefusal, type Found, type Keeper, type Refusal } from './keeper/contract.ts'
import type { Origin, Source } from './session-state.ts'

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
  superseded: Origin | null = null
  unfit: Origin | null = null
  refused = false
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
          this.refused = this.#header.length <= MAX_HEADER_SIZE
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
    const { keeper, emptyOnError } = this.#context
    const { token } = this
    if (token === null) return this.async ? Promise.resolve(null) : null
    const open = (): Awaitable<Origin | null> =>
      chain(keeper.find(token), (found) =>
        isRefusal(found) ? this.#tryOthers(found) : this.#take(found)
      )
    if (!emptyOnError) return watched(this.#explanation, open)
    try {
      const origin = watched(this.#explanation, open)
      return isPromise(origin) ? origin.catch((error) => this.#fail(error)) : origin
    } catch (error) {
      return this.#fail(error)
    }
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
    const tryNext = (index: number, superseded: Origin | null): Awaitable<Origin | null> => {
      const token = others[index]
      if (token === undefined) return this.#refuse(first, superseded)
      return chain(this.#context.keeper.find(token), (found) =>
        isRefusal(found) ? tryNext(index + 1, superseded ?? lateOf(found)) : this.#take(found)
      )
    }
    return tryNext(0, lateOf(first))
  }

  #refuse(refusal: Refusal, superseded: Origin | null): null {
    this.superseded = superseded
    const { reason, current } = refusal
    if (reason === 'schema') this.unfit = current
    // Data of another version of the app, or a record that is not here yet: the cookie may be good.
    const mayBeGood = reason === 'schema' || (reason === 'unknown-id' && this.#context.mayLag)
    this.refused = superseded === null && !mayBeGood
    this.#take(refusal)
    return null
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

/** The session whose older id came a moment after it was superseded. */
function lateOf({ reason, current }: Refusal): Origin | null {
  return reason === 'superseded' ? current : null
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
