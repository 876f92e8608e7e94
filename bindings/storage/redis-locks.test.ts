import { Redis } from 'ioredis'
import { afterAll } from 'vitest'
import { locksAcrossProcesses } from './lock-processes.fixture.ts'
import { redisStorage } from './redis.ts'
import { describeService } from './services.fixture.ts'

describeService('REDIS_URL', 'locks in Redis across processes', (url) => {
  const client = new Redis(url)
  const storage = redisStorage(client)
  afterAll(async () => {
    await storage.close()
    client.disconnect()
  })

  locksAcrossProcesses({
    program: 'redis.process.fixture.ts',
    args: () => [url],
    storage: () => storage,
    async isQueued(key) {
      const script = "return redis.call('EXISTS', KEYS[1])"
      return (await client.eval(script, 1, `session:queue:{${key}}`)) === 1
    },
  })
})
