/**
 * The Durable Object of the tests: one that can also be asked what it holds.
 *
 * @module
 */
import type { DurableObjectState } from './durable-object/entries.ts'
import { SessionObject as Original } from './durable-object.ts'

/** Where to ask, instead of where `durableObjectStorage` does. */
export const INSPECT = 'https://inspect.object/'

/** What an object answers there. */
export interface Inspection {
  readonly names: readonly string[]
  readonly alarm: number | null
}

export class SessionObject extends Original {
  readonly #storage: DurableObjectState['storage']

  constructor(state: DurableObjectState, env: unknown) {
    super(state, env)
    this.#storage = state.storage
  }

  override async fetch(request: Request): Promise<Response> {
    if (request.url !== INSPECT) return super.fetch(request)
    const names = [...(await this.#storage.list({})).keys()]
    const alarm = await this.#storage.getAlarm()
    return Response.json({ names, alarm } satisfies Inspection)
  }
}
