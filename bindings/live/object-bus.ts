/**
 * A bus from Workers to the Durable Objects that have sockets.
 *
 * @module
 */
import { ConfigurationError } from '../errors.ts'
import { createBus } from './bus.ts'
import type { SessionBus } from './contract.ts'

/** Where an object is sent news. No host has such a name: what comes from outside never has it. */
export const NEWS_URL = 'https://sessions.invalid/news'

/** What is used of an object: `namespace.getByName('lobby')`. */
export interface NewsObject {
  fetch(
    url: string,
    init: { method: string; body: string }
  ): Promise<{ readonly ok: boolean; readonly status: number }>
}

/** The options of `durableObjectBus`. */
export interface DurableObjectBusOptions {
  /**
   * Keeps the Worker going until the objects have the news, although the response is out:
   * `(work) => c.executionCtx.waitUntil(work)`. Without it they may get none.
   */
  readonly waitUntil?: (work: Promise<unknown>) => void
}

/** Whether a request brings news of a `durableObjectBus`. */
export function bringsNews({ method, url }: { method: string; url: string }): boolean {
  return method === 'POST' && url === NEWS_URL
}

/**
 * Tells Durable Objects what Workers do to sessions, for `hibernatingSockets`: an object that sleeps is
 * woken by it. Nothing comes back: a Worker has no sockets of its own that it could tell of anything.
 *
 * @param objects All objects whose sockets may have one of these sessions.
 * @throws ConfigurationError if one of them is none.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono'
 * import {
 *   durableObjectBus,
 *   durableObjectStorage,
 *   session,
 *   type DurableObjectNamespace,
 * } from 'tuile/workers'
 *
 * type Bindings = {
 *   SESSIONS: DurableObjectNamespace
 *   ROOMS: { getByName(name: string): { fetch: typeof fetch } }
 *   SESSION_SECRET: string
 * }
 * const app = new Hono<{ Bindings: Bindings }>().use(
 *   session((c) => ({
 *     secrets: c.env.SESSION_SECRET,
 *     storage: durableObjectStorage(c.env.SESSIONS),
 *     bus: durableObjectBus([c.env.ROOMS.getByName('lobby')], {
 *       waitUntil: (work) => c.executionCtx.waitUntil(work),
 *     }),
 *   }))
 * )
 * assert.equal(app.routes.length, 1)
 * ```
 */
export function durableObjectBus(
  objects: readonly NewsObject[],
  { waitUntil }: DurableObjectBusOptions = {}
): SessionBus {
  if (!Array.isArray(objects) || objects.some((object) => typeof object?.fetch !== 'function')) {
    throw new ConfigurationError('durableObjectBus: this is no list of Durable Objects')
  }
  const send = async (object: NewsObject, body: string): Promise<void> => {
    const response = await object.fetch(NEWS_URL, { method: 'POST', body })
    if (!response.ok) throw new Error(`An object answered news with ${response.status}`)
  }
  return createBus({
    publish(message) {
      const sent = Promise.all(objects.map((object) => send(object, message)))
      // The bus tells of a failure; here it must not be one of the Worker.
      waitUntil?.(sent.catch(() => undefined))
      return sent
    },
    subscribe: () => () => undefined,
  })
}
