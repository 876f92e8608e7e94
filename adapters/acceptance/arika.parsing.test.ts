/**
 * The promise of arika about speed, which the benchmark measures.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

interface Results {
  readonly jobs: readonly {
    readonly id: string
    readonly contenders: readonly { readonly name: string; readonly ratio: number }[]
  }[]
}

const folder = new URL('../../bench/results/', import.meta.url)
const files = readdirSync(folder).filter((file) => /^(?:node|bun|deno).*\.json$/.test(file))

it.each(files)(
  'A45 the published figures compare parsing 50 cookies with cookie and hono/cookie: %s',
  (file) => {
    const { jobs }: Results = JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
    const contenders = jobs.find(({ id }) => id === 'parse-50')?.contenders ?? []
    const ratioOf = (wanted: string) => contenders.find(({ name }) => name === wanted)?.ratio
    expect(ratioOf('tuile, wasm')).toBe(1)
    expect(ratioOf('hono/cookie')).toBeGreaterThan(1.5)
    expect(ratioOf('cookie')).toBeGreaterThan(0.8)
  }
)
