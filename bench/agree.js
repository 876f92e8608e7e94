/** The check before any timing: all contenders give the same answers, and refuse the same. */
import { deepStrictEqual } from 'node:assert'

/**
 * Checks one contender at one job.
 *
 * @param {string} job
 * @param {import('./timer.js').Task} task
 * @throws AssertionError if an answer is not the right one.
 */
export async function checkAgreement(job, task) {
  const { name, call, inputs, answers = [], refusals = [], read = (answer) => answer } = task
  if (!call) return
  const cases = [...answers.map((answer, i) => [`input ${i}`, inputs[i], answer]), ...refusals]
  for (const [what, input, expected] of cases) {
    deepStrictEqual(await read(await call(input)), expected, `${job}: ${name}: ${what}`)
  }
}
