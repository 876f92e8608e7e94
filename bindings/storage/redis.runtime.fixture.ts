/**
 * A program for Bun: the conformance suites with its own client of Redis. It prints each test's name
 * and what went wrong, or null, as JSON.
 *
 * @module
 */
import { sessionConformance } from '../session-conformance.ts'
import { storageConformance } from './conformance.ts'
import { type BunRedisClient, redisStorage } from './redis.ts'

interface Client extends BunRedisClient {
  close(): void
}
declare const Bun: { RedisClient: new (url: string, options?: object) => Client }

const [url, ca] = process.argv.slice(2)
const client = new Bun.RedisClient(url!, ca ? { tls: { ca: await readText(ca) } } : {})

async function readText(path: string): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  return readFile(path, 'utf8')
}

const create = () => redisStorage(client)
const results: Record<string, string | null> = {}
for (const { name, run } of [...storageConformance(create), ...sessionConformance(create)]) {
  results[name] = await run().then(
    () => null,
    (error) => error.stack
  )
}
client.close()
console.log(JSON.stringify(results))
