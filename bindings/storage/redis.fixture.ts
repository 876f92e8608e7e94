/**
 * The clients of Redis that tests run with, each as its users make it.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster, createSentinel } from 'redis'
import type { RedisClient } from './redis.ts'
import { serviceOf } from './services.fixture.ts'

/** A client, and what ends it. */
export interface OpenClient {
  readonly client: RedisClient
  close(): unknown
}

interface NodeRedis extends RedisLike {
  on(event: 'error', listener: () => void): unknown
  connect(): Promise<unknown>
  destroy(): unknown
}
type RedisLike = Extract<RedisClient, { evalSha: unknown }>

async function nodeRedis(client: NodeRedis): Promise<OpenClient> {
  client.on('error', () => undefined)
  await client.connect()
  return { client, close: () => client.destroy() }
}

function ioredis(client: Redis | Cluster): OpenClient {
  client.on('error', () => undefined)
  return { client, close: () => client.disconnect() }
}

const ca = (): string => readFileSync(serviceOf('REDIS_TLS_CA')!, 'utf8')

/** A sentinel's URL names the master in its path. */
function sentinelOf(url: string) {
  const { hostname: host, port, pathname } = new URL(url)
  return { name: pathname.slice(1), sentinels: [{ host, port: Number(port) }] }
}

/** The clients that run in Node, by their names, per variable of `scripts/services`. */
export const CLIENTS: Record<string, Record<string, (url: string) => Promise<OpenClient>>> = {
  REDIS_URL: {
    'node-redis': (url) => nodeRedis(createClient({ url })),
    ioredis: async (url) => ioredis(new Redis(url)),
  },
  REDIS_TLS_URL: {
    'node-redis, TLS': (url) => nodeRedis(createClient({ url, socket: { tls: true, ca: ca() } })),
    'ioredis, TLS': async (url) => ioredis(new Redis(url, { tls: { ca: ca() } })),
  },
  REDIS_CLUSTER_URL: {
    'node-redis, cluster': (url) => nodeRedis(createCluster({ rootNodes: [{ url }] })),
    'ioredis, cluster': async (url) => ioredis(new Cluster([url])),
  },
  REDIS_SENTINEL_URL: {
    'node-redis, sentinel': (url) => {
      const { name, sentinels } = sentinelOf(url)
      return nodeRedis(createSentinel({ name, sentinelRootNodes: sentinels }))
    },
    'ioredis, sentinel': async (url) => ioredis(new Redis(sentinelOf(url))),
  },
  VALKEY_URL: {
    'node-redis, Valkey': (url) => nodeRedis(createClient({ url })),
    'ioredis, Valkey': async (url) => ioredis(new Redis(url)),
  },
}
