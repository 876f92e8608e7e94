/**
 * Runs one suite inside every runtime, against the packed package as a user would install it, and
 * prints a line for each: the tests, and a digest of all that the codec gave. The digests must be
 * equal, and each runtime must open the cookies that the others made.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installPacked } from './packed.js'
import { bunProgram, denoProgram, install, nodeProgram, SUITE_PACKAGES } from './runtimes.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const VITEST = 'node_modules/vitest/vitest.mjs'

/** How each runtime runs vitest: program, arguments, environment. `made` is filled by the first pass. */
const RUNTIMES = {
  'node-20': () => [nodeProgram(20), [VITEST]],
  'node-22': () => [nodeProgram(22), [VITEST]],
  'node-24': () => [nodeProgram(24), [VITEST]],
  'node-26': () => [nodeProgram(26), [VITEST]],
  'node-24-portable': () => [nodeProgram(24), [VITEST], { TUILE_ENGINE: 'portable' }],
  bun: () => [bunProgram(), ['--bun', VITEST]],
  deno: () => [denoProgram(), ['run', '-A', VITEST]],
  'workerd-2024-09-23': () => workerd('2024-09-23'),
  'workerd-2026-11-01': () => workerd('2026-11-01'),
}

function workerd(date) {
  return [nodeProgram(24), [VITEST], { COMPATIBILITY_DATE: date }, 'vitest.workerd.config.ts']
}

/** A project that has installed the packed package, with the suite beside it. */
function createProject() {
  const project = install('suite', SUITE_PACKAGES)
  installPacked(project)
  cpSync(join(root, 'adapters/runtimes/suite'), project, { recursive: true })
  return project
}

/** Runs the suite in one runtime; gives what it printed and counted. */
function run(project, name, made) {
  const [program, args, environment = {}, config = 'vitest.config.ts'] = RUNTIMES[name]()
  const expected = environment.TUILE_ENGINE ?? 'wasm'
  const secret = 'runtimes: a secret of more than 32 bytes'
  const module = {
    'environment.ts': `export const RUNTIME: string = '${name}'
export const EXPECTED_ENGINE: string = '${expected}'
export const SECRETS: readonly string[] = ['${secret}']
`,
    'made.ts': `export const made: Record<string, string> = ${JSON.stringify(made)}\n`,
  }
  for (const [file, source] of Object.entries(module)) writeFileSync(join(project, file), source)
  const output = join(project, 'results.json')
  rmSync(output, { force: true })
  const reporters = ['--reporter=verbose', '--reporter=json', `--outputFile=${output}`]
  const { stdout, stderr, status } = spawnSync(
    program,
    [...args, 'run', '--config', config, ...reporters],
    { cwd: project, env: { ...process.env, ...environment }, encoding: 'utf8' }
  )
  let passed = 0
  let failed = 1
  try {
    const results = JSON.parse(readFileSync(output, 'utf8'))
    passed = results.numPassedTests
    failed = results.numFailedTests + results.numPendingTests
  } catch {
    // It did not come so far; the output says why.
  }
  const found = (pattern) => [...stdout.matchAll(pattern)].map(([, text]) => text)
  const digests = [...new Set(found(/digest: ([\w-]{43})/g))]
  const [header] = found(/made: (\S+; signed=\S+)/g)
  if (status !== 0 || failed > 0 || digests.length !== 1) {
    console.log(stdout.slice(-6000), stderr.slice(-3000))
  }
  return { passed, failed: status === 0 ? failed : Math.max(1, failed), digests, header }
}

const wanted = process.argv.slice(2)
const names = Object.keys(RUNTIMES).filter((name) => wanted.length === 0 || wanted.includes(name))
const project = createProject()
const made = {}
for (const name of names) made[name] = run(project, name, {}).header

let passed = 0
let failed = 0
const digests = new Set()
for (const name of names) {
  const result = run(project, name, made)
  passed += result.passed
  failed += result.failed
  for (const digest of result.digests) digests.add(digest)
  console.log(
    `${name.padEnd(20)} ${result.passed} passed, ${result.failed} failed  ${result.digests.join(' ')}`
  )
}
if (digests.size !== 1) {
  console.log(`The digests differ: ${[...digests].join(' ')}`)
  failed++
}
console.log(`runtimes: ${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
