/** The result of a run: a table to read, a file to keep. */
import { mkdirSync, writeFileSync } from 'node:fs'

const COLUMNS = [28, 12, 12, 12, 9]

function row(cells) {
  return cells
    .map((cell, i) => (i === 0 ? cell.padEnd(COLUMNS[i]) : cell.padStart(COLUMNS[i])))
    .join('')
}

/**
 * The table of one job.
 *
 * @typedef {{ name: string, median: number, q1: number, q3: number, ratio: number }} Figures
 *
 * @param {{ name: string, headerSize: number, contenders: Figures[] }} job
 */
export function formatJob({ name, headerSize, contenders }) {
  const lines = contenders.map((contender) =>
    row([
      contender.name,
      contender.median.toFixed(0),
      contender.q1.toFixed(0),
      contender.q3.toFixed(0),
      `${contender.ratio.toFixed(2)}x`,
    ])
  )
  const heading = row([`${name}, ${headerSize} bytes`, 'median ns', 'q1', 'q3', 'ratio'])
  return [heading, ...lines].join('\n')
}

/**
 * Keeps a result as `results/<runtime>-<major>.json`; gives the file's name.
 *
 * @param {{ runtime: string, version: string }} result
 */
export function writeResult(result) {
  const folder = new URL('results/', import.meta.url)
  const file = `${result.runtime}-${result.version.split('.')[0]}.json`
  mkdirSync(folder, { recursive: true })
  writeFileSync(new URL(file, folder), `${JSON.stringify(result, null, 2)}\n`)
  return `results/${file}`
}
