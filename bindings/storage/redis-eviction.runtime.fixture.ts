/**
 * A program for Bun: what a server says of its memory to Bun's own client of Redis, as JSON.
 *
 * @module
 */
import { type BunRedisClient, redisStorage } from './redis.ts'

interface Client extends BunRedisClient {
  close(): void
}
declare const Bun: { RedisClient: new (url: string) => Client }

const client = new Bun.RedisClient(process.argv[2]!)
const storage = redisStorage(client)
const options = { expiresAt: Date.now() + 60_000, ifVersion: null, keep: true }
const written = await Promise.resolve(storage.write('bun', 'x', options)).catch(String)
console.log(JSON.stringify({ problems: await storage.diagnose(), written }))
client.close()
