/** @remix-run/session: its storages take and give whole sessions, under ids of its own. */
import { join } from 'node:path'
import { createFsSessionStorage } from '@remix-run/session/fs-storage'
import { createRedisSessionStorage } from '@remix-run/session-storage-redis'

function create(name, storage) {
  /** The cookie value of each key. */
  const cookies = new Map()
  return {
    name,
    async write(key, data) {
      const session = await storage.read(cookies.get(key) ?? null)
      for (const [field, value] of Object.entries(data)) session.set(field, value)
      cookies.set(key, (await storage.save(session)) ?? cookies.get(key))
    },
    async read(key) {
      const session = await storage.read(cookies.get(key))
      return { userId: session.get('userId'), name: session.get('name'), cart: session.get('cart') }
    },
  }
}

export const inFolder = (folder) =>
  create('@remix-run/session, fs', createFsSessionStorage(join(folder, 'remix')))

export const inRedis = (client) =>
  create('@remix-run/session-storage-redis', createRedisSessionStorage(client, { ttl: 3600 }))
