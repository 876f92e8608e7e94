/**
 * Buses: how the processes that share sessions tell each other of them.
 *
 * @module
 */
import { ConfigurationError } from '../errors.ts'
import type { BusChannel, SessionBus } from './contract.ts'
import { Follower } from './follower.ts'

/** The options of every bus. */
export interface BusOptions {
  /**
   * Seconds after which every session that is watched here is looked up in the storage, whatever the
   * bus has told: from 1 to 86400. It is how long a message that was lost can go unnoticed.
   *
   * @default 60
   */
  readonly recheckEvery?: number
}

const DAY = 86_400

/**
 * Checks seconds between two looks at every session.
 *
 * @throws ConfigurationError if they are out of their range.
 */
export function checkRecheckEvery(seconds: number): void {
  if (typeof seconds === 'number' && seconds >= 1 && seconds <= DAY) return
  throw new ConfigurationError(`recheckEvery must be from 1 to ${DAY} seconds`)
}

/**
 * Makes a bus of any channel that takes texts from each process to all others. Messages are sealed with
 * keys made from the sessions' secrets; those that are not are dropped, with an `error` event.
 *
 * A channel may lose messages, change their order, and send them twice. While it fails, requests go on,
 * `error` events tell of it, and the other processes learn of an end by looking, see `recheckEvery`.
 *
 * @throws ConfigurationError if the channel lacks a method, or `recheckEvery` is out of its range.
 *
 * @example
 * ```ts
 * import { createSessions, memoryStorage } from 'tuile'
 * import { createBus } from 'tuile/bus'
 *
 * // NATS, for example: `const nats = await connect()` of "@nats-io/transport-node".
 * const listeners = new Set<(message: string) => void>()
 * const bus = createBus({
 *   publish: (message) => listeners.forEach((listener) => listener(message)), // nats.publish(subject, message)
 *   subscribe(listener) {
 *     listeners.add(listener) // nats.subscribe(subject, { callback: (_, { data }) => listener(decode(data)) })
 *     return () => listeners.delete(listener) // subscription.unsubscribe()
 *   },
 * })
 * const sessions = createSessions({ storage: memoryStorage(), secrets, bus })
 * await bus.close()
 * ```
 */
export function createBus(channel: BusChannel, { recheckEvery = 60 }: BusOptions = {}): SessionBus {
  for (const method of ['publish', 'subscribe'] as const) {
    if (typeof channel?.[method] !== 'function') {
      throw new ConfigurationError(`createBus: the channel has no method ${method}()`)
    }
  }
  checkRecheckEvery(recheckEvery)
  const followers = new Set<Follower>()
  return {
    follow(sessions) {
      const follower = new Follower(sessions, channel, recheckEvery * 1000)
      followers.add(follower)
      return follower
    },
    async close() {
      await Promise.all([...followers].map((follower) => follower.close()))
      followers.clear()
    },
  }
}

/**
 * A bus within one process: for an app that runs in one, and for tests. Managers that are given the same
 * one hear of each other.
 *
 * @throws ConfigurationError if `recheckEvery` is out of its range.
 *
 * @example
 * ```ts
 * import { createSessions, memoryStorage } from 'tuile'
 * import { memoryBus } from 'tuile/bus'
 *
 * const sessions = createSessions({ storage: memoryStorage(), secrets, bus: memoryBus() })
 * const session = await sessions.read(null)
 * session.set('visits', 1)
 * await sessions.commit(session)
 *
 * const news: string[] = []
 * sessions.watch(session.id, ({ type }) => news.push(type))
 * await sessions.destroy(session.id)
 * assert.deepEqual(news, ['end'])
 * ```
 */
export function memoryBus(options?: BusOptions): SessionBus {
  const listeners = new Set<(message: string) => void>()
  const channel: BusChannel = {
    publish(message) {
      // Who hears of a commit must not be part of it.
      queueMicrotask(() => {
        for (const listener of listeners) listener(message)
      })
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  return createBus(channel, options)
}

/**
 * A bus between the threads of one process, and wherever else the host's `BroadcastChannel` reaches: on
 * Deno Deploy, all isolates of an app.
 *
 * @param name What the channel is called.
 * @throws ConfigurationError if the host has no `BroadcastChannel`, or `recheckEvery` is out of its range.
 */
export function broadcastChannelBus(name = 'tuile:sessions', options?: BusOptions): SessionBus {
  if (typeof globalThis.BroadcastChannel !== 'function') {
    throw new ConfigurationError('This host has no BroadcastChannel: use redisBus, or createBus')
  }
  let sender: BroadcastChannel | null = null
  /** Node keeps a process alive for an open one. */
  const open = (): BroadcastChannel => {
    const channel = new BroadcastChannel(name)
    ;(channel as { unref?: () => void }).unref?.()
    return channel
  }
  const bus = createBus(
    {
      publish: (message) => (sender ??= open()).postMessage(message),
      subscribe(listener) {
        const receiver = open()
        receiver.onmessage = ({ data }) => listener(data)
        return () => receiver.close()
      },
    },
    options
  )
  return {
    follow: (sessions) => bus.follow(sessions),
    async close() {
      await bus.close()
      sender?.close()
      sender = null
    },
  }
}
