/** Writes the figures of the results into the root's README; a test holds them equal. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const readme = new URL('../README.md', import.meta.url)
/** The columns of the table. */
const RUNTIMES = ['node-20', 'node-22', 'node-24', 'node-26', 'bun-1', 'deno-2']

const fileOf = (name) => new URL(`results/${name}.json`, import.meta.url)
/** The result of that name. */
const read = (name) => JSON.parse(readFileSync(fileOf(name), 'utf8'))

const findJob = ({ jobs }, wanted = 'verify-1') => jobs.find(({ id }) => id === wanted)
const findIn = ({ contenders }, wanted) => contenders.find(({ name }) => name === wanted)

/** The rows of the first table: contenders that run everywhere. */
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
  const jobs = RUNTIMES.map((name) => findJob(read(name)))
  return NAMES.map((wanted, row) => {
    const cells = jobs.map((job) => {
      const { median, ratio } = findIn(job, wanted)
      return row === 0 ? `${Math.round(median)} ns` : `${ratio.toFixed(1)}x`
    })
    return [wanted, ...cells]
  })
}

/** The rows of the second table: apps, the first of which is what the others are compared with. */
const APPS = [
  'app that reads the Cookie header',
  'middleware that reads it and says Vary',
  'tuile, wasm',
  'hono/cookie + cookie-signature + Map',
  'hono-sessions, not signed',
  'hono-sessions, encrypted',
  '@hono/session + Map',
  '@remix-run/session',
  'iron-session',
]

/** Microseconds that an app adds to one without anything, and its share of the first one's requests. */
function appRows() {
  const result = read('node-24')
  const [fetched, served] = [findJob(result, 'app-read'), findJob(result, 'http-read')]
  const bare = findIn(fetched, 'bare app').median
  const most = findIn(served, APPS[0]).median
  return APPS.map((name) => {
    const added = (findIn(fetched, name).median - bare) / 1000
    const share = (100 * findIn(served, name).median) / most
    return [name, `${added.toFixed(1)} µs`, `${Math.round(share)} %`]
  })
}

/** A table in Markdown: its first column to the left, the others to the right. */
function table(titles, rows) {
  const lines = [['', ...titles], ['---', ...titles.map(() => '---:')], ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

/** Results that the text quotes, of native code that may not use the SHA extensions. */
const WITHOUT_SHA = ['node-20-no-sha', 'node-24-no-sha']

function withoutSha() {
  const ratios = WITHOUT_SHA.map((file) => {
    return findIn(findJob(read(file)), 'cookie + createHmac').ratio.toFixed(1)
  })
  return `takes ${ratios[0]}x on Node 20 and ${ratios[1]}x on Node 24`
}

const titles = RUNTIMES.map((name) => name[0].toUpperCase() + name.slice(1).replace('-', ' '))

/** Where the figures stand, and what has to stand there. */
const places = [
  [/\| +\| Node 20[\s\S]*?\n(?=\n)/, table(titles, rows())],
  [/\| +\| `app.fetch`[\s\S]*?\n(?=\n)/, table(['`app.fetch`', 'HTTP'], appRows())],
]
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
