/**
 * A storage whose failures have a type, whether it throws, rejects or does not answer.
 *
 * @module
 */
import { isPromise, type Awaitable } from './awaitable.ts'
import { byIdentity } from './by-identity.ts'
import { ConfigurationError, SessionStorageError } from './errors.ts'
import type { SessionEmitter } from './events.ts'
import type { LockOptions, OwnerIndex, SessionStorage, StorageLock } from './storage/contract.ts'

/**
 * Wraps a storage: what fails becomes a `SessionStorageError` and an `error` event. An answer that
 * comes after it was given up on is dropped, also if it is a failure.
 *
 * @param timeout Milliseconds that an answer may take. Waiting for a lock and sweeping take theirs.
 */
export function guardStorage(
  storage: SessionStorage,
  events: SessionEmitter,
  timeout: number
): SessionStorage {
  const failure = (operation: string, cause: unknown): SessionStorageError => {
    const error = new SessionStorageError(operation, cause)
    events.emit('error', () => ({ error }))
    return error
  }

  const within = <Result>(operation: string, limit: number, answer: Promise<Result>) =>
    new Promise<Result>((resolve, reject) => {
      const fail = (cause: unknown): void => {
        if (timer === null) return
        clearTimeout(timer)
        timer = null
        reject(failure(operation, cause))
      }
      const giveUp = (): void =>
        fail(new DOMException(`No answer within ${limit / 1000} s`, 'TimeoutError'))
      let timer: ReturnType<typeof setTimeout> | null = setTimeout(giveUp, limit)
      answer.then((result) => {
        clearTimeout(timer ?? undefined)
        resolve(result)
      }, fail)
    })

  const guard = <Result>(
    operation: string,
    call: () => Awaitable<Result>,
    limit = timeout
  ): Awaitable<Result> => {
    try {
      const answer = call()
      // What may answer with promises always does, for those who wait.
      if (!isPromise(answer)) return storage.sync ? answer : Promise.resolve(answer)
      if (limit !== Infinity) return within(operation, limit, answer)
      return answer.catch((cause) => Promise.reject(failure(operation, cause)))
    } catch (cause) {
      const error = failure(operation, cause)
      if (storage.sync) throw error
      return Promise.reject(error)
    }
  }

  /** Waits until the signal says no, whatever the storage does. */
  const waitForLock = (
    signal: AbortSignal,
    ask: () => Awaitable<StorageLock>
  ): Promise<StorageLock> =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      const take = (held: StorageLock): void => {
        const lock: StorageLock = {
          extend: (ttl) => guard('extend a lock', () => held.extend(ttl)),
          release: () => guard('release a lock', () => held.release()),
        }
        if (!signal.aborted) resolve(lock)
        // Nobody waits for it any more.
        else Promise.resolve(lock.release()).catch(() => undefined)
      }
      const refuse = (cause: unknown): void => {
        if (!signal.aborted) reject(failure('lock', cause))
      }
      new Promise<StorageLock>((resolve) => resolve(ask())).then(take, refuse)
    })

  const guardOwners = (index: OwnerIndex): OwnerIndex => ({
    add: (owner, key, expiresAt) =>
      guard('add to an owner', () => index.add(owner, key, expiresAt)),
    remove: (owner, key) => guard('take from an owner', () => index.remove(owner, key)),
    keys: (owner) => guard('find by owner', () => index.keys(owner)),
    ...(index.gaps && { gaps: () => guard('find by owner', () => index.gaps!()) }),
  })

  let isDiagnosed = storage.diagnose === undefined
  const write: SessionStorage['write'] = (key, value, options) => {
    if (!isDiagnosed) {
      isDiagnosed = true
      void diagnose(storage, events)
    }
    return guard('write', () => storage.write(key, value, options))
  }

  const { touch, sweep, lock, owners } = storage
  return {
    sync: storage.sync === true,
    ...(storage.consistency && { consistency: storage.consistency }),
    read: (key, options) => guard('read', () => storage.read(key, options)),
    write,
    destroy: (key) => guard('destroy', () => storage.destroy(key)),
    ...(touch && {
      touch: (key: string, expiresAt: number, ifVersion?: number) =>
        guard('touch', () => touch.call(storage, key, expiresAt, ifVersion)),
    }),
    ...(sweep && {
      sweep: (limit: number) => guard('sweep', () => sweep.call(storage, limit), Infinity),
    }),
    ...(lock && {
      lock: (key: string, options: LockOptions) =>
        waitForLock(options.signal, () => lock.call(storage, key, options)),
    }),
    ...(owners && { owners: guardOwners(owners) }),
  }
}

/** What the server of a storage has answered; it is asked once, however many managers there are. */
const diagnosisOf = byIdentity(() => ({ isAsked: false, sentences: null as string[] | null }))

const warnedOf = new Set<string>()

/** Reports the settings of a server that break a promise. No request waits for it. */
async function diagnose(storage: SessionStorage, events: SessionEmitter): Promise<void> {
  const known = diagnosisOf(storage.identity ?? [storage, ''])
  try {
    if (!known.isAsked) {
      known.isAsked = true
      known.sentences = [...(await storage.diagnose!())]
    }
  } catch {
    // A server that cannot be asked fails the next call as well, which reports it.
    known.isAsked = false
  }
  for (const sentence of known.sentences ?? []) {
    events.emit('error', () => ({ error: new ConfigurationError(sentence) }))
    if (warnedOf.has(sentence)) continue
    warnedOf.add(sentence)
    console.warn(`tuile: ${sentence}`)
  }
}
