/**
 * The storages that `scripts/races.js` can race on, by name. A factory is called in every process,
 * with a folder that all of them share and that the run removes at its end; it gives a storage, or
 * throws with the reason why there is none here.
 */
import { serviceOf } from '../servers/urls.js'

export const STORAGES = {
  async fs(folder) {
    const { fsStorage } = await import('../../dist/bindings/storage/fs.js')
    return fsStorage(folder)
  },

  async 'fs-durable'(folder) {
    const { fsStorage } = await import('../../dist/bindings/storage/fs.js')
    return fsStorage(folder, { durable: true })
  },

  async redis() {
    const { createClient } = await import('redis')
    return openRedis(createClient({ url: urlOf('REDIS_URL') }))
  },

  async 'redis-cluster'() {
    const { createCluster } = await import('redis')
    return openRedis(createCluster({ rootNodes: [{ url: urlOf('REDIS_CLUSTER_URL') }] }))
  },
}

function urlOf(variable) {
  const url = serviceOf(variable)
  if (url === undefined) throw new Error(`no ${variable}: scripts/services up`)
  return url
}

async function openRedis(client) {
  const { redisStorage } = await import('../../dist/bindings/storage/redis.js')
  await client.connect()
  const storage = redisStorage(client)
  return { ...storage, close: () => storage.close().then(() => client.destroy()) }
}
