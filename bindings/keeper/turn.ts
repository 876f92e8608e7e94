/**
 * Turns: how writers of one session that are in each other's way go on one after the other.
 *
 * Compare-and-set lets one of many writers win, and nothing makes it another one the next time:
 * measured on `fsStorage`, 4 processes that count up without a pause, one write in 500 lost a hundred
 * races in a row. Who has lost a few waits for the session's lock; those who have it soon have nobody
 * to race with. A turn is for order alone: without one, the race goes on.
 *
 * @module
 */
import type { SessionStorage } from '../storage/contract.ts'

/** Milliseconds after which the turn of a process that is gone is over. */
const TURN = 2000
/** Milliseconds after which we go on without. */
const PATIENCE = 2000

/** Does something when it is our turn. */
export async function inTurn<Result>(
  storage: SessionStorage,
  key: string,
  work: () => Result | Promise<Result>
): Promise<Result> {
  const options = { ttl: TURN, signal: AbortSignal.timeout(PATIENCE) }
  const turn = await Promise.resolve(storage.lock!(key, options)).catch(() => null)
  try {
    return await work()
  } finally {
    await Promise.resolve(turn?.release()).catch(() => undefined)
  }
}
