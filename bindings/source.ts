/**
 * Where the session of a request comes from: its Cookie header, and then the keeper.
 *
 * @module
 */
import { isPromise, type Awaitable } from './awaitable.ts'
import type { Channel } from './channel.ts'
import type { OpenedToken } from './codec/engine.ts'
import { SessionStorageError } from './errors.ts'
import type { SessionEmitter } from './events.ts'
import { type Explanation, refuse, watched } from './explanation.ts'
import type { Keeper } from './keeper/contract.ts'
import type { Origin, Source } from './session-state.ts'

/** What sources are made with. */
export interface SourceContext {
  readonly keeper: Keeper
  readonly events: SessionEmitter
  /** Whether an empty session stands in for one that cannot be read. */
  readonly emptyOnError: boolean
}

/** A Cookie header that may bring a session. It is looked at when somebody asks. */
export class CookieSource implements Source {
  readonly async: boolean
  failure: unknown = null
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

  /** The token that the header holds, verified; `null`, with an event, if there is none. */
  get token(): OpenedToken | null {
    if (this.#token === undefined) {
      const opened = this.#channel.open(this.#header)
      this.#token = typeof opened === 'object' ? opened : null
      if (opened === 'none') this.#explanation?.tell('no-cookie')
      else {
        if (typeof opened === 'string') refuse(this.#context.events, opened, this.#explanation)
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
    const explanation = this.#explanation
    if (!emptyOnError && explanation === null) return keeper.open(token, null)
    const open = (): Awaitable<Origin | null> => keeper.open(token, explanation)
    if (!emptyOnError) return watched(explanation, open)
    try {
      const origin = watched(explanation, open)
      return isPromise(origin) ? origin.catch((error) => this.#fail(error)) : origin
    } catch (error) {
      return this.#fail(error)
    }
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
