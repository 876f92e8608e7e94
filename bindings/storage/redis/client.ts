/**
 * Three clients of Redis seen as one: each runs scripts, and listens on a connection of its own.
 *
 * Scripts are all that is used: `eval` is the one call that has the same shape on single servers,
 * clusters and sentinels.
 *
 * @module
 */
import { ConfigurationError } from '../../errors.ts'

/** A client of the package `redis`: of `createClient`, `createCluster` or `createSentinel`. */
export interface NodeRedisClient {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  evalSha(sha: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  duplicate(): unknown
}

/** A client of the package `ioredis`: `Redis`, with sentinels or without, or `Cluster`. */
export interface IORedisClient {
  eval(script: string, keys: number, ...args: string[]): Promise<unknown>
  call(command: string, ...args: string[]): Promise<unknown>
  duplicate(): unknown
}

/** Bun's own client: `Bun.RedisClient`, or the `redis` of `bun`. */
export interface BunRedisClient {
  send(command: string, args: string[]): Promise<unknown>
  duplicate(): Promise<unknown>
}

/** A client that `redisStorage` can use. */
export type RedisClient = NodeRedisClient | IORedisClient | BunRedisClient

/** What a storage needs of a client, whichever it is. */
export interface RedisConnection {
  /** Runs a script in one round trip. All keys must have one hash tag. */
  run(script: string, keys: string[], args: readonly (string | number)[]): Promise<unknown>
  /**
   * Listens to a channel on a connection of its own. `onAgain` is called when that is there again after
   * it was lost, as far as the client tells: one for a cluster may not.
   */
  listen(channel: string, listener: (message: string) => void, onAgain?: () => void): Subscription
}

/** A connection that listens. */
export interface Subscription {
  /** Resolves when nothing is missed any more; rejects if it will not come to that. */
  readonly ready: Promise<unknown>
  /** Ends the connection, whether it is ready or not. */
  close(): void
}

/** A duplicate of a client, as far as listening goes. */
interface Subscriber {
  on(event: string, listener: (...args: never[]) => void): unknown
  connect(): Promise<unknown>
  subscribe(channel: string, listener?: (message: string) => void): Promise<unknown>
  close(): unknown
  destroy(): unknown
  disconnect(): unknown
}

/** A connection that listens tries again by itself; without a listener its errors end the process. */
const ignore = (): void => undefined

/** Tells when a subscriber is ready once more: clients have subscribed it again, or are about to. */
function tellAgain(subscriber: Subscriber, subscribed: Promise<unknown>, tell = ignore): void {
  let isFirst = true
  subscribed.then(() => {
    isFirst = false
  }, ignore)
  subscriber.on('ready', () => {
    // What this process asks next is answered after that.
    if (!isFirst) setTimeout(tell)
  })
}

function nodeRedis(client: NodeRedisClient): RedisConnection {
  return {
    run: (script, keys, args) => client.eval(script, { keys, arguments: args.map(String) }),
    listen(channel, listener, onAgain) {
      const subscriber = client.duplicate() as Subscriber
      subscriber.on('error', ignore)
      const ready = subscriber.connect().then(() => subscriber.subscribe(channel, listener))
      tellAgain(subscriber, ready, onAgain)
      return { ready, close: () => subscriber.destroy() }
    },
  }
}

function ioredis(client: IORedisClient): RedisConnection {
  return {
    run: (script, keys, args) => client.eval(script, keys.length, ...keys, ...args.map(String)),
    listen(channel, listener, onAgain) {
      const subscriber = client.duplicate() as Subscriber
      subscriber.on('error', ignore)
      subscriber.on('message', (_: string, message: string) => listener(message))
      const ready = subscriber.subscribe(channel)
      tellAgain(subscriber, ready, onAgain)
      return { ready, close: () => subscriber.disconnect() }
    },
  }
}

function bun(client: BunRedisClient): RedisConnection {
  return {
    run: (script, keys, args) =>
      client.send('EVAL', [script, `${keys.length}`, ...keys, ...args.map(String)]),
    listen(channel, listener) {
      const duplicated = client.duplicate() as Promise<Subscriber>
      const ready = duplicated.then((subscriber) => subscriber.subscribe(channel, listener))
      const close = () => void duplicated.then((subscriber) => subscriber.close(), ignore)
      return { ready, close }
    },
  }
}

/**
 * A client by its methods, so that no client need be imported.
 *
 * @throws ConfigurationError if it is none of the three.
 */
export function connectionOf(client: RedisClient): RedisConnection {
  const has = (...methods: string[]): boolean =>
    methods.every((name) => typeof (client as never)?.[name] === 'function')
  if (has('eval', 'evalSha', 'duplicate')) return nodeRedis(client as NodeRedisClient)
  if (has('eval', 'call', 'duplicate')) return ioredis(client as IORedisClient)
  if (has('send', 'duplicate')) return bun(client as BunRedisClient)
  throw new ConfigurationError(
    'redisStorage takes a client: createClient(), createCluster() or createSentinel() of "redis", ' +
      'a Redis or Cluster of "ioredis", or a Bun.RedisClient'
  )
}
