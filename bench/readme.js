/** Writes the figures of the results into the root's README; a test holds them equal. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const readme = new URL('../README.md', import.meta.url)
/** The columns of the table. */
const RUNTIMES = ['node-20', 'node-22', 'node-24', 'node-26', 'bun-1', 'deno-2']

const fileOf = (name) => new URL(`results/${name}.json`, import.meta.url)
/** The result of that name. */
const read = (name) => JSON.parse(readFileSync(fileOf(name), 'utf8'))

/** The job that the figures are of. */
const findJob = ({ jobs }) => jobs.find(({ id }) => id === 'verify-1')

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
  const contenders = RUNTIMES.map((name) => findJob(read(name)).contenders)
  return NAMES.map((wanted, row) => {
    const cells = contenders.map((ofRuntime) => {
      const { median, ratio } = ofRuntime.find(({ name }) => name === wanted)
      return row === 0 ? `${Math.round(median)} ns` : `${ratio.toFixed(1)}x`
    })
    return [wanted, ...cells]
  })
}

/** Results that the text quotes, of native code that may not use the SHA extensions. */
const WITHOUT_SHA = ['node-20-no-sha', 'node-24-no-sha']

function withoutSha() {
  const ratios = WITHOUT_SHA.map((file) => {
    const { contenders } = findJob(read(file))
    return contenders.find(({ name }) => name === 'cookie + createHmac').ratio.toFixed(1)
  })
  return `takes ${ratios[0]}x on Node 20 and ${ratios[1]}x on Node 24`
}

const titles = RUNTIMES.map((name) => name[0].toUpperCase() + name.slice(1).replace('-', ' '))
const lines = [['', ...titles], ['---', ...titles.map(() => '---:')], ...rows()].map(
  (cells) => `| ${cells.join(' | ')} |`
)

/** Where the figures stand, and what has to stand there. */
const places = [[/\| +\| Node 20[\s\S]*?\n(?=\n)/, `${lines.join('\n')}\n`]]
// There are none where the CPU has no SHA extensions.
if (WITHOUT_SHA.every((name) => existsSync(fileOf(name)))) {
  places.push([/takes [\d.]+x on Node 20 and [\d.]+x on Node 24/, withoutSha()])
}
let text = readFileSync(readme, 'utf8')
for (const [place, figures] of places) {
  if (!place.test(text)) throw new Error(`The README has no ${place}`)
  text = text.replace(place, figures)
}
writeFileSync(readme, text)
