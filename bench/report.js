/** The result of a run: a table to read, a file to keep. */
import { mkdirSync, writeFileSync } from 'node:fs'

const COLUMNS = [36, 12, 12, 12, 9]

function row(cells) {
  return cells
    .map((cell, i) => (i === 0 ? cell.padEnd(COLUMNS[i]) : cell.padStart(COLUMNS[i])))
    .join('')
}

/** Four digits are more than a run can promise. */
const digits = (value) => Number(value.toPrecision(value < 1000 ? 4 : 6))

/**
 * What is kept of a job: its figures, each also as a ratio to the first contender's.
 *
 * @param {import('./jobs/index.js').Job} job
 * @param {number | undefined} size
 * @param {{ name: string, median: number, q1: number, q3: number }[]} figures
 */
export function describeJob({ id, title, group, per = 1, unit = 'ns' }, size, figures) {
  const [first] = figures
  return {
    id,
    title,
    group,
    unit,
    ...(size !== undefined && { size }),
    baseline: first.name,
    contenders: figures.map(({ name, median, q1, q3 }) => ({
      name,
      median: digits(median / per),
      q1: digits(q1 / per),
      q3: digits(q3 / per),
      ratio: unit === 'bytes' ? null : digits(median / first.median),
    })),
  }
}

/** The table of one job. */
export function formatJob({ id, title, size, unit, contenders }) {
  const lines = contenders.map(({ name, median, q1, q3, ratio }) =>
    row([name, ...[median, q1, q3].map(String), ratio === null ? '' : `${ratio.toFixed(2)}x`])
  )
  const what = size === undefined ? title : `${title} (${size} bytes)`
  return [`${id}: ${what}`, row(['', `median ${unit}`, 'q1', 'q3', 'ratio']), ...lines].join('\n')
}

/**
 * Keeps a result as `results/<runtime>-<major>.json`, or `-no-sha.json` if OpenSSL's use of the SHA
 * extensions was masked; gives the file's name.
 *
 * @param {{ runtime: string, version: string, opensslMasked: boolean }} result
 */
export function writeResult(result) {
  const folder = new URL('results/', import.meta.url)
  const [major] = result.version.split('.')
  const file = `${result.runtime}-${major}${result.opensslMasked ? '-no-sha' : ''}.json`
  mkdirSync(folder, { recursive: true })
  writeFileSync(new URL(file, folder), `${JSON.stringify(result, null, 2)}\n`)
  return `results/${file}`
}
