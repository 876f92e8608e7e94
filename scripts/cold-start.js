/**
 * Times a cold start: fresh processes import the built codec, make a signer and verify one cookie,
 * on each engine. A process that does nothing is the base of the totals.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createCodec } from '../dist/bindings/codec.js'

const PROCESSES = 20
const SECRET = 'cold start: a secret of more than 32 bytes'
const ID = 'q7Zt0LmXv3RbY9sKd2WfHg5A'

const codecUrl = new URL('../dist/bindings/codec.js', import.meta.url).href
const header = `__Host-session=${createCodec().createSigner(SECRET).sign(ID)}`

/** What a process does; it prints the milliseconds from before the import to after the verify. */
const CHILD = `
const start = performance.now()
const { createSigner } = await import(${JSON.stringify(codecUrl)})
const id = createSigner(${JSON.stringify(SECRET)}).verify(${JSON.stringify(header)})
const elapsed = performance.now() - start
if (id !== ${JSON.stringify(ID)}) throw new Error('The cookie did not verify')
console.log(elapsed)
`

const CASES = [
  { name: 'an empty process', source: '' },
  { name: 'wasm', source: CHILD, engine: 'wasm' },
  { name: 'portable', source: CHILD, engine: 'portable' },
].map((entry) => ({ ...entry, verified: [], total: [] }))

/** Runs one process; gives its own milliseconds, if it prints any, and those of all of it. */
function run({ source, engine }) {
  const env = { ...process.env, TUILE_ENGINE: engine ?? '' }
  const file = join(folder, 'child.mjs')
  writeFileSync(file, source)
  const args = process.versions.deno ? ['run', '--allow-all', file] : [file]
  const start = performance.now()
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' })
  const total = performance.now() - start
  if (status !== 0) throw new Error(stderr)
  return { verified: Number(stdout), total }
}

const folder = mkdtempSync(fileURLToPath(new URL('../dist/cold-start-', import.meta.url)))
process.on('exit', () => rmSync(folder, { recursive: true }))

function median(samples) {
  const sorted = samples.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2
}

for (const entry of CASES) run(entry) // The files are in the cache of the disk from here on.
// In turn, so that whatever else the machine does meets all of them alike.
for (let turn = 0; turn < PROCESSES; turn++) {
  for (const entry of CASES) {
    const { verified, total } = run(entry)
    entry.verified.push(verified)
    entry.total.push(total)
  }
}

const { bun, deno, node } = process.versions
const runtime = bun ? `bun ${bun}` : deno ? `deno ${deno}` : `node ${node}`
console.log(`${runtime}, milliseconds, medians of ${PROCESSES} processes`)
const rounded = (samples) => Number(median(samples).toFixed(1))
const rows = CASES.map(({ name, engine, verified, total }) => [
  name,
  {
    ...(engine && { 'import to first verified cookie': rounded(verified) }),
    'whole process': rounded(total),
  },
])
console.table(Object.fromEntries(rows))
