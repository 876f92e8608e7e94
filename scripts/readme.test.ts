/**
 * Checks that the README says what was measured.
 */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'

const root = new URL('..', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const readme = read('README.md')

interface Job {
  readonly id: string
  readonly contenders: readonly {
    readonly name: string
    readonly median: number
    readonly ratio: number
  }[]
}

/** The columns of the table of figures, in order. */
const RESULTS = ['node-20', 'node-22', 'node-24', 'node-26', 'bun-1', 'deno-2']

/** What a result says of one contender: nanoseconds for the first, ratios to it for the others. */
function figureOf(name: string, file: string): string {
  const { jobs }: { jobs: Job[] } = JSON.parse(read(`bench/results/${file}.json`))
  const { contenders } = jobs.find(({ id }) => id === 'verify-1')!
  const { median, ratio } = contenders.find((contender) => contender.name === name)!
  return name === 'tuile, wasm' ? `${Math.round(median)} ns` : `${ratio.toFixed(1)}x`
}

/** The rows of the table whose first line begins so: the cells of each. */
function rowsOf(heading: string): string[][] {
  const [, , ...lines] = readme.slice(readme.indexOf(heading)).split('\n\n')[0]!.split('\n')
  return lines.map((line) => line.slice(2, -2).split(' | '))
}

describe('the README', () => {
  it('has the figures of the bench', () => {
    const rows = rowsOf('|  | Node 20')
    expect(rows).toHaveLength(7)
    for (const [name, ...cells] of rows) {
      expect([name, ...cells]).toEqual([name, ...RESULTS.map((file) => figureOf(name!, file))])
    }
  })

  it('has the figures of whole requests', () => {
    const rows = rowsOf('|  | `app.fetch`')
    expect(rows).toHaveLength(9)
    const { jobs }: { jobs: Job[] } = JSON.parse(read('bench/results/node-24.json'))
    const medianOf = (job: string, wanted: string): number =>
      jobs.find(({ id }) => id === job)!.contenders.find(({ name }) => name === wanted)!.median
    for (const [name, added, share] of rows) {
      const difference = medianOf('app-read', name!) - medianOf('app-read', 'bare app')
      const rate = medianOf('http-read', name!) / medianOf('http-read', rows[0]![0]!)
      expect([name, added]).toEqual([name, `${(difference / 1000).toFixed(1)} µs`])
      expect([name, share]).toEqual([name, `${Math.round(rate * 100)} %`])
    }
  })

  it('has the figures without SHA extensions', () => {
    const [on20, on24] = ['node-20-no-sha', 'node-24-no-sha'].map((file) =>
      figureOf('cookie + createHmac', file)
    )
    expect(readme).toContain(`takes ${on20} on Node 20 and ${on24} on Node 24`)
  })

  it('has the size of the core', () => {
    const core = readFileSync(new URL('dist/wasm/core.wasm', root))
    const { length: gzipped } = gzipSync(core, { level: 9 })
    expect(readme).toContain(
      `The core is ${core.length.toLocaleString('en')} bytes (${gzipped.toLocaleString('en')} gzipped)`
    )
  })
})
