/**
 * Counts the promises of the five systems that Tuile replaces ("seeds") which an acceptance test
 * keeps, and those that no seed made (N); lists the others with the reason. Each test in
 * `adapters/acceptance` begins with the id of its promise; `pending.json` there says what is still to come.
 *
 * Fails if a test fails, if an id has neither a test nor a reason, or if the list is stale. Tests that
 * want a server which is not there (`scripts/services up`) are skipped, and said to be.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The systems: the letter of their ids, and how many promises each made. */
const SEEDS = [
  ['arika', 'A', 49],
  ['rudder', 'R', 43],
  ['kit-session', 'K', 36],
  ['remix', 'X', 32],
  ['koa-io-session', 'B', 52],
]

/** The promises that no seed made. */
const OWN = ['promised by none', 'N', 44]

const idOf = (letter, number) => `${letter}${String(number).padStart(2, '0')}`
const idsOf = (letter, count) => Array.from({ length: count }, (_, i) => idOf(letter, i + 1))
const seeds = SEEDS.flatMap(([, letter, count]) => idsOf(letter, count))
const own = idsOf(OWN[1], OWN[2])
const known = new Set([...seeds, ...own])
const problems = []

/** Runs the acceptance tests; gives the results of the files, as vitest's JSON reporter has them. */
function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'tuile-seeds-'))
  const outputFile = join(folder, 'results.json')
  const vitest = join(
    dirname(fileURLToPath(import.meta.resolve('vitest/package.json'))),
    'vitest.mjs'
  )
  try {
    const options = ['--no-isolate', '--reporter=json', `--outputFile=${outputFile}`]
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [vitest, 'run', 'adapters/acceptance', ...options],
      { cwd: root, encoding: 'utf8' }
    )
    if (!existsSync(outputFile)) throw new Error(`vitest did not run:\n${stdout}${stderr}`)
    const { testResults, success } = JSON.parse(readFileSync(outputFile, 'utf8'))
    if (success && status !== 0) problems.push(`vitest failed:\n${stderr}`)
    return testResults
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The ids of a list such as `A13 A26-A28`. */
function expand(list) {
  return list.split(' ').flatMap((part) => {
    const [first, last = first] = part.split('-')
    const [from, to] = [first, last].map((id) => Number(id.slice(1)))
    return Array.from({ length: to - from + 1 }, (_, i) => idOf(first[0], from + i))
  })
}

/** The reason of each id of a part of `pending.json`. */
function reasonsOf(groups) {
  const reasons = new Map()
  for (const { ids, reason } of groups) {
    for (const id of expand(ids)) {
      if (!known.has(id)) problems.push(`pending.json has ${id}, which is no promise`)
      if (reasons.has(id)) problems.push(`pending.json has ${id} twice`)
      reasons.set(id, reason)
    }
  }
  return reasons
}

const start = Date.now()
const lists = JSON.parse(readFileSync(join(root, 'adapters/acceptance/pending.json'), 'utf8'))
const pending = reasonsOf(lists.pending)
const inPart = reasonsOf(lists.inPart)

const passed = new Set()
const failed = new Set()
const skipped = new Set()
let tests = 0
for (const { name, message, assertionResults } of runTests()) {
  if (assertionResults.length === 0)
    problems.push(`${relative(root, name)} did not run: ${message}`)
  for (const { title, status, failureMessages } of assertionResults) {
    tests++
    const id = title.slice(0, 3)
    if (!known.has(id)) problems.push(`a test has no id: ${title}`)
    if (status === 'passed') passed.add(id)
    if (status === 'skipped') skipped.add(id)
    if (status === 'failed') {
      failed.add(id)
      problems.push(`failed: ${title}\n    ${failureMessages[0]?.split('\n')[0]}`)
    }
  }
}

const kept = (id) => passed.has(id) && !failed.has(id)
for (const id of known) {
  const tested = [passed, failed, skipped].some((ids) => ids.has(id))
  if (pending.has(id) && tested) problems.push(`${id} is pending, and has a test`)
  if (inPart.has(id) && !tested) problems.push(`${id} is kept in part, and has no test`)
  if (!pending.has(id) && !tested) problems.push(`${id} has neither a test nor a reason`)
}

function row(name, ids) {
  const done = ids.filter(kept)
  const parts = done.filter((id) => inPart.has(id)).length
  const note = parts > 0 ? `  (${parts} of them in part)` : ''
  console.log(`${name.padEnd(16)}${String(done.length).padStart(3)}/${ids.length}${note}`)
}

for (const [name, letter, count] of SEEDS) row(name, idsOf(letter, count))
row('all seeds', seeds)
row(OWN[0], own)

/** Prints the ids of a system under their reasons. */
function list(title, letter, groups) {
  const lines = groups.flatMap(({ ids, reason }) => {
    const ours = expand(ids).filter((id) => id.startsWith(letter))
    return ours.length > 0 ? [`    ${ours.join(' ')}: ${reason}`] : []
  })
  if (lines.length > 0) console.log([`  ${title}`, ...lines].join('\n'))
}

for (const [name, letter] of [...SEEDS, OWN]) {
  console.log(`\n${name}`)
  list('still to come', letter, lists.pending)
  list('kept, but for', letter, lists.inPart)
}

const unseen = [...skipped].filter((id) => !passed.has(id))
if (unseen.length > 0) console.log(`\nskipped, for want of a server: ${unseen.join(' ')}`)
console.log(`\n${tests} tests in ${((Date.now() - start) / 1000).toFixed(1)} s`)
for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0
