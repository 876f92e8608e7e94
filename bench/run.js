/**
 * Runs the benchmark on this runtime: contenders agree first, then every job is measured, printed and
 * kept.
 *
 *     --job <id>     only this job, or several; prints, and keeps nothing
 *     --rounds <n>   rounds that count, for jobs that are timed in rounds
 *     --all          the slow jobs too, and as many rounds as figures to be published need
 *     --check        only checks that the contenders agree
 */
import { parseArgs } from 'node:util'
import { checkAgreement, quietly } from './agree.js'
import { listAbsent } from './contenders/load.js'
import { describeEnvironment } from './environment.js'
import { loadJobs } from './jobs/index.js'
import { pinToOneCore } from './pin.js'
import { describeJob, formatJob, writeResult } from './report.js'
import { measure } from './timer.js'

const { values: options } = parseArgs({
  options: {
    job: { type: 'string', multiple: true },
    rounds: { type: 'string' },
    all: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
})

/** Before any contender is imported, so that none has seen another. */
process.env.NODE_ENV = 'production'

const rounds = Number(options.rounds ?? (options.all ? 300 : 40))
const warmUp = options.all ? 100 : 40

function wants({ id, slow }) {
  return options.job ? options.job.includes(id) : options.all || !slow
}

/** Checks a timed job's contenders; gives its figures unless that is all. */
async function runTimed(job) {
  const tasks = await quietly(async () => {
    const created = await job.createTasks()
    for (const task of created) await checkAgreement(job.id, task)
    return created
  })
  if (options.check) return console.log(`${job.id}: ${tasks.length} contenders agree`)
  const size = job.size ?? job.sizeOf?.(tasks)
  return describeJob(job, size, await measure(tasks, { rounds, warmUp }))
}

async function runMeasured(job) {
  if (options.check) return
  return describeJob(job, job.size, await job.measure({ rounds }))
}

const jobs = (await loadJobs()).filter(wants)
const environment = describeEnvironment()
console.log(`${environment.runtime} ${environment.version}, ${environment.cpu}, ${rounds} rounds`)

const outcomes = new Map()
async function run(job, how) {
  const outcome = await how(job)
  if (!outcome) return
  outcomes.set(job, outcome)
  console.log(`\n${formatJob(outcome)}`)
}
// Those that start processes first, as these would inherit the one core.
for (const job of jobs.filter(({ measure }) => measure)) await run(job, runMeasured)
const pinned = pinToOneCore()
for (const job of jobs.filter(({ measure }) => !measure)) await run(job, runTimed)

const absent = listAbsent()
for (const { name, reason } of absent) console.log(`absent: ${name}: ${reason}`)
if (!options.check && !options.job) {
  const inOrder = jobs.map((job) => outcomes.get(job))
  console.log(`\n${writeResult({ ...environment, pinned, rounds, absent, jobs: inOrder })}`)
}
