/** Runs jobs in this process: contenders agree first, then each job is measured and printed. */
import { checkAgreement, quietly } from './agree.js'
import { listAbsent } from './contenders/load.js'
import { pinToOneCore } from './pin.js'
import { describeJob, formatJob } from './report.js'
import { measure } from './timer.js'

/** Makes the contenders of a timed job and checks them. */
function prepare(job) {
  return quietly(async () => {
    const tasks = await job.createTasks()
    for (const task of tasks) await checkAgreement(job.id, task)
    return tasks
  })
}

/** Only checks the contenders. */
export async function checkJobs(jobs) {
  for (const job of jobs.filter(({ createTasks }) => createTasks)) {
    const tasks = await prepare(job)
    await job.close?.()
    console.log(`${job.id}: ${tasks.length} contenders agree`)
  }
}

async function runTimed(job, how) {
  const tasks = await prepare(job)
  const size = job.size ?? job.sizeOf?.(tasks)
  const figures = await measure(tasks, { ...how, warmUp: Math.max(how.warmUp, job.warmUp ?? 0) })
  await job.close?.()
  return describeJob(job, size, figures)
}

const runMeasured = async (job, how) => describeJob(job, job.size, await job.measure(how))

/**
 * Runs jobs.
 *
 * @param {import('./jobs/index.js').Job[]} jobs
 * @param {{ rounds: number, warmUp: number }} how
 * @returns What came out of each, in their order; which contenders were not there; and whether the
 * process was pinned to a core.
 */
export async function runJobs(jobs, how) {
  const outcomes = new Map()
  const run = async (job, runOne) => {
    const outcome = await runOne(job, how)
    outcomes.set(job, outcome)
    console.log(`\n${formatJob(outcome)}`)
  }
  // Those that start processes first, as these would inherit the one core.
  for (const job of jobs.filter(({ measure }) => measure)) await run(job, runMeasured)
  const pinned = pinToOneCore()
  for (const job of jobs.filter(({ measure }) => !measure)) await run(job, runTimed)
  return { jobs: jobs.map((job) => outcomes.get(job)), absent: listAbsent(), pinned }
}
