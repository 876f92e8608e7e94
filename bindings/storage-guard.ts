/**
 * A storage whose failures have a type, whether it throws or rejects.
 *
 * @module
 */
import { isPromise, type Awaitable } from './awaitable.ts'
import { SessionStorageError } from './errors.ts'
import type { SessionEmitter } from './events.ts'
import type { SessionStorage } from './storage/contract.ts'

/** Wraps a storage: what fails becomes a `SessionStorageError` and an `error` event. */
export function guardStorage(storage: SessionStorage, events: SessionEmitter): SessionStorage {
  const fail = (operation: string, cause: unknown): never => {
    const error = new SessionStorageError(operation, cause)
    events.emit('error', () => ({ error }))
    throw error
  }
  const guard = <Result>(operation: string, call: () => Awaitable<Result>): Awaitable<Result> => {
    try {
      const result = call()
      return isPromise(result) ? result.catch((error) => fail(operation, error)) : result
    } catch (error) {
      return fail(operation, error)
    }
  }
  const { touch, sweep } = storage
  return {
    sync: storage.sync === true,
    read: (key) => guard('read', () => storage.read(key)),
    write: (key, value, options) => guard('write', () => storage.write(key, value, options)),
    destroy: (key) => guard('destroy', () => storage.destroy(key)),
    ...(touch && {
      touch: (key: string, expiresAt: number) =>
        guard('touch', () => touch.call(storage, key, expiresAt)),
    }),
    ...(sweep && {
      sweep: (limit: number) => guard('sweep', () => sweep.call(storage, limit)),
    }),
  }
}
