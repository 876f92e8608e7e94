/**
 * Replays what fuzzing has kept, and has properties tried on the same targets.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { portableEngine, wasmEngine } from '../bindings/codec/engines.fixture.ts'
import * as cookies from '../bindings/cookie.ts'
import * as records from '../bindings/record.ts'
// @ts-expect-error: plain JavaScript without declarations
import { createTargets } from './fuzz/targets.js'

interface Target {
  readonly seeds: readonly string[]
  readonly words: readonly string[]
  readonly run: (text: string) => void
}

const engines = [wasmEngine, portableEngine]
const targets = createTargets({ engines, cookies, records }) as Record<string, Target>
const folder = new URL('fuzz/corpus/', import.meta.url)

/** What fuzzing has kept for a target. */
const corpusOf = (name: string): string[] =>
  JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as string[]

describe('fuzz targets', () => {
  it('have a corpus each', () => {
    const files = readdirSync(folder).map((file) => file.replace('.json', ''))
    expect(files.sort()).toEqual(Object.keys(targets).sort())
  })

  it.each(Object.entries(targets))(
    'K3 %s: the corpus breaks no promise',
    (name, { seeds, run }) => {
      const texts = [...seeds, ...corpusOf(name)]
      expect(texts.length).toBeGreaterThan(5)
      for (const text of texts) run(text)
    }
  )

  it.each(Object.entries(targets))(
    'K3 %s: any text, and any pieces of good ones',
    (name, target) => {
      const good = [...target.seeds, ...target.words, ...corpusOf(name)]
      const piece = fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...good) },
        fc
          .constantFrom(...good)
          .chain((text) =>
            fc.tuple(fc.nat(text.length), fc.nat(text.length)).map(([a, b]) => text.slice(a, b))
          ),
        fc.string({ unit: 'binary', maxLength: 8 }),
        fc.string({
          unit: fc.integer({ max: 0xffff }).map((unit) => String.fromCharCode(unit)),
          maxLength: 4,
        })
      )
      const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
      fc.assert(
        fc.property(text, (each) => target.run(each)),
        { numRuns: 1500 }
      )
    }
  )
})
