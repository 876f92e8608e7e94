/** connect-redis, the store of express-session. */
import { RedisStore } from 'connect-redis'

export function inRedis(client) {
  const store = new RedisStore({ client, prefix: 'connect:', ttl: 3600 })
  return {
    name: 'connect-redis',
    write: (key, data) => store.set(key, { ...data, cookie: { originalMaxAge: 3_600_000 } }),
    async read(key) {
      const { cookie: _, ...data } = await store.get(key)
      return data
    },
  }
}
