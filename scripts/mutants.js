/**
 * Plants bugs, one at a time, and looks whether the tests that promise their absence fail: each bug is one
 * that an advisory tells of, or breaks one of the fifty rules of docs/security.md.
 *
 * ```sh
 * npm run mutants                     # all of them
 * npm run mutants -- CVE-2025-47278   # those whose name or ids contain a text
 * npm run mutants -- --list
 * node scripts/mutants.js --check     # only whether each still has its place
 * ```
 *
 * It works in a copy, so nothing here changes. For each bug only the tests run whose titles bear one of its
 * ids. Exit code 1 if a bug is not found, or if the place where it was planted is no more.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CHANNELS } from './mutants/channels.js'
import { COOKIES } from './mutants/cookies.js'
import { LIVES } from './mutants/lives.js'
import { STORES } from './mutants/stores.js'
import { TOKENS } from './mutants/tokens.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const MUTANTS = [...COOKIES, ...TOKENS, ...LIVES, ...STORES, ...CHANNELS]

/** Copies what git knows; gives the folder. The public test data comes along, if it is there. */
function copyRepository() {
  const parent = mkdtempSync(join(tmpdir(), 'tuile-mutants-'))
  const copy = join(parent, 'tuile')
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 }
  for (const file of execFileSync('git', ['ls-files', '-co', '--exclude-standard'], options).split(
    '\n'
  )) {
    if (file === '' || file.startsWith('bench/results/') || !existsSync(join(root, file))) continue
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    cpSync(join(root, file), join(copy, file))
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true })
  if (existsSync(join(root, '../shared')))
    symlinkSync(join(root, '../shared'), join(parent, 'shared'))
  return { parent, copy }
}

const escapeText = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')

/** Runs the tests that bear one of the ids. Gives how many passed and which failed. */
function runTests(copy, { ids, tests, env }) {
  const output = join(copy, '.mutant.json')
  rmSync(output, { force: true })
  const pattern = ids.map((id) => `(?<![\\w.-])${escapeText(id)}(?![\\w-]|\\.\\d)`).join('|')
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const args = ['run', ...tests, '-t', pattern, '--reporter=json', `--outputFile=${output}`]
  const options = { cwd: copy, encoding: 'utf8', timeout: 300_000, env: { ...process.env, ...env } }
  const { stderr, stdout } = spawnSync(
    process.execPath,
    [vitest, ...args, '--bail=1', '--testTimeout=20000'],
    options
  )
  if (!existsSync(output))
    return { passed: 0, failed: [`nothing ran: ${stdout}${stderr}`.slice(0, 500)], ran: false }
  const files = JSON.parse(readFileSync(output, 'utf8')).testResults
  const all = files.flatMap(({ assertionResults }) => assertionResults)
  return {
    passed: all.filter(({ status }) => status === 'passed').length,
    failed: all.filter(({ status }) => status === 'failed').map(({ title }) => title),
    ran: files.every(({ message, assertionResults }) => assertionResults.length > 0 || !message),
  }
}

function buildCore(copy) {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/build-core.js'], {
    cwd: copy,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the core does not compile: ${stderr.slice(-500)}`)
}

/** Plants a bug; gives the function that takes it out, or `null` if its place is no more. */
function plant(copy, edits) {
  const before = new Map()
  const restore = () => {
    for (const [path, text] of before) writeFileSync(path, text)
  }
  for (const [file, find, replacement] of edits) {
    const path = join(copy, file)
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    if (!before.has(path)) before.set(path, text)
    if (text.split(find).length !== 2) {
      restore()
      console.log(`      ${file} does not have this once: ${find.slice(0, 80)}`)
      return null
    }
    writeFileSync(
      path,
      text.replace(find, () => replacement)
    )
  }
  return restore
}

const { values, positionals } = parseArgs({
  options: { list: { type: 'boolean' }, check: { type: 'boolean' } },
  allowPositionals: true,
})
const chosen = MUTANTS.filter(
  ({ bug, ids }) =>
    positionals.length === 0 || positionals.some((text) => `${ids.join(' ')} ${bug}`.includes(text))
)
if (values.list) {
  for (const { ids, bug } of chosen) console.log(`${ids.join(', ')}: ${bug}`)
} else if (values.check) {
  // Planted and taken out again, in memory.
  const lost = chosen.filter(({ edits }) => {
    const texts = new Map()
    return edits.some(([file, find, replacement]) => {
      const text = texts.get(file) ?? readFileSync(join(root, file), 'utf8')
      texts.set(
        file,
        text.replace(find, () => replacement)
      )
      return text.split(find).length !== 2
    })
  })
  for (const { ids, bug } of lost) console.log(`no such place: ${bug} (${ids.join(', ')})`)
  console.log(`${chosen.length - lost.length}/${chosen.length} have their place`)
  process.exitCode = lost.length > 0 ? 1 : 0
} else {
  const { parent, copy } = copyRepository()
  const start = Date.now()
  let found = 0
  try {
    buildCore(copy)
    for (const [index, mutant] of chosen.entries()) {
      const { ids, bug, edits } = mutant
      const core = edits.some(([file]) => file.startsWith('core/'))
      const restore = plant(copy, edits)
      let result = { passed: 0, failed: [], ran: false }
      if (restore !== null) {
        try {
          if (core) buildCore(copy)
          result = runTests(copy, mutant)
        } catch (error) {
          result.failed = []
          console.log(`      ${error.message}`)
        } finally {
          restore()
          if (core) buildCore(copy)
        }
      }
      const ok = result.ran && result.failed.length > 0
      if (ok) found++
      const what = ok ? 'found' : restore === null ? 'NO SUCH PLACE' : 'NOT FOUND'
      console.log(`${index + 1}/${chosen.length} ${what}: ${bug} (${ids.join(', ')})`)
      if (!ok && restore !== null)
        console.log(`      ${result.passed} passed; ${result.failed[0] ?? ''}`)
    }
  } finally {
    rmSync(parent, { recursive: true, force: true })
  }
  const ids = new Set(chosen.flatMap((mutant) => mutant.ids))
  const seconds = ((Date.now() - start) / 1000).toFixed(0)
  console.log(`K2 mutants: ${found}/${chosen.length} found, ${ids.size} ids, ${seconds} s`)
  process.exitCode = found === chosen.length ? 0 : 1
}
