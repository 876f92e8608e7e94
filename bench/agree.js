/** The check before any timing: all contenders give the same answers, and refuse the same. */
import { deepStrictEqual } from 'node:assert'

/**
 * Does work without what packages print meanwhile: some warn of production, some log what they refuse.
 *
 * @template T
 * @param {() => Promise<T>} work
 */
export async function quietly(work) {
  const { error, warn } = console
  console.error = console.warn = () => {}
  try {
    return await work()
  } finally {
    Object.assign(console, { error, warn })
  }
}

/**
 * Checks one contender at one job.
 *
 * @param {string} job
 * @param {import('./timer.js').Task} task
 * @throws AssertionError if an answer is not the right one.
 */
export async function checkAgreement(job, task) {
  const { name, call, inputs, answers = [], refusals = [], read = (answer) => answer } = task
  const cases = [...answers.map((answer, i) => [`input ${i}`, inputs[i], answer]), ...refusals]
  for (const [what, input, expected] of cases) {
    deepStrictEqual(await read(await call(input)), expected, `${job}: ${name}: ${what}`)
  }
}
