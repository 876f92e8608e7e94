import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
// @ts-expect-error: plain JavaScript without declarations
import { createReport } from '../bench/plots/page.js'
// @ts-expect-error: plain JavaScript without declarations
import { folder, readResults } from '../bench/plots/results.js'

const report: Map<string, string> = createReport(readResults())
const at = (file: string): string => fileURLToPath(new URL(file, folder as URL))

describe('the report of the bench', () => {
  it.each([...report.keys()])('%s is what the results say: node bench/plots/write.js', (file) => {
    expect(existsSync(at(file)), file).toBe(true)
    expect(readFileSync(at(file), 'utf8')).toBe(report.get(file))
  })

  it('has no other plots', () => {
    const files = readdirSync(at('plots')).map((file) => `plots/${file}`)
    expect(files.sort()).toEqual([...report.keys()].filter((file) => file !== 'index.html').sort())
  })

  it('names every contender, with its figure', () => {
    const [first] = readResults() as { jobs: { id: string; contenders: { name: string }[] }[] }[]
    for (const { id, contenders } of first!.jobs) {
      const svg = report.get(`plots/${id}.svg`)
      if (svg === undefined) continue // a point of a line
      for (const { name } of contenders) expect(svg).toContain(name.replace('&', '&amp;'))
    }
  })

  it('the README shows a plot of it, and links to it', () => {
    const readme = readFileSync(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8')
    expect(readme).toContain('](bench/results/index.html)')
    const [, image] = /!\[[^\]]*\]\(bench\/results\/([^)]+)\)/.exec(readme) ?? []
    expect([...report.keys()]).toContain(image)
  })
})
