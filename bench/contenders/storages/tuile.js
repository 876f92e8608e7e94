/** Tuile's storages: a write is a compare-and-set, and names the version that it replaces. */
import { join } from 'node:path'
import { fsStorage } from '../../../dist/bindings/storage/fs.js'
import { redisStorage } from '../../../dist/bindings/storage/redis.js'

const HOUR = 3_600_000

function create(name, storage) {
  const versions = new Map()
  return {
    name,
    async write(key, data) {
      const ifVersion = versions.get(key) ?? null
      const options = { expiresAt: Date.now() + HOUR, ifVersion }
      if (!(await storage.write(key, JSON.stringify(data), options))) throw new Error('not written')
      versions.set(key, (ifVersion ?? 0) + 1)
    },
    read: async (key) => JSON.parse((await storage.read(key)).value),
  }
}

export const inFolder = (folder) => create('tuile, fs', fsStorage(join(folder, 'tuile')))

export const durableInFolder = (folder) =>
  create('tuile, fs, durable', fsStorage(join(folder, 'durable'), { durable: true }))

export const inRedis = (client) => create('tuile, Redis', redisStorage(client))
