/**
 * Runs the benchmark on this runtime and keeps its result. Each file of jobs has a process of its own,
 * so that what ran before leaves no trace in the figures.
 *
 *     --job <id>     only this job, or several, in this process; prints, and keeps nothing
 *     --rounds <n>   rounds that count, for jobs that are timed in rounds
 *     --all          the slow jobs too, and as many rounds as figures to be published need
 *     --check        only checks that the contenders agree
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeEnvironment, programArguments } from './environment.js'
import { JOB_FILES, loadJobs } from './jobs/index.js'
import { writeResult } from './report.js'
import { checkJobs, runJobs } from './run-jobs.js'

const { values: options } = parseArgs({
  options: {
    job: { type: 'string', multiple: true },
    rounds: { type: 'string' },
    all: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    // How this program calls itself.
    file: { type: 'string' },
    output: { type: 'string' },
  },
})
const rounds = Number(options.rounds ?? (options.all ? 300 : 40))
const how = { rounds, warmUp: Math.min(100, rounds) }

/** Before any contender is imported, so that none has seen another. */
process.env.NODE_ENV = 'production'

function wants({ id, slow }) {
  return options.job ? options.job.includes(id) : options.all || !slow
}

/** Runs a file's jobs in a new process; gives what came out, or `null` if it failed. */
function runFile(file, output) {
  const program = programArguments(new URL(import.meta.url))
  const args = [...program, '--file', file, '--output', output, '--rounds', `${rounds}`]
  if (options.all) args.push('--all')
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  return status === 0 ? JSON.parse(readFileSync(output, 'utf8')) : null
}

/** Runs all files and keeps the result; says which failed. */
function runAll() {
  const environment = describeEnvironment()
  console.log(`${environment.runtime} ${environment.version}, ${environment.cpu}, ${rounds} rounds`)
  const folder = mkdtempSync(join(tmpdir(), 'tuile-bench-'))
  const results = JOB_FILES.map((file) => [file, runFile(file, join(folder, 'output.json'))])
  rmSync(folder, { recursive: true })

  const done = results.map(([, result]) => result).filter((result) => result !== null)
  const absent = new Map(done.flatMap((result) => result.absent.map((one) => [one.name, one])))
  for (const { name, reason } of absent.values()) console.log(`absent: ${name}: ${reason}`)
  const file = writeResult({
    ...environment,
    pinned: done.every(({ pinned }) => pinned),
    rounds,
    absent: [...absent.values()],
    jobs: done.flatMap(({ jobs }) => jobs),
  })
  console.log(`\n${file}`)
  return results.filter(([, result]) => result === null).map(([name]) => name)
}

if (options.file) {
  const jobs = (await loadJobs([options.file])).filter(wants)
  writeFileSync(options.output, JSON.stringify(await runJobs(jobs, how)))
} else if (options.check) {
  await checkJobs((await loadJobs()).filter(wants))
} else if (options.job) {
  await runJobs((await loadJobs()).filter(wants), how)
} else {
  const failures = runAll()
  for (const file of failures) console.error(`failed: jobs/${file}`)
  process.exitCode = failures.length > 0 ? 1 : 0
}
