/** Writes the figures of the results into the root's README; a test holds them equal. */
import { readFileSync, writeFileSync } from 'node:fs'

const readme = new URL('../README.md', import.meta.url)
/** The columns of the table. */
const RUNTIMES = ['node-20', 'node-22', 'node-24', 'node-26', 'bun-1', 'deno-2']

const results = RUNTIMES.map((name) =>
  JSON.parse(readFileSync(new URL(`results/${name}.json`, import.meta.url), 'utf8'))
)

/** The rows: nanoseconds of the first contender, ratios to it for the others. */
function rows() {
  const names = results[0].jobs[0].contenders.map(({ name }) => name)
  return names.map((name, row) => {
    const cells = results.map(({ jobs }) => {
      const { median, ratio } = jobs[0].contenders.find((contender) => contender.name === name)
      return row === 0 ? `${Math.round(median)} ns` : `${ratio.toFixed(1)}x`
    })
    return [name, ...cells]
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
