/**
 * A race: in each round every contender runs one short batch, in a new order, so that whatever else
 * the machine does meets all of them alike.
 *
 * @module
 */
import type { Contender } from './contenders.ts'

/** How a contender stands. */
export interface Standing {
  readonly name: string
  /** The median of its batches so far, per call. */
  readonly nanoseconds: number
}

/** How to race. */
export interface RaceOptions {
  /** Rounds that count. */
  readonly rounds: number
  /** Rounds before them, in which code is compiled and batches find their size. */
  readonly warmUp: number
  /** Milliseconds of a batch: a hundred times what a browser's clock can tell, if that is coarse. */
  readonly batch: number
}

interface Runner extends Contender {
  count: number
  readonly samples: number[]
}

async function timeBatch({ verify, header, count }: Runner): Promise<number> {
  const start = performance.now()
  for (let i = 0; i < count; i++) {
    const result = verify(header)
    if (result instanceof Promise) await result
  }
  return performance.now() - start
}

function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((left, right) => left - right)
  return sorted[sorted.length >> 1]!
}

function shuffled<Value>(values: readonly Value[]): Value[] {
  const order = new Map(values.map((value) => [value, Math.random()]))
  return [...values].sort((left, right) => order.get(left)! - order.get(right)!)
}

/** Races the contenders; gives their standings, in the given order, after each round that counts. */
export async function* race(
  contenders: readonly Contender[],
  { rounds, warmUp, batch }: RaceOptions
): AsyncGenerator<Standing[]> {
  const runners = contenders.map((contender): Runner => ({ ...contender, count: 8, samples: [] }))
  for (let round = -warmUp; round < rounds; round++) {
    for (const runner of shuffled(runners)) {
      const elapsed = await timeBatch(runner)
      if (round >= 0) runner.samples.push((elapsed * 1e6) / runner.count)
      else if (elapsed < batch) runner.count = Math.ceil(runner.count * 1.6)
    }
    if (round >= 0) {
      yield runners.map(({ name, samples }) => ({ name, nanoseconds: median(samples) }))
    }
  }
}
