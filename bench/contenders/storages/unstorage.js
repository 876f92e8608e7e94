/** unstorage: the last write wins, and nothing ends. */
import { join } from 'node:path'
import { createStorage } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs'

export function inFolder(folder) {
  const storage = createStorage({ driver: fsDriver({ base: join(folder, 'unstorage') }) })
  return {
    name: 'unstorage, fs',
    write: (key, data) => storage.setItem(key, data),
    read: (key) => storage.getItem(key),
  }
}
