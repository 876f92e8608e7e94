/**
 * Storages by name.
 *
 * @module
 */
import { storages } from '#storages'
import { isPromise } from '../awaitable.ts'
import { ConfigurationError } from '../errors.ts'
import type { CookieStorage, SessionStorage } from '../storage/contract.ts'
import { cookieStorage } from '../storage/cookie.ts'
import { fromDriver, type SessionDriver } from '../storage/driver.ts'
import { memoryStorage } from '../storage/memory.ts'
import type { StorageOpener } from './opener.ts'
import type { Variables } from './variables.ts'

/**
 * Makes a storage, or a driver for `fromDriver`, when an environment names it. It gets the environment
 * and answers at once; what it makes may connect when it is first used.
 */
export type StorageFactory = (
  env: Readonly<Record<string, string | undefined>>
) => SessionStorage | CookieStorage | SessionDriver

const openers = new Map<string, StorageOpener>(
  Object.entries({ cookie: () => cookieStorage(), memory: () => memoryStorage(), ...storages })
)

/**
 * Gives a storage a name, which `SESSION_DRIVER` may then have: see `sessionsFromEnv`. A name that is
 * taken, also one of Tuile's own, is given to the new one.
 *
 * @throws ConfigurationError if the name is empty or has spaces, or the factory is no function.
 *
 * @example
 * ```ts
 * import { registerStorage, sessionsFromEnv } from 'tuile'
 *
 * class MapDriver {
 *   #table = new Map<string, unknown>()
 *   load = async (key: string) => this.#table.get(key)
 *   save = async (key: string, record: object) => void this.#table.set(key, record)
 *   destroy = async (key: string) => void this.#table.delete(key)
 * }
 * registerStorage('map', () => new MapDriver())
 *
 * const sessions = sessionsFromEnv({ SESSION_DRIVER: 'map', SESSION_SECRET: secrets })
 * assert.equal(sessions.async, true)
 * ```
 */
export function registerStorage(name: string, factory: StorageFactory): void {
  if (typeof name !== 'string' || !/^\S+$/.test(name)) {
    throw new ConfigurationError('registerStorage: a name is a text without spaces')
  }
  if (typeof factory !== 'function') {
    throw new ConfigurationError(`registerStorage: the factory of "${name}" is no function`)
  }
  openers.set(name, ({ env }) => {
    const made = factory(env as Readonly<Record<string, string | undefined>>)
    if (typeof made !== 'object' || made === null || isPromise<unknown>(made)) {
      throw new ConfigurationError(`The factory of "${name}" must give a storage, at once`)
    }
    return 'load' in made ? fromDriver(made) : made
  })
}

/** Opens the storage that `SESSION_DRIVER` names: the cookie, if it names none. */
export function openStorage(variables: Variables): SessionStorage | CookieStorage {
  const name = variables.text('SESSION_DRIVER') ?? 'cookie'
  const open = openers.get(name)
  if (open !== undefined) return open(variables)
  const known = [...openers.keys()].sort().join(', ')
  throw new ConfigurationError(
    `SESSION_DRIVER is ${JSON.stringify(name)}, which is unknown. Known are ${known}; ` +
      'registerStorage adds others'
  )
}
