/**
 * Locks in two tables: who holds a lock, and who waits for it.
 *
 * That there is one holder is up to the first table, where a key has one row. The second is for
 * fairness alone: those who wait draw tickets, and who has the lowest may try. All times are of the
 * database's clock, as the clocks of those who use it may differ.
 *
 * A notification would need a connection of its own, which Kysely does not give. So those who wait ask
 * again, the first in the queue soonest, and each less and less often.
 *
 * @module
 */
import type { LockOptions, StorageLock } from '../contract.ts'
import { claim, type Database } from './database.ts'
import type { SqlTables } from './schema.ts'

/** Milliseconds before a waiter asks again: for the first time, and at most. */
const FIRST_PAUSE = 4
const LONGEST_PAUSE = 250
/** Milliseconds after which the ticket of a waiter that is gone is in nobody's way. */
const TICKET_TTL = 2000

/** The function `lock` of a storage. */
export function createLock(
  database: Database,
  { locks, queue }: SqlTables
): (key: string, options: LockOptions) => Promise<StorageLock> {
  const { statement } = database
  const { now } = database.dialect
  const own = `(select min(own.ticket) from ${queue} own where own.id = :id and own.token = :token)`
  const others = `from ${queue} other where other.id = :id and other.expires_at > ${now} and other.ticket <`

  const acquire = claim(database, locks, {
    row: { id: ':id', token: ':token', expires_at: `${now} + :ttl` },
    now,
    // Who has no ticket may not pass those who have.
    condition: `not exists (select 1 ${others} coalesce(${own}, ${Number.MAX_SAFE_INTEGER}))`,
  })
  const extend = statement(
    `update ${locks} set expires_at = ${now} + :ttl ` +
      `where id = :id and token = :token and expires_at > ${now}`
  )
  const release = statement(`delete from ${locks} where id = :id and token = :token`)
  const enqueue = statement(
    `insert into ${queue} (id, token, expires_at) values (:id, :token, ${now} + :ttl)`
  )
  const stay = statement(
    `update ${queue} set expires_at = ${now} + :ttl where id = :id and token = :token`
  )
  const leave = statement(`delete from ${queue} where id = :id and token = :token`)
  const ahead = statement(`select count(*) as ahead ${others} ${own}`)

  /** Waits in the queue until the lock is ours. */
  const wait = async (id: string, token: string, { ttl, signal }: LockOptions): Promise<void> => {
    const ticket = { id, token, ttl: Math.min(ttl, TICKET_TTL) }
    const countAhead = async () => Number((await ahead(ticket)).rows[0]!.ahead)
    await enqueue(ticket)
    let stayed = performance.now()
    let before = await countAhead()
    let pause = FIRST_PAUSE
    while (before > 0 || !(await acquire({ id, token, ttl }))) {
      const asked = performance.now()
      // With a part of chance, or all who wait would ask at once.
      const most = Math.min(LONGEST_PAUSE, pause * Math.max(1, before))
      await sleep(most * (0.5 + Math.random() / 2), signal)
      if (performance.now() - stayed > ticket.ttl / 4) {
        await stay(ticket)
        stayed = performance.now()
      }
      const last = before
      if (last > 0) before = await countAhead()
      // Half of what a turn took lately: a whole one would make turns take longer and longer.
      if (before === 0 && last > 0) pause = FIRST_PAUSE
      else if (before < last) pause = (performance.now() - asked) / (last - before) / 2
      else pause = Math.min(LONGEST_PAUSE, pause * 1.5)
    }
  }

  return async (id, options) => {
    const { ttl, signal } = options
    signal.throwIfAborted()
    const token = crypto.randomUUID()
    if (!(await acquire({ id, token, ttl }))) {
      // A ticket that stays for want of a connection ends by itself.
      const withdraw = () => leave({ id, token }).catch(() => undefined)
      try {
        await wait(id, token, options)
        void withdraw()
      } catch (error) {
        await withdraw()
        throw error
      }
    }
    const lock: StorageLock = {
      extend: async (ttl) => (await extend({ id, token, ttl })).changes === 1,
      release: () => release({ id, token }),
    }
    if (signal.aborted) await lock.release()
    signal.throwIfAborted()
    return lock
  }
}

/** Waits for a time, or rejects with the reason of an abort. */
function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    signal.addEventListener('abort', stop, { once: true })
  })
}
