/** Writes the figures of the results into the root's README; a test holds them equal. */
import { readFileSync, writeFileSync } from 'node:fs'

const readme = new URL('../README.md', import.meta.url)
/** The columns of the table. */
const RUNTIMES = ['node-20', 'node-22', 'node-24', 'node-26', 'bun-1', 'deno-2']

const results = RUNTIMES.map((name) =>
  JSON.parse(readFileSync(new URL(`results/${name}.json`, import.meta.url), 'utf8'))
)

/** The job of the table. */
const JOB = 'verify-1'

/** The rows: contenders that run everywhere. */
const NAMES = [
  'tuile, wasm',
  'tuile, portable',
  'cookie + createHmac',
  'cookie + cookie-signature',
  'cookie + @noble/hashes',
  'cookie + WebCrypto',
  'hono/cookie signed',
]

/** Nanoseconds of the first contender, ratios to it for the others. */
function rows() {
  const contenders = results.map(({ jobs }) => jobs.find(({ id }) => id === JOB).contenders)
  return NAMES.map((wanted, row) => {
    const cells = contenders.map((ofRuntime) => {
      const { median, ratio } = ofRuntime.find(({ name }) => name === wanted)
      return row === 0 ? `${Math.round(median)} ns` : `${ratio.toFixed(1)}x`
    })
    return [wanted, ...cells]
  })
}

const titles = RUNTIMES.map((name) => name[0].toUpperCase() + name.slice(1).replace('-', ' '))
const lines = [['', ...titles], ['---', ...titles.map(() => '---:')], ...rows()].map(
  (cells) => `| ${cells.join(' | ')} |`
)
const table = /\| +\| Node 20[\s\S]*?\n(?=\n)/
const source = readFileSync(readme, 'utf8')
if (!table.test(source)) throw new Error('The README has no table of figures')
writeFileSync(readme, source.replace(table, `${lines.join('\n')}\n`))
