/**
 * The tests of a storage's locks.
 *
 * @module
 */
import { assert, eventually, HOUR, newKey, pause, until } from './conformance-kit.ts'
import type { SessionStorage, StorageLock } from './contract.ts'

/** Milliseconds of a lock that no test lets run out. */
const LONG = 30_000
/** Milliseconds after which a call that waits is taken to wait. Too short makes no test fail. */
const MOMENT = 60

/** A call of `lock`, and whether it has given the lock yet. */
class Call {
  readonly #lock: Promise<StorageLock>
  settled = false

  constructor(
    storage: SessionStorage,
    key: string,
    ttl = LONG,
    signal = new AbortController().signal
  ) {
    // So that a call that fails at once rejects, as one that fails later does.
    this.#lock = Promise.resolve().then(() => storage.lock!(key, { ttl, signal }))
    const settle = (): void => {
      this.settled = true
    }
    this.#lock.then(settle, settle)
  }

  get(): Promise<StorageLock> {
    return eventually(this.#lock, 'a lock that was free was not given')
  }

  async mustWait(): Promise<void> {
    await pause(MOMENT)
    assert(!this.settled, 'a lock that another holds was given')
  }
}

/** The tests by what they promise. */
export const LOCK_CASES: Record<string, (storage: SessionStorage) => Promise<void>> = {
  async 'lock() has one holder at a time'(storage) {
    const key = newKey()
    let holders = 0
    const work = Array.from({ length: 10 }, async () => {
      const lock = await new Call(storage, key).get()
      assert(++holders === 1, 'there are two holders')
      await pause(2)
      holders--
      await lock.release()
    })
    await Promise.all(work)
  },

  async 'lock() is given in the order of asking'(storage) {
    const key = newKey()
    const first = await new Call(storage, key).get()
    const order: number[] = []
    const work: Promise<void>[] = []
    for (let i = 0; i < 5; i++) {
      const call = new Call(storage, key)
      await call.mustWait()
      work.push(
        call.get().then(async (lock) => {
          order.push(i)
          await lock.release()
        })
      )
    }
    await first.release()
    await Promise.all(work)
    assert(order.join() === '0,1,2,3,4', `the order was ${order.join()}`)
  },

  async 'release() gives the lock to who waits longest, not to who asks next'(storage) {
    const key = newKey()
    const first = await new Call(storage, key).get()
    const waiting = new Call(storage, key)
    await waiting.mustWait()
    await first.release()
    const late = new Call(storage, key)
    const second = await waiting.get()
    await late.mustWait()
    await second.release()
    await (await late.get()).release()
  },

  async 'lock() of one key does not wait for another'(storage) {
    const locks = [newKey(), newKey()].map((key) => new Call(storage, key).get())
    for (const lock of await Promise.all(locks)) await lock.release()
  },

  async 'lock() leaves the record of its key alone, and the record the lock'(storage) {
    const key = newKey()
    const lock = await new Call(storage, key).get()
    assert((await storage.read(key)) === null, 'the lock is read as a record')
    assert((await storage.write(key, 'x', until(HOUR))) === true, 'the lock is in the way')
    assert((await storage.read(key))?.value === 'x', 'the record is not there')
    await storage.destroy(key)
    const next = new Call(storage, key)
    await next.mustWait()
    assert((await lock.extend(LONG)) === true, 'the lock went with the record')
    await lock.release()
    await (await next.get()).release()
  },

  async 'a lock whose holder is gone is free after its ttl'(storage) {
    const key = newKey()
    await new Call(storage, key, 150).get()
    await (await new Call(storage, key).get()).release()
  },

  async 'a lock that ended while nobody waited is free'(storage) {
    const key = newKey()
    await new Call(storage, key, 50).get()
    await pause(80)
    await (await new Call(storage, key).get()).release()
  },

  async 'extend() keeps the lock beyond its ttl'(storage) {
    const key = newKey()
    const lock = await new Call(storage, key, 1000).get()
    const next = new Call(storage, key)
    for (let i = 0; i < 4; i++) {
      await pause(350)
      assert((await lock.extend(1000)) === true, 'it was lost')
      assert(!next.settled, 'another has it as well')
    }
    await lock.release()
    await (await next.get()).release()
  },

  async 'extend() of a lock that another has now says false'(storage) {
    const key = newKey()
    const lost = await new Call(storage, key, 50).get()
    const held = await new Call(storage, key).get()
    assert((await lost.extend(LONG)) === false, 'it was extended')
    assert((await held.extend(LONG)) === true, 'the holder has lost it')
    await held.release()
    assert((await lost.extend(LONG)) === false, 'it came back')
  },

  async 'extend() after release() says false'(storage) {
    const key = newKey()
    const lock = await new Call(storage, key).get()
    await lock.release()
    assert((await lock.extend(LONG)) === false, 'it was extended')
    await (await new Call(storage, key).get()).release()
  },

  async 'release() of a lock that is lost is no error, and frees no other'(storage) {
    const key = newKey()
    const lost = await new Call(storage, key, 50).get()
    const held = await new Call(storage, key).get()
    const next = new Call(storage, key)
    await lost.release()
    await next.mustWait()
    assert((await held.extend(LONG)) === true, 'the holder has lost it')
    await held.release()
    await held.release()
    await (await next.get()).release()
  },

  async 'an abort ends the wait with its reason, and leaves no place in the queue'(storage) {
    const key = newKey()
    const first = await new Call(storage, key).get()
    const controller = new AbortController()
    const aborted = new Call(storage, key, LONG, controller.signal)
    await aborted.mustWait()
    const next = new Call(storage, key)
    await next.mustWait()
    const reason = new Error('enough')
    controller.abort(reason)
    const error = await aborted.get().then(
      () => null,
      (error: unknown) => error
    )
    assert(error === reason, `the call gave ${String(error)}, not the reason`)
    assert(!next.settled, 'the abort freed the lock')
    await first.release()
    await (await next.get()).release()
  },

  async 'lock() with a signal that is aborted already takes nothing'(storage) {
    const key = newKey()
    const reason = new Error('enough')
    const error = await new Call(storage, key, LONG, AbortSignal.abort(reason)).get().then(
      () => null,
      (error: unknown) => error
    )
    assert(error === reason, `the call gave ${String(error)}, not the reason`)
    await (await new Call(storage, key).get()).release()
  },

  async 'an abort after the lock was given does nothing'(storage) {
    const key = newKey()
    const controller = new AbortController()
    const lock = await new Call(storage, key, LONG, controller.signal).get()
    controller.abort()
    const next = new Call(storage, key)
    await next.mustWait()
    assert((await lock.extend(LONG)) === true, 'the lock was lost')
    await lock.release()
    await (await next.get()).release()
  },
}
