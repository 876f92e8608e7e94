/**
 * The timer: rounds in which every contender runs one short batch, in a new order each time, so
 * that whatever else the machine does meets all of them alike.
 */
import { HEADER_COUNT, ID_SIZE } from './jobs.js'
import { shuffle, summarize } from './statistics.js'

/** Rounds that count. */
export const ROUNDS = 500

/** Rounds before them that do not, in which batches find their size and code is compiled. */
const WARM_UP_ROUNDS = 200

/** Short enough that most batches run undisturbed, long enough for the clock. */
const BATCH_MS = 1

const HEADER_MASK = HEADER_COUNT - 1

function runSync(verify, headers, count) {
  let length = 0
  for (let i = 0; i < count; i++) length += verify(headers[i & HEADER_MASK]).length
  return length
}

async function runAsync(verify, headers, count) {
  let length = 0
  for (let i = 0; i < count; i++) length += (await verify(headers[i & HEADER_MASK])).length
  return length
}

/** Runs one batch; gives the nanoseconds of one call. */
async function timeBatch({ contender, headers, count }) {
  const { name, isAsync, verify } = contender
  const start = performance.now()
  const length = isAsync ? await runAsync(verify, headers, count) : runSync(verify, headers, count)
  const elapsed = performance.now() - start
  // The ids are used, so that no compiler leaves work out.
  if (length !== count * ID_SIZE) throw new Error(`${name} lost an id`)
  return (elapsed * 1e6) / count
}

/**
 * Measures contenders side by side.
 *
 * @typedef {import('./contenders/index.js').Contender} Contender
 *
 * @param {readonly { contender: Contender, headers: string[] }[]} entries What each verifies:
 * {@link HEADER_COUNT} headers with its own signatures.
 * @returns {Promise<{ name: string, median: number, q1: number, q3: number }[]>} Nanoseconds a
 * call, in the order of the entries.
 */
export async function measure(entries) {
  const tasks = entries.map((entry) => ({ ...entry, count: HEADER_COUNT, samples: [] }))
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const task of shuffle(tasks)) {
      const nanoseconds = await timeBatch(task)
      if (round >= 0) task.samples.push(nanoseconds)
      else task.count = Math.max(task.count, Math.ceil((BATCH_MS * 1e6) / nanoseconds))
    }
  }
  return tasks.map(({ contender, samples }) => ({ name: contender.name, ...summarize(samples) }))
}
