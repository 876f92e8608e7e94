/** The check before any timing: every contender accepts what is right and refuses what is not. */
import { strictEqual } from 'node:assert'
import { createId, JOBS } from './jobs.js'

/** The pair with the first character of its signature changed. */
function flipSignature(pair) {
  const at = pair.lastIndexOf('.') + 1
  return pair.slice(0, at) + (pair[at] === 'A' ? 'B' : 'A') + pair.slice(at + 1)
}

/**
 * Checks one contender on every job.
 *
 * @param {import('./contenders/index.js').Contender} contender
 * @throws AssertionError if it refuses its own cookie, accepts a flipped signature or another id,
 * or finds an id where there is none.
 */
export async function checkAgreement({ name, sign, verify }) {
  const id = createId()
  const pair = await sign(id)
  const cases = [
    ['its own cookie', pair, id],
    ['a flipped signature', flipSignature(pair), null],
    ["another id's signature", pair.replace(id, createId()), null],
    ['no session cookie', 'other=1', null],
  ]
  for (const job of JOBS) {
    for (const [what, given, expected] of cases) {
      strictEqual(await verify(job.header(given)), expected, `${name}: ${what}, ${job.name}`)
    }
  }
}
