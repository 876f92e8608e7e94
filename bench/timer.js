/**
 * The timer: rounds in which every contender runs one short batch, in a new order each time, so
 * that whatever else the machine does meets all of them alike.
 */
import { do_not_optimize } from 'mitata'
import { shuffle, summarize } from './statistics.js'

/** Short enough that most batches run undisturbed, long enough for the clock. */
const BATCH_MS = 1

/**
 * A contender at one job.
 *
 * @typedef {object} Task
 * @property {string} name
 * @property {boolean} [isAsync] Whether `call` returns promises: they are awaited one at a time.
 * @property {(input: any) => unknown} call What is timed.
 * @property {any[]} inputs What it is called with, in turn: as many as a power of two.
 * @property {any[]} [answers] What it has to give for each input; `agree.js` checks it.
 * @property {[what: string, input: any, answer: any][]} [refusals] More calls that are checked.
 * @property {(answer: any) => unknown} [read] Makes an answer comparable, when it is checked.
 * @property {() => number | Promise<number>} [sample] What is timed in the place of
 * `call`, if that runs in another process: runs a batch there, gives the nanoseconds of one call.
 */

/**
 * A loop of its own for each contender. In a loop that they share, its calls would be megamorphic,
 * which costs more than the shortest of them, and none could be inlined as in an app. The source
 * differs, as V8 shares what it learnt between functions of one source: an empty call took 8.4 ns
 * that takes 2.6.
 */
function createLoop({ isAsync, inputs }) {
  const [asynchronous, wait] = isAsync ? ['async ', 'await '] : ['', '']
  const source = `return ${asynchronous}(call, inputs, keep, from, to) => {
    for (let i = from; i < to; i++) keep(${wait}call(inputs[i & ${inputs.length - 1}]))
  }`
  return new Function(source)()
}

/** One contender's batches. */
class Runner {
  #task
  #loop
  #next = 0
  count = 1
  samples = []

  constructor(task) {
    this.#task = task
    this.#loop = createLoop(task)
  }

  get name() {
    return this.#task.name
  }

  /** Runs one batch; gives the nanoseconds of one call. */
  async batch() {
    if (this.#task.sample) return this.#task.sample()
    const { call, inputs, isAsync } = this.#task
    const from = this.#next
    const to = from + this.count
    this.#next = to & (inputs.length - 1)
    const start = performance.now()
    const done = this.#loop(call, inputs, do_not_optimize, from, to)
    if (isAsync) await done
    return ((performance.now() - start) * 1e6) / this.count
  }
}

/**
 * Measures contenders side by side.
 *
 * @param {readonly Task[]} tasks
 * @param {{ rounds: number, warmUp: number }} how Rounds that count, and rounds before them that do
 * not, in which batches find their size and code is compiled.
 * @returns {Promise<{ name: string, median: number, q1: number, q3: number }[]>} Nanoseconds a
 * call, in the order of the tasks.
 */
export async function measure(tasks, { rounds, warmUp }) {
  const runners = tasks.map((task) => new Runner(task))
  for (let round = -warmUp; round < rounds; round++) {
    for (const runner of shuffle(runners)) {
      const nanoseconds = await runner.batch()
      if (round >= 0) runner.samples.push(nanoseconds)
      else runner.count = nextCount(runner.count, nanoseconds)
    }
  }
  return runners.map(({ name, samples }) => ({ name, ...summarize(samples) }))
}

/** How many calls make a batch: more from round to round, as slow first calls say little. */
function nextCount(count, nanoseconds) {
  const wanted = Math.ceil((BATCH_MS * 1e6) / nanoseconds)
  return Math.max(count, Math.min(wanted, count * 4))
}
