/**
 * What opens a storage that an environment names.
 *
 * @module
 */
import type { CookieStorage, SessionStorage } from '../storage/contract.ts'
import type { Variables } from './variables.ts'

/** Opens a storage for the variables of an environment. */
export type StorageOpener = (variables: Variables) => SessionStorage | CookieStorage

/** The storages that only some hosts can open, by name. */
export type StorageOpeners = Readonly<Record<'file' | 'redis' | 'database', StorageOpener>>
