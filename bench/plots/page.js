/** The report: a page of all plots, and a file for each, made from the results alone. */
import { drawBars } from './bars.js'
import { drawLines } from './lines.js'
import { escapeXml } from './svg.js'

/** What the page shows, in its order: the group of the jobs, and what a reader should know of them. */
const SECTIONS = [
  [
    'verify',
    'Verify a signed id',
    'From a Cookie header to a verified session id of 24 characters: what an API does on every request.',
  ],
  [
    'app',
    'A whole request, in process',
    'A Hono app through app.fetch. What sessions cost is the difference to the app that only reads the Cookie header.',
  ],
  [
    'http',
    'A whole request, over HTTP',
    'Requests a second on one core, the load from another. Longer bars are better here.',
  ],
  ['http-cpu', 'The same, in time of the CPU', 'What a request costs the server.'],
  ['record', 'A signed record of 3.5 KB', 'The cookie holds the session itself.'],
  ['sign', 'Sign', 'From an id to the value of a cookie.'],
  ['rotation', 'Four secrets', 'Signed by each in turn, the newest first, and by none of them.'],
  ['many', 'Many cookies at once', 'Time per cookie; promises are all in flight.'],
  ['storage', 'Storages', 'One read and one write of a record.'],
  ['seal', 'Encrypted records', 'Sealed and opened again.'],
  ['parse', 'Parse a Cookie header', 'All pairs of it.'],
  ['base64url-encode', 'base64url, encode', 'Bytes to text.'],
  ['base64url-decode', 'base64url, decode', 'Strict: one text for one value.'],
  ['sha256', 'SHA-256', 'Whole messages.'],
  [
    'length',
    'Cost by length',
    'HMAC-SHA256. Both axes go by powers of ten: where a line is straight, twice the length is twice the time.',
  ],
  ['boundary', 'The boundary', 'What it costs to call WebAssembly.'],
  ['string-in', 'A string into its memory', 'Ways to write one.'],
  ['string-out', 'A string out of it', 'Ways to read one.'],
  ['start', 'Start', 'A new process.'],
  ['memory', 'Memory', 'Growth of the process over ten million verifications.'],
]

const PAGE_STYLE = `:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:1010px;margin:2rem auto;padding:0 1rem}
h1{margin-bottom:0}h2{margin:2.5rem 0 .2rem}p{margin:.2rem 0 1rem}img{max-width:100%;height:auto}
nav a{margin-right:.8em;white-space:nowrap}table{border-collapse:collapse;font-size:14px}
td,th{padding:.2rem .8rem .2rem 0;text-align:left}`

const TITLES = { node: 'Node', bun: 'Bun', deno: 'Deno' }

/** How a result is called: the runtime's major version, and whether native code was held back. */
function nameOf({ runtime, version, opensslMasked }) {
  const name = `${TITLES[runtime]} ${version.split('.')[0]}`
  return opensslMasked ? `${name}, OpenSSL without SHA extensions` : name
}

/** The plots of one group: its jobs in bars, or in lines if only their size differs. */
function plotsOf(group, results) {
  const withGroup = results.map((result) => ({
    runtime: nameOf(result),
    jobs: result.jobs.filter((job) => job.group === group),
  }))
  const panels = withGroup.filter(({ jobs }) => jobs.length > 0)
  if (panels.length === 0) return []
  if (group === 'length') {
    return [{ file: 'length.svg', svg: drawLines('HMAC-SHA256 by length', panels) }]
  }
  const ids = [...new Set(panels.flatMap(({ jobs }) => jobs.map(({ id }) => id)))]
  return ids.map((id) => {
    const ofJob = panels.flatMap(({ runtime, jobs }) => {
      const job = jobs.find((one) => one.id === id)
      return job ? [{ runtime, job }] : []
    })
    const { title, size } = ofJob[0].job
    const what = size === undefined ? title : `${title} (${size} bytes)`
    return { file: `${id}.svg`, svg: drawBars(what, ofJob) }
  })
}

function machines(results) {
  const rows = results.map(
    (result) =>
      `<tr><td>${escapeXml(nameOf(result))}<td>${result.version}<td>${escapeXml(result.cpu)}<td>${
        result.shaExtensions ? 'yes' : 'no'
      }<td>${result.date.slice(0, 10)}<td>${result.commit}<td>${result.rounds}`
  )
  return `<table><tr><th>Runtime<th>Version<th>CPU<th>SHA extensions<th>Date<th>Commit<th>Rounds
${rows.join('\n')}
</table>`
}

/**
 * All files of the report, by their path below `results/`.
 *
 * @param {object[]} results In the order in which runtimes are shown.
 * @returns {Map<string, string>}
 */
export function createReport(results) {
  const files = new Map()
  const sections = []
  const links = []
  for (const [group, title, text] of SECTIONS) {
    const plots = plotsOf(group, results)
    if (plots.length === 0) continue
    for (const { file, svg } of plots) files.set(`plots/${file}`, svg)
    const images = plots.map(
      ({ file }) => `<p><img src="plots/${file}" alt="${escapeXml(title)}" loading="lazy"></p>`
    )
    links.push(`<a href="#${group}">${title}</a>`)
    sections.push(`<h2 id="${group}">${title}</h2>\n<p>${text}</p>\n${images.join('\n')}`)
  }
  const known = new Set(SECTIONS.map(([group]) => group))
  const unknown = results.flatMap(({ jobs }) => jobs).find(({ group }) => !known.has(group))
  if (unknown) throw new Error(`The report has no section for the group ${unknown.group}`)

  files.set(
    'index.html',
    `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Tuile: what a cookie costs</title>
<style>${PAGE_STYLE}</style>
<h1>What a cookie costs</h1>
<p>Medians, with the middle half of all samples as a line on each bar, and the ratio to the first.
Compare within a panel; a nanosecond is about the machine. <a href="../README.md">How it is measured</a>.</p>
<nav>${links.join('\n')}</nav>
${sections.join('\n')}
<h2>The machines</h2>
${machines(results)}
</html>
`
  )
  return files
}
