/**
 * Storages of sessions: what one read and one write of a record cost, without any session around it.
 *
 * @typedef {object} Storage
 * @property {string} name
 * @property {(key: string, data: object) => Promise<unknown>} write Creates or replaces a record.
 * @property {(key: string) => Promise<object>} read The data of a record that is there.
 *
 * @module
 */
import { load } from '../load.js'

/** @returns {Promise<Storage[]>} Those in a folder. */
export const createFolderStorages = (folder) =>
  load(
    {
      'tuile, fs': async () => (await import('./tuile.js')).inFolder,
      'tuile, fs, durable': async () => (await import('./tuile.js')).durableInFolder,
      '@remix-run/session, fs': async () => (await import('./remix.js')).inFolder,
      'unstorage, fs': async () => (await import('./unstorage.js')).inFolder,
    },
    folder
  )

/** @returns {Promise<Storage[]>} Those in Redis, all through one client of node-redis. */
export const createRedisStorages = (client) =>
  load(
    {
      'tuile, Redis': async () => (await import('./tuile.js')).inRedis,
      '@remix-run/session-storage-redis': async () => (await import('./remix.js')).inRedis,
      'connect-redis': async () => (await import('./connect-redis.js')).inRedis,
    },
    client
  )
