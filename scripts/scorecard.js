/**
 * The scorecard of security: each of its rows with its number, on both engines.
 *
 * ```sh
 * npm run scorecard              # some minutes
 * npm run scorecard -- --long    # millions of repetitions: hours
 * npm run scorecard -- C7 B5     # these rows
 * ```
 *
 * A row is what the tests whose titles bear its id say, and what `scorecard/parts.js` measures. Exit code 1
 * if a test fails, a row has no test, or a figure is out of its bar.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { PARTS } from './scorecard/parts.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The rows: id, what, and the files or folders of the tests. */
const ROWS = [
  ['A1', 'HMAC-SHA256 of Wycheproof', ['bindings/codec/hmac.test.ts']],
  ['A2', 'RFC 4231 and RFC 5869', ['bindings/codec/hmac.test.ts', 'bindings/codec/hkdf.test.ts']],
  ['A3', 'SHA-256 of CAVP, Monte Carlo included', ['bindings/codec/sha256.test.ts']],
  ['A4', 'every length', ['bindings/codec/sha256.test.ts', 'bindings/codec/hmac.test.ts']],
  [
    'A5',
    'authenticated encryption of Wycheproof',
    ['bindings/codec', 'bindings/storage/encrypted.test.ts'],
  ],
  ['A6', 'strict base64url', ['bindings/codec']],
  ['A7', 'mutated base64url: both engines and a reference', ['bindings/codec/fuzz.test.ts']],
  ['B1', 'headers of other suites', ['bindings/codec/cookie-corpora.test.ts']],
  ['B2', 'hostile headers', ['bindings/codec/cookie-attacks.test.ts']],
  ['B3', 'Cookie Crumbles', ['bindings/codec/cookie-corpora.test.ts']],
  ['B4', 'fuzzed headers: both engines', ['bindings/codec/fuzz.test.ts']],
  ['B5', 'linear work', ['bindings/codec']],
  ['B6', 'what is too long costs no hash', ['bindings/codec']],
  [
    'B7',
    'Set-Cookie: tables and random options',
    ['bindings/cookie.test.ts', 'bindings/codec/set-cookie-corpora.test.ts'],
  ],
  ['B8', 'duplicates', ['bindings/codec', 'bindings/cookie-rules.test.ts']],
  ['C1', 'every change of one place', ['bindings/codec']],
  ['C2', 'classes of mutations', ['bindings/codec']],
  ['C3', 'names × names', ['bindings/codec', 'bindings/verified-cache.test.ts']],
  ['C4', 'histories of secrets', ['bindings/codec', 'bindings/rotation.test.ts']],
  ['C5', 'types of times, edges of clocks', ['bindings/times.test.ts']],
  ['C6', 'replay after the end', ['bindings/revocations.test.ts', 'adapters/advisories']],
  ['C7', 'constant time', []],
  ['C8', 'ids', ['bindings/id.test.ts']],
  ['C9', 'nonces', ['bindings/codec']],
  ['D8', 'fixation', ['adapters/advisories']],
  ['D9', 'headers of a response', ['adapters/header-contract.test.ts']],
  ['K2', 'planted bugs', []],
]

const { values, positionals } = parseArgs({
  options: { long: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const rows = ROWS.filter(([id]) => positionals.length === 0 || positionals.includes(id))

/** Runs the tests that bear an id of these rows. */
function runTests() {
  const files = [...new Set(rows.flatMap(([, , tests]) => tests))]
  if (files.length === 0) return []
  const folder = mkdtempSync(join(tmpdir(), 'tuile-scorecard-'))
  const output = join(folder, 'results.json')
  const pattern = `(?<![\\w§.-])(${rows.map(([id]) => id).join('|')})(?![\\w.])`
  const args = ['run', ...files, '-t', pattern, '--reporter=json', `--outputFile=${output}`]
  const long = values.long ? { TUILE_ROUNDS: '1000', TUILE_REQUESTS: '100000' } : {}
  const env = { ...process.env, ...long }
  try {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const { stderr } = spawnSync(process.execPath, [vitest, ...args], {
      cwd: root,
      encoding: 'utf8',
      env,
    })
    if (!existsSync(output)) throw new Error(`vitest did not run: ${stderr}`)
    const { testResults } = JSON.parse(readFileSync(output, 'utf8'))
    return testResults.flatMap(({ assertionResults }) => assertionResults)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** How many of the tests ran on one engine alone; the others ask both. */
function enginesOf(tests) {
  const on = (name) =>
    tests.filter(({ fullName }) => new RegExp(`\\b${name}\\b`).test(fullName)).length
  return `wasm ${on('wasm')}, portable ${on('portable')}, both ${tests.length - on('wasm') - on('portable')}`
}

const start = Date.now()
const results = runTests()
let wrong = 0
for (const [id, what, files] of rows) {
  const bears = new RegExp(`(?<![\\w§.-])${id}(?![\\w.])`)
  const tests = results.filter(
    ({ fullName, status }) => bears.test(fullName) && status !== 'pending'
  )
  const run = tests.filter(({ status }) => status === 'passed' || status === 'failed')
  const passed = run.filter(({ status }) => status === 'passed')
  const part = (await PARTS[id]?.(values.long)) ?? null
  const ok =
    passed.length === run.length && (run.length > 0 || files.length === 0) && part?.ok !== false
  if (!ok) wrong++
  const counts = files.length > 0 ? `${passed.length}/${run.length} tests (${enginesOf(run)})` : ''
  console.log(
    `${id} ${ok ? 'ok  ' : 'FAIL'} ${what}: ${[counts, part?.text].filter(Boolean).join('; ')}`
  )
  // What has a number in its title says it; of tables one line is enough.
  const figures = new Set(
    passed.map(({ title }) => title).filter((title) => /\d[\d,]*\/\d|\d,\d{3}/.test(title))
  )
  for (const figure of figures) console.log(`        ${figure}`)
  for (const { title } of run.filter(({ status }) => status === 'failed'))
    console.log(`        failed: ${title}`)
}
console.log(
  `${rows.length - wrong}/${rows.length} rows, ${((Date.now() - start) / 1000).toFixed(0)} s, node ${process.version}`
)
process.exitCode = wrong > 0 ? 1 : 0
