/** Runs the benchmark: contenders agree first, then every job is measured, printed and kept. */
import { randomBytes } from 'node:crypto'
import { checkAgreement } from './agree.js'
import { describeEnvironment } from './environment.js'
import { COOKIE_NAME, createId, HEADER_COUNT, JOBS } from './jobs.js'
import { pinToOneCore } from './pin.js'
import { formatJob, writeResult } from './report.js'
import { measure, ROUNDS } from './timer.js'

process.env.NODE_ENV = 'production'
const pinned = pinToOneCore()
// Only now, so that no package has seen another NODE_ENV.
const { createContenders } = await import('./contenders/index.js')

/** The headers of one contender: the same ids for all, each with the contender's own signature. */
async function headersFor(contender, job, ids) {
  const pairs = await Promise.all(ids.map((id) => contender.sign(id)))
  return pairs.map((pair) => job.header(pair))
}

async function runJob(job, contenders) {
  const ids = Array.from({ length: HEADER_COUNT }, createId)
  const entries = await Promise.all(
    contenders.map(async (contender) => ({
      contender,
      headers: await headersFor(contender, job, ids),
    }))
  )
  const measured = await measure(entries)
  const headerSize = entries[0].headers[0].length
  const ofWasm = measured[0].median
  return {
    name: job.name,
    headerSize,
    contenders: measured.map((figures) => ({ ...figures, ratio: figures.median / ofWasm })),
  }
}

const contenders = await createContenders(COOKIE_NAME, randomBytes(32).toString('base64'))
for (const contender of contenders) await checkAgreement(contender)
console.log(`${contenders.length} contenders agree`)

const result = { ...describeEnvironment(), pinned, rounds: ROUNDS, jobs: [] }
const where = pinned ? `${result.cpu}, one core` : result.cpu
console.log(`${result.runtime} ${result.version}, ${where}, ${ROUNDS} rounds`)
for (const job of JOBS) {
  const outcome = await runJob(job, contenders)
  result.jobs.push(outcome)
  console.log(`\n${formatJob(outcome)}`)
}
console.log(`\n${writeResult(result)}`)
