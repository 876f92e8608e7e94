/**
 * Fuzzes, guided by coverage: inputs that reach something new are kept and changed further.
 *
 * ```sh
 * npm run fuzz -- --minutes 60                 # all targets, in turn
 * npm run fuzz -- --target header --seed 7
 * npm run fuzz -- --minutes 1 --save           # what reaches something new goes to scripts/fuzz/corpus
 * ```
 *
 * The coverage is that of JavaScript, so of the portable engine and all that is around the engines; the WASM
 * engine must give the same answers. What is found is printed as JSON, and the exit code is 1: add it to the
 * corpus, which `scripts/fuzz.test.ts` replays.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Coverage } from './fuzz/coverage.js'
import { createTargets } from './fuzz/targets.js'
import { createRandom } from './fuzz-engines.js'

/** Inputs between two looks at the coverage, which takes as long as hundreds of them. */
const BATCH = 1024
/** Inputs of a batch that are looked at alone. */
const ALONE = 4
/** Code units of the longest input. */
const MAX_SIZE = 20_000
/** Inputs of a target that a corpus keeps. */
const MAX_KEPT = 40

const string = { type: 'string' }
const { values } = parseArgs({
  options: { minutes: string, target: string, seed: string, save: { type: 'boolean' } },
})
const minutes = Number(values.minutes ?? 1)
const seed = Number(values.seed ?? Date.now() % 0x7fff_ffff)
const coverage = new Coverage((url) => url.includes('/dist/bindings/'))
const cookies = await import('../dist/bindings/cookie.js')
const records = await import('../dist/bindings/record.js')
const { selectEngine } = await import('../dist/bindings/codec/select.js')
const engines = ['wasm', 'portable'].map((name) => selectEngine(name).engine)
const targets = createTargets({ engines, cookies, records })
const corpusPath = (name) => fileURLToPath(new URL(`fuzz/corpus/${name}.json`, import.meta.url))

const read = (name) =>
  existsSync(corpusPath(name)) ? JSON.parse(readFileSync(corpusPath(name), 'utf8')) : []

/** Changes a text, some places of it, by what is known of the target. */
function mutate(random, text, words, pool) {
  let changed = text
  for (let turns = 1 + random.below(4); turns > 0; turns--) {
    const at = random.below(changed.length + 1)
    const end = Math.min(changed.length, at + random.below(random.pick([2, 8, 64])))
    const [head, part, tail] = [changed.slice(0, at), changed.slice(at, end), changed.slice(end)]
    const change = random.pick([
      () => head + tail,
      () => head + random.pick(words) + tail,
      () => head + random.pick(words) + part + tail,
      () => head + part + part + tail,
      () =>
        head +
        String.fromCharCode(random.below(random.pick([128, 256, 0x10000]))) +
        part.slice(1) +
        tail,
      () => {
        if (part === '') return changed
        const unit = part.charCodeAt(0) ^ (1 << random.below(random.pick([8, 16])))
        return head + String.fromCharCode(unit) + part.slice(1) + tail
      },
      () => {
        const other = random.pick(pool)
        return head + other.slice(random.below(other.length + 1))
      },
      () => head + part.repeat(1 + random.below(40)) + tail,
    ])
    changed = change()
  }
  return changed.slice(0, MAX_SIZE)
}

/** Fuzzes one target until a time; gives whether nothing was found. */
function fuzz(name, until, random) {
  const { seeds, words, run } = targets[name]
  coverage.clear()
  const start = Date.now()
  const pool = []
  const kept = []
  let count = 0
  const attempt = (text) => {
    count++
    try {
      run(text)
    } catch (error) {
      console.log(JSON.stringify({ target: name, seed, input: text, error: String(error) }))
      return false
    }
    return true
  }
  /** Runs one input alone, and keeps it if it reaches something new. */
  const look = (text, known) => {
    coverage.take()
    if (!attempt(text)) return false
    const files = coverage.take()
    const [gained, counts] = [coverage.gain(files, true), coverage.addCounts(files)]
    if (gained > 0 || counts > 0) {
      pool.push(text)
      if (!known) kept.push(text)
    }
    return true
  }
  /** Finds the inputs of a batch that reach a new block, by halves. */
  const search = (batch) => {
    coverage.take()
    if (!batch.every(attempt)) return false
    if (coverage.gain(coverage.take(), false) === 0) return true
    if (batch.length === 1) return look(batch[0], false)
    const half = batch.length >> 1
    return search(batch.slice(0, half)) && search(batch.slice(half))
  }
  const known = [...seeds, ...read(name)]
  let ok = known.every((text) => look(text, true))
  if (pool.length === 0) pool.push(...seeds)
  while (ok && Date.now() < until) {
    const batch = Array.from({ length: BATCH }, () =>
      mutate(random, random.pick(pool), words, pool)
    )
    ok = search(batch)
    // How often a block is reached only an input alone can show: some are looked at for that.
    for (const text of batch.slice(0, ALONE)) ok &&= look(text, false)
  }
  const seconds = (Date.now() - start) / 1000
  console.log(
    `${name}: ${count} inputs in ${seconds.toFixed(0)} s, ${coverage.size} characters of source reached, ` +
      `${pool.length} in the pool, ${kept.length} new, ${ok ? 'nothing found' : 'FOUND'}`
  )
  if (values.save && ok) {
    const small = kept.filter((text) => text.length <= 400).sort((a, b) => a.length - b.length)
    const all = [...read(name), ...small].slice(0, MAX_KEPT)
    writeFileSync(corpusPath(name), `${JSON.stringify(all, null, 2)}\n`)
  }
  return ok
}

console.log(`seed ${seed}, node ${process.version}`)
const names = values.target ? [values.target] : Object.keys(targets)
const random = createRandom(seed)
for (const [index, name] of names.entries()) {
  const share = (minutes * 60_000) / names.length
  if (!(name in targets))
    throw new Error(`there is no target ${name}: ${Object.keys(targets).join(', ')}`)
  if (!fuzz(name, Date.now() + share, random)) process.exitCode = 1
  if (index === names.length - 1) console.log(process.exitCode ? 'FOUND' : 'nothing found')
}
