/**
 * What stands behind a manager: the keeper of its storage, and the locks, owners and sweeping that
 * this storage can do.
 *
 * @module
 */
import { defaultEngine } from './codec/select.ts'
import { ConfigurationError } from './errors.ts'
import type { SessionEmitter } from './events.ts'
import { ownerKey, randomString, snapshotKey } from './id.ts'
import type { Keeper } from './keeper/contract.ts'
import { createCookieKeeper } from './keeper/cookie.ts'
import { createServerKeeper } from './keeper/server.ts'
import { queueOf } from './lock-queue.ts'
import { Locks } from './lock.ts'
import {
  checkMaxPerOwner,
  checkStorage,
  isProduction,
  type Deadlines,
  type Operation,
  type SessionsOptions,
} from './options.ts'
import { Owners, type OwnerControl } from './owners.ts'
import { Revocations } from './revocations.ts'
import { guardStorage } from './storage-guard.ts'
import type { CookieStorage, SessionStorage } from './storage/contract.ts'
import { Sweeper } from './sweeper.ts'

/** The parts that a storage can do. */
export interface Backend {
  readonly keeper: Keeper
  readonly sweeper: Sweeper
  /**
   * The locks of a storage on the server.
   *
   * @throws ConfigurationError with the cookie storage.
   */
  locks(): Locks
  /**
   * The sessions by their owners.
   *
   * @throws ConfigurationError if the storage keeps none.
   */
  owners(): OwnerControl
}

/** What a backend is made with. */
export interface BackendSettings {
  readonly deadlines: Deadlines
  readonly operation: Operation
  readonly events: SessionEmitter
  readonly keyOf: (id: string) => string
  readonly schema: SessionsOptions<object>['schema']
  readonly maxPerOwner: number | undefined
}

/**
 * Makes the backend of a storage.
 *
 * @throws ConfigurationError if the storage lacks a method, or cannot do what is asked of it.
 */
export function createBackend(
  storage: SessionStorage | CookieStorage,
  { operation, maxPerOwner, ...rest }: BackendSettings
): Backend {
  checkStorage(storage)
  const ownerKeyOf = (userId: string): string => ownerKey(defaultEngine, userId)
  const settings = { ...rest, ownerKeyOf }
  const max = checkMaxPerOwner(maxPerOwner, storage)
  const { events, deadlines } = settings

  if ('stateless' in storage) {
    const createEpoch = (): string => randomString(defaultEngine)
    const store = storage.revocations
    if (store?.volatile && isProduction()) warnOfVolatile('revocations')
    const guarded = store && guardStorage(store, events, operation.timeout)
    const revocations = guarded ? new Revocations(guarded, { ...settings, createEpoch }) : null
    return {
      keeper: createCookieKeeper(settings, storage.mode, revocations),
      sweeper: new Sweeper(undefined, events, deadlines.lifetime),
      locks: refuse('The cookie storage keeps no sessions to be found, or to be locked'),
      owners: revocations
        ? () => revocations
        : refuse(
            'The cookie storage has no owners without revocations: ' +
              'cookieStorage({ revocations: memoryStorage() }), or another storage'
          ),
    }
  }

  if (storage.volatile && isProduction()) warnOfVolatile('sessions')
  const guarded = guardStorage(storage, events, operation.timeout)
  const owners = guarded.owners
    ? new Owners(guarded, guarded.owners, { ...settings, ...max })
    : null
  const snapshotKeyOf = (id: string): string => snapshotKey(defaultEngine, id)
  const { maxSize } = operation
  const keeper = createServerKeeper(guarded, { ...settings, snapshotKeyOf, maxSize }, owners)
  const locks = new Locks(guarded, queueOf(storage), keeper, operation)
  return {
    keeper,
    sweeper: new Sweeper(guarded.sweep, events, deadlines.lifetime),
    locks: () => locks,
    owners: owners ? () => owners : refuse('This storage keeps no owners'),
  }
}

function refuse(message: string): () => never {
  return () => {
    throw new ConfigurationError(message)
  }
}

const warnedOf = new Set<string>()

function warnOfVolatile(what: 'sessions' | 'revocations'): void {
  if (warnedOf.has(what)) return
  warnedOf.add(what)
  const after = what === 'sessions' ? 'They end with it' : 'Sign-outs are forgotten when it ends'
  console.warn(
    `tuile: ${what} are kept in the memory of this process. ${after}, and no other process sees ` +
      'them; in production, use a storage that lasts'
  )
}
