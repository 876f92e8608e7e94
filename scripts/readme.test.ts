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

const rows = [...readme.matchAll(/^\| ((?:tuile|cookie \+|hono)[^|]*) \|(.*)\|$/gm)].map(
  ([, name, cells]) => [name!.trim(), cells!.split('|').map((cell) => cell.trim())] as const
)

describe('the README', () => {
  it('has the figures of the bench', () => {
    expect(rows).toHaveLength(7)
    for (const [name, cells] of rows) {
      expect([name, ...cells]).toEqual([name, ...RESULTS.map((file) => figureOf(name, file))])
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
