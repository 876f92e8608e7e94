/**
 * Keeps docs/security.md true: each rule and each advisory has a test whose title bears its id.
 *
 * @module
 */
import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { itNeeds } from '../bindings/codec/corpus.fixture.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = readFileSync(`${root}docs/security.md`, 'utf8')

interface Row {
  readonly first: string
  readonly text: string
  readonly links: readonly { readonly ids: readonly string[]; readonly file: string }[]
}

/** The rows of the tables of a section. */
function rowsOf(section: string): Row[] {
  const start = page.indexOf(`\n## ${section}`)
  const end = page.indexOf('\n## ', start + 1)
  const lines = page.slice(start, end === -1 ? undefined : end).split('\n')
  return lines
    .filter((line) => /^\| (?!-|§ |advisory|requirement|section|command)/.test(line))
    .map((text) => ({
      first: text.split('|')[1]!.trim(),
      text,
      links: [...text.matchAll(/\[([^\]]+)\]\((\.\.\/[^)#]+\.ts)\)/g)].map(([, ids, path]) => ({
        ids: ids!.split(', '),
        file: posix.normalize(`docs/${path}`),
      })),
    }))
}

const titles = new Map<string, string>()

/** All string literals of a file, among them its titles: comments prove nothing. */
function titlesOf(file: string): string {
  const known = titles.get(file)
  if (known !== undefined) return known
  const source = readFileSync(root + file, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
  const found = [...source.matchAll(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g)]
  const text = found.map(([literal]) => literal.slice(1, -1)).join('\n')
  titles.set(file, text)
  return text
}

/** Whether a title of a file bears an id, which does not go on as another one. */
function bears(file: string, id: string): boolean {
  const escaped = id.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
  return new RegExp(`(?<![\\w.-])${escaped}(?![\\w-]|\\.\\d)`).test(titlesOf(file))
}

const sections = ['2. ', '3. ', '4. ', '5. ']
const advisories = rowsOf('3. ')

describe('docs/security.md', () => {
  it('names tests that there are', () => {
    const wrong: string[] = []
    for (const section of sections) {
      for (const { ids, file } of rowsOf(section).flatMap(({ links }) => links)) {
        if (!existsSync(root + file)) wrong.push(`there is no ${file}`)
        // In the table of advisories the first column has the ids; a link's text is just a name.
        else if (section !== '3. ') {
          for (const id of ids) if (!bears(file, id)) wrong.push(`${file} has no title with ${id}`)
        }
      }
    }
    expect(wrong).toEqual([])
  })

  it('has fifty rules, each with a test of its number', () => {
    const rules = rowsOf('2. ')
    expect(rules.map(({ first }) => Number(first))).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 1)
    )
    const without = rules.filter(
      ({ first, links }) => !links.some(({ ids }) => ids.includes(`§2.${first}`))
    )
    expect(without.map(({ first }) => first)).toEqual([])
  })

  it('has advisories, each id in the title of a test that its row names', () => {
    const wrong = advisories.flatMap(({ first, links }) =>
      first.split(', ').filter((id) => !links.some(({ file }) => bears(file, id)))
    )
    expect(wrong).toEqual([])
    expect(advisories.length).toBeGreaterThan(50)
  })

  it('has all requirements of chapter 7 of ASVS 5.0', () => {
    const ids = rowsOf('4. ').map(({ first }) => first.split(' ')[0]!)
    const counts = [3, 4, 2, 5, 3, 2]
    expect(ids).toEqual(
      counts.flatMap((count, i) => Array.from({ length: count }, (_, j) => `7.${i + 1}.${j + 1}`))
    )
  })

  itNeeds<[{ readonly rows: readonly { readonly id: string }[] }]>(
    ['advisories/session_cookie_advisories'],
    'has all 44 advisories of the corpus',
    ({ rows }) => {
      const listed = advisories.map(({ first }) => first).join('\n')
      const idsOf = (text: string): string[] =>
        text.match(
          /(?:CVE|GHSA|RUSTSEC|GO)-[\w-]+|#\d+|\d{4}-\d\d-\d\d|tower-sessions 0\.12|chunk|js\/[\w-]+/g
        ) ?? [text]
      const missing = rows.flatMap(({ id }) => idsOf(id)).filter((id) => !listed.includes(id))
      expect(missing).toEqual([])
      expect(rows).toHaveLength(44)
    }
  )
})
