/**
 * The storages that `sessionsFromEnv` opens by itself, where there is no server: none.
 *
 * @module
 */
import { ConfigurationError } from '../errors.ts'
import type { StorageOpeners } from './opener.ts'

const missing = (driver: string) => (): never => {
  throw new ConfigurationError(
    `SESSION_DRIVER=${driver} opens by itself on Node, Bun and Deno, and is not in bundles for other ` +
      `hosts. Give the storage as an option, or as registerStorage('${driver}', () => …)`
  )
}

/** By the names of their drivers. */
export const storages: StorageOpeners = {
  file: missing('file'),
  redis: missing('redis'),
  database: missing('database'),
}
