/**
 * Checks that the results of the bench have the format that its README promises.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const folder = new URL('../bench/results/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.json'))

interface Figures {
  readonly name: string
  readonly median: number
  readonly q1: number
  readonly q3: number
  readonly ratio: number | null
}

interface Job {
  readonly id: string
  readonly title: string
  readonly group: string
  readonly unit: string
  readonly baseline: string
  readonly contenders: readonly Figures[]
}

describe.each(files)('the result %s', (file) => {
  const text = readFileSync(new URL(file, folder), 'utf8')
  const result = JSON.parse(text)
  const jobs: Job[] = result.jobs

  it('is named after its runtime', () => {
    const suffix = result.opensslMasked ? '-no-sha' : ''
    expect(file).toBe(`${result.runtime}-${result.version.split('.')[0]}${suffix}.json`)
    expect(result).toMatchObject({ nodeEnv: 'production', pinned: expect.any(Boolean) })
    expect(new Date(result.date).toISOString()).toBe(result.date)
    expect(result.commit).toMatch(/^[0-9a-f]{12}(-dirty)?$/)
  })

  it('says nothing of the machine but its processor', () => {
    expect(text).not.toMatch(/"[^"]*(?:file:|\/home\/|\/root\/|\/tmp\/)/)
  })

  it('has each job once, with figures in order', () => {
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length)
    for (const { id, title, group, unit, contenders } of jobs) {
      expect(title && group, id).toBeTruthy()
      expect(['ns', 'ms', 'bytes', 'requests/s'], id).toContain(unit)
      for (const { name, median, q1, q3 } of contenders) {
        expect(q1 <= median && median <= q3, `${id}: ${name}`).toBe(true)
      }
    }
  })

  it('has the ratios of its medians', () => {
    for (const { id, unit, baseline, contenders } of jobs) {
      const first = contenders.find(({ name }) => name === baseline)
      expect(first, id).toBeDefined()
      for (const { name, median, ratio } of contenders) {
        if (unit === 'bytes') expect(ratio).toBeNull()
        else expect(ratio! / (median / first!.median), `${id}: ${name}`).toBeCloseTo(1, 2)
      }
    }
  })
})
