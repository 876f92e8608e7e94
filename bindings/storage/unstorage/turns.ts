/**
 * Turns: what is done to one key is done one after the other, within this process.
 *
 * @module
 */

/** Does work when it is the turn of a key, and gives what it gave. */
export type InTurn = <Result>(key: string, work: () => Promise<Result>) => Promise<Result>

/** Milliseconds after which the one before is waited for no more: it hangs, or its host has ended it. */
const PATIENCE = 1000

/** Makes turns of its own. */
export function createTurns(): InTurn {
  const last = new Map<string, Promise<unknown>>()

  return (key, work) => {
    const before = last.get(key)
    const turn = before === undefined ? work() : settled(before).then(work)
    last.set(key, turn)
    const leave = (): void => {
      if (last.get(key) === turn) last.delete(key)
    }
    turn.then(leave, leave)
    return turn
  }
}

/** Waits for a promise, whatever comes of it, but not for ever. */
function settled(promise: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE)
    const end = (): void => {
      clearTimeout(timer)
      resolve()
    }
    promise.then(end, end)
  })
}
