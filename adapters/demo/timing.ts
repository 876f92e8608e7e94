/**
 * A stopwatch for calls that take less than a clock can tell.
 *
 * @module
 */

/** How long a call takes. */
export interface Timing {
  /** The median of the batches, per call; `null` if the clock is too coarse to tell, as on Workers. */
  readonly nanoseconds: number | null
  /** How many calls were made. */
  readonly calls: number
}

const BATCH = 20
const MAX_BATCHES = 10
/** Milliseconds after which no further batch is begun, so that a page never waits for its figures. */
const BUDGET = 2

/**
 * Calls a function some 200 times, without a warm-up, and gives the median of batches of 20: a pause
 * of the process in one of them does not count.
 */
export function timeCalls(
  call: () => unknown,
  now: () => number = () => performance.now()
): Timing {
  const batches: number[] = []
  const begin = now()
  let end = begin
  while (batches.length < MAX_BATCHES && end - begin < BUDGET) {
    const start = now()
    for (let i = 0; i < BATCH; i++) call()
    end = now()
    batches.push(end - start)
  }
  const calls = batches.length * BATCH
  // Workers have a clock that stands still, or moves by whole milliseconds: a guard against attacks
  // by timing. Figures from it would look like some and mean nothing.
  const coarse = batches.every(Number.isInteger)
  const median = batches.sort((left, right) => left - right)[batches.length >> 1]!
  return { nanoseconds: coarse || median === 0 ? null : (median / BATCH) * 1e6, calls }
}
