/**
 * Locks across processes: a cell each, whose value is `<until>-<ttl>-<token>-<tag>`, and a folder of
 * tickets for those who wait.
 *
 * Who has the lock is decided by the cell alone, as every change of it is a compare-and-set: a holder
 * that was stopped and goes on after its lease can neither extend nor release what is another's. The
 * tickets make it fair and quick. They sort in the order of asking; the holder, when it releases,
 * gives the lock to the first of them by name and removes that ticket, which `fs.watch` tells its
 * owner. Nobody else is woken. Where events do not come, a look twice a second is enough.
 *
 * A lease is over when the clock of the machine says so, or when somebody who waits has seen the same value
 * for as long as the lease lasts, by a clock that nobody sets: the first may have been set back. A holder
 * that works gives the cell another value before that. A ticket whose time is in the future is as dead as
 * one of the past, for who waits renews it.
 *
 * @module
 */
import { type FSWatcher, watch } from 'node:fs'
import { stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { LockOptions, StorageLock } from '../contract.ts'
import type { Cells } from './cells.ts'
import {
  discard,
  discardFolder,
  list,
  makeFolder,
  newName,
  orNull,
  remove,
  writeNew,
} from './files.ts'

/** Milliseconds between two looks of one who waits, should no event come. */
const LOOK = 500
/** Milliseconds in which one who waits has to take the lock that it was given. */
const OFFER = 1000
/** Milliseconds after which a free lock is anybody's: whose turn it is may be gone. */
const TURN = 250
/** Milliseconds without a sign of life after which one who waits is gone. */
const GONE = 5 * LOOK

const HEAD = /^(\d+)-(\d+)-([0-9a-f]{24})-[0-9a-f]{24}$/
const TICKET = /^\d{15}-\d{6}-([0-9a-f]{24})$/

let asked = 0

/** A name that sorts after those of all who have asked before. */
function newTicket(token: string): string {
  asked = (asked + 1) % 1_000_000
  const digits = (number: number, length: number): string => String(number).padStart(length, '0')
  return `${digits(Date.now(), 15)}-${digits(asked, 6)}-${token}`
}

const formatHead = (ttl: number, token: string): string =>
  `${Math.ceil(Date.now() + ttl)}-${Math.ceil(ttl)}-${token}-${newName()}`

/** What is in the cell of a lock. */
interface State {
  readonly head: string | null
  readonly dead: boolean
  /** When the lease ends by the clock of the machine; `null` if nobody holds the lock. */
  readonly until: number | null
  /** Milliseconds that the lease lasts from when its value was given to the cell. */
  readonly ttl: number
  readonly holder: string | undefined
}

/** Whether a time is so far away that nobody who is there has told it. */
const isGone = (time: number, limit: number): boolean => Math.abs(Date.now() - time) >= limit

async function ticketsIn(queue: string): Promise<string[]> {
  return ((await list(queue)) ?? []).filter((name) => TICKET.test(name)).sort()
}

/** The first ticket of somebody who still waits; those before it are removed. */
async function firstTicket(queue: string): Promise<string | null> {
  for (const ticket of await ticketsIn(queue)) {
    const path = join(queue, ticket)
    const status = await orNull(() => stat(path))
    if (status !== null && !isGone(status.mtimeMs, GONE)) return ticket
    await discard(path)
  }
  return null
}

/** A place in a queue. */
class Place {
  readonly #queue: string
  readonly #ticket: string
  #watcher: FSWatcher | null = null
  #ring: () => void = () => undefined
  #rung = false

  constructor(queue: string, token: string) {
    this.#queue = queue
    this.#ticket = newTicket(token)
  }

  /** Takes the place, or says that somebody still waits in it. */
  async keep(): Promise<void> {
    const path = join(this.#queue, this.#ticket)
    const now = new Date(Date.now())
    if ((await orNull(() => utimes(path, now, now))) !== null) return
    while (!(await writeNew(path, ''))) await makeFolder(this.#queue)
    this.#watch()
  }

  async isFirst(): Promise<boolean> {
    return (await firstTicket(this.#queue)) === this.#ticket
  }

  /** Waits until the ticket is taken away, or for some milliseconds, or until a signal aborts. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#ring = () => undefined
        this.#rung = false
        resolve()
      }
      const timer = setTimeout(done, milliseconds)
      signal.addEventListener('abort', done)
      this.#ring = done
      if (this.#rung || signal.aborted) done()
    })
  }

  async leave(): Promise<void> {
    this.#watcher?.close()
    await discard(join(this.#queue, this.#ticket))
    await discardFolder(this.#queue)
  }

  #watch(): void {
    this.#watcher?.close()
    try {
      this.#watcher = watch(this.#queue, { persistent: false }, (event, name) => {
        // Not `change`: that is our own sign of life.
        if (event !== 'rename' || (name !== null && name !== this.#ticket)) return
        this.#rung = true
        this.#ring()
      })
      this.#watcher.on('error', () => this.#watcher?.close())
    } catch {
      // No more watchers are to be had: a look from time to time will do.
      this.#watcher = null
    }
  }
}

/** The locks of a storage. */
export class Locks {
  readonly #cells: Cells

  constructor(cells: Cells) {
    this.#cells = cells
  }

  /** Waits for the lock of a cell. `queue` is the folder of those who wait for it. */
  async lock(folder: string, queue: string, { ttl, signal }: LockOptions): Promise<StorageLock> {
    signal.throwIfAborted()
    const token = newName()
    const state = await this.#state(folder)
    const free = (state.until ?? 0) <= Date.now() && (await ticketsIn(queue)).length === 0
    const head = free ? await this.#take(folder, state, token, ttl) : null
    const held = head ?? (await this.#wait(folder, queue, token, { ttl, signal }))
    const lock = this.#hold(folder, queue, token, held)
    if (signal.aborted) await lock.release()
    signal.throwIfAborted()
    return lock
  }

  async #wait(
    folder: string,
    queue: string,
    token: string,
    { ttl, signal }: LockOptions
  ): Promise<string> {
    const place = new Place(queue, token)
    let seen: { readonly head: string | null; readonly since: number } | null = null
    try {
      await place.keep()
      while (!signal.aborted) {
        const state = await this.#state(folder)
        const now = performance.now()
        if (seen === null || seen.head !== state.head) seen = { head: state.head, since: now }
        const ours = state.holder === token
        if (!ours) await place.keep()
        const left = Math.min((state.until ?? Infinity) - Date.now(), seen.since + state.ttl - now)
        const isTurn = ours || (left <= 0 && (await place.isFirst()))
        // Whose turn it is may be gone: then whoever has seen the lock free for a while may take it.
        const rest = ours ? 0 : left + (left <= 0 && !isTurn ? TURN : 0)
        if (rest <= 0) {
          const head = await this.#take(folder, state, token, ttl)
          if (head !== null) return head
        }
        await place.wait(Math.min(Math.max(rest, 1), LOOK), signal)
      }
    } finally {
      await place.leave()
    }
    // It may have been given to us while we gave up.
    const { head, holder } = await this.#state(folder)
    if (head !== null && holder === token) await this.#hold(folder, queue, token, head).release()
    throw signal.reason
  }

  async #state(folder: string): Promise<State> {
    const { head, dead } = await this.#cells.look(folder)
    const [, until = null, ttl = 0, holder] = (head !== null && HEAD.exec(head)) || []
    return { head, dead, until: until === null ? null : Number(until), ttl: Number(ttl), holder }
  }

  /** Takes a lock that was seen free or given to us; the new value of the cell, or `null`. */
  async #take(folder: string, seen: State, token: string, ttl: number): Promise<string | null> {
    if (seen.dead) await this.#cells.clear(folder)
    const next = formatHead(ttl, token)
    const taken =
      seen.head === null
        ? await this.#cells.create(folder, next)
        : await this.#cells.change(folder, seen.head, next)
    return taken ? next : null
  }

  #hold(folder: string, queue: string, token: string, taken: string): StorageLock {
    let head = taken
    let last: Promise<unknown> = Promise.resolve()
    /** One call after the other: each has to know the value that the one before has left. */
    const inOrder = <Result>(call: () => Promise<Result>): Promise<Result> => {
      const result = last.then(call)
      last = result.catch(() => undefined)
      return result
    }
    return {
      extend: (ttl) =>
        inOrder(async () => {
          const next = formatHead(ttl, token)
          const extended = await this.#cells.change(folder, head, next)
          if (extended) head = next
          return extended
        }),
      release: () => inOrder(() => this.#release(folder, queue, head)),
    }
  }

  async #release(folder: string, queue: string, head: string): Promise<void> {
    const next = await firstTicket(queue)
    if (next !== null) {
      const [, token] = TICKET.exec(next)!
      const given = await this.#cells.change(folder, head, formatHead(OFFER, token!))
      if (given) await remove(join(queue, next))
    } else if (await this.#cells.remove(folder, head)) {
      // Whoever has asked between the two is woken, and finds the lock free.
      const [late] = await ticketsIn(queue)
      if (late !== undefined) await remove(join(queue, late))
    }
  }

  /** Removes a lock whose holder is gone for `left` milliseconds, and that nobody has asked for since. */
  async sweep(folder: string, left: number): Promise<void> {
    const { head, dead, until, ttl } = await this.#state(folder)
    if (dead) await this.#cells.clear(folder)
    if (head !== null && isGone(until ?? 0, ttl + left)) await this.#cells.remove(folder, head)
  }

  /** Removes a queue in which nobody waits. */
  async sweepQueue(queue: string): Promise<void> {
    await firstTicket(queue)
    await discardFolder(queue)
  }
}
