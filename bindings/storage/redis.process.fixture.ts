/**
 * A program that holds a lock in Redis until it is killed. When told to, it says whether it could
 * extend the lock, and whether it could write what it has read under it.
 *
 * @module
 */
import { Redis } from 'ioredis'
import { redisStorage } from './redis.ts'

const [url, key, ttl] = process.argv.slice(2) as [string, string, string]
const storage = redisStorage(new Redis(url))

async function hold(): Promise<void> {
  const { signal } = new AbortController()
  process.send!('asking')
  const lock = await storage.lock(key, { ttl: Number(ttl), signal })
  const record = await storage.read(key)
  process.on('message', async () => {
    const extended = await lock.extend(Number(ttl))
    const options = { expiresAt: Date.now() + 60_000, ifVersion: record?.version ?? null }
    process.send!({ extended, written: await storage.write(key, 'stale', options) })
  })
  process.send!('holding')
}

void hold()
