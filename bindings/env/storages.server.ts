/**
 * The storages that `sessionsFromEnv` opens by itself on Node, Bun and Deno.
 *
 * @module
 */
import { ConfigurationError } from '../errors.ts'
import { openDatabase } from './database.server.ts'
import { early, findClient, importClient } from './clients.server.ts'
import { deferStorage, type OpenedStorage } from './deferred.ts'
import type { StorageOpeners } from './opener.ts'
import type { SessionStorage } from '../storage/contract.ts'

const isBun = 'Bun' in globalThis

/** What a client says of a lost connection, each failing call says too. */
const ignore = (): void => undefined

async function openRedis(
  client: string,
  url: string,
  // biome-ignore lint/suspicious/noExplicitAny: the types of a client come with it
  code: Promise<[typeof import('../storage/redis.ts'), any]>
): Promise<OpenedStorage> {
  const [{ redisStorage }, loaded] = await code
  if (client === 'bun') {
    const bun = new loaded.RedisClient(url)
    return opened(redisStorage(bun), () => bun.close())
  }
  if (client === 'ioredis') {
    const ioredis = new loaded.Redis(url)
    ioredis.on('error', ignore)
    return opened(redisStorage(ioredis), () => ioredis.disconnect())
  }
  const redis = loaded.createClient({ url })
  redis.on('error', ignore)
  await redis.connect()
  return opened(redisStorage(redis), () => redis.close())
}

/** Ends the storage, and then its client. */
function opened(storage: SessionStorage, end: () => unknown): OpenedStorage {
  return {
    storage,
    async close() {
      await storage.close?.()
      await end()
    },
  }
}

function checkUrl(url: string): string {
  if (/^(?:rediss?|valkeys?):\/\//.test(url) && URL.canParse(url)) return url
  throw new ConfigurationError('REDIS_URL is no address such as redis://localhost:6379')
}

/** By the names of their drivers. */
export const storages: StorageOpeners = {
  file(variables) {
    const directory = variables.text('SESSION_PATH') ?? './storage/sessions'
    const code = early(import('../storage/fs.ts'))
    const open = async (): Promise<OpenedStorage> => {
      const { fsStorage } = await code
      return { storage: fsStorage(directory), close: ignore }
    }
    return deferStorage(open, true)
  },

  redis(variables) {
    const url = checkUrl(variables.text('REDIS_URL') ?? 'redis://localhost:6379')
    const client = isBun ? 'bun' : findClient('SESSION_DRIVER=redis', ['redis', 'ioredis'])
    const code = early(Promise.all([import('../storage/redis.ts'), importClient(client)]))
    return deferStorage(() => openRedis(client, url, code), false)
  },

  database(variables) {
    const url = variables.text('DATABASE_URL')
    if (url === undefined) {
      throw new ConfigurationError('SESSION_DRIVER=database needs DATABASE_URL')
    }
    return deferStorage(openDatabase(url), true)
  },
}
