/**
 * Runs the examples of the documentation, as a user of the built package would: every `@example` of
 * the sources, and every block of the README and the guides that imports from Tuile.
 *
 * An example may use `assert` and `secrets`; all else it brings itself.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { afterAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Inside the package, so that `tuile` resolves to it by its own exports. */
const folder = `${root}dist/examples`

const PRELUDE = `import assert from 'node:assert/strict'
const secrets: string = 'examples: a secret of more than 32 bytes'
process.env.SESSION_SECRET ??= secrets
void assert
`

interface Example {
  readonly name: string
  readonly source: string
}

function blocksOf(text: string): string[] {
  return [...text.matchAll(/```tsx?\n([\s\S]*?)```/g)].map(([, block]) => block!)
}

function examplesOfSource(file: string): Example[] {
  const text = readFileSync(root + file, 'utf8')
  const comments = [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].map(([comment]) => comment)
  return comments
    .filter((comment) => comment.includes('@example'))
    .flatMap((comment) => blocksOf(comment.replace(/^ *\* ?/gm, '')))
    .map((source, index) => ({ name: `${file} ${index + 1}`, source }))
}

function examplesOfPage(file: string): Example[] {
  return blocksOf(readFileSync(root + file, 'utf8'))
    .filter((source) => /from 'tuile/.test(source))
    .map((source, index) => ({ name: `${file} ${index + 1}`, source }))
}

const filesBelow = (path: string, pattern: RegExp): string[] =>
  readdirSync(root + path, { recursive: true, encoding: 'utf8' })
    .filter((file) => pattern.test(file))
    .map((file) => `${path}/${file}`)

const sources = ['bindings', 'adapters'].flatMap((path) =>
  filesBelow(path, /(?<!\.(test|test-d|fixture|d))\.tsx?$/)
)
const pages = ['README.md', ...filesBelow('docs', /\.md$/)]
const examples = [...sources.flatMap(examplesOfSource), ...pages.flatMap(examplesOfPage)]

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
const fileOf = (index: number): string => `${folder}/example-${index}.mts`
for (const [index, { source }] of examples.entries()) writeFileSync(fileOf(index), PRELUDE + source)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the examples of the documentation', () => {
  it('are found', () => {
    expect(examples.length).toBeGreaterThan(10)
  })

  it('have right types', { timeout: 180_000 }, () => {
    const program = ts.createProgram(
      examples.map((_, index) => fileOf(index)),
      {
        target: ts.ScriptTarget.ES2022,
        lib: ['lib.es2023.d.ts', 'lib.webworker.d.ts'],
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        types: ['node'],
        strict: true,
        noEmit: true,
        skipLibCheck: true,
      }
    )
    const problems = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
      const index = Number(/example-(\d+)/.exec(file?.fileName ?? '')?.[1])
      const line = file?.text.slice(0, start).split('\n').length
      return `${examples[index]?.name}, line ${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
    })
    expect(problems).toEqual([])
  })

  it.each(examples.map(({ name }, index) => [name, index] as const))(
    '%s runs',
    async (_, index) => {
      const source = readFileSync(fileOf(index), 'utf8')
      const { outputText } = ts.transpileModule(source, {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
      })
      const file = fileOf(index).replace('.mts', '.mjs')
      writeFileSync(file, outputText)
      await import(/* @vite-ignore */ file)
    }
  )
})
