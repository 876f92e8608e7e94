import { describe, expect } from 'vitest'
import { parseCookies } from '../cookie.ts'
import { referenceCookies, referencePairs } from './cookies.fixture.ts'
import { type RecordedCall, type RecordedCalls, itNeeds } from './corpus.fixture.ts'
import { agreed } from './engines.fixture.ts'

type ParseCalls = RecordedCalls<readonly [header: string, option?: unknown]>

/** What both engines read; it must be what the reference reads. */
function read(header: string): Record<string, string> {
  const pairs = agreed((engine) => engine.listCookies(header))
  expect(pairs).toEqual(referencePairs(header))
  const cookies = agreed((engine) => parseCookies(engine, header))
  expect(Object.entries(cookies)).toEqual(referenceCookies(header))
  return { ...cookies }
}

/** The headers on which an upstream library, called without options, reads something else. */
function deviations(calls: readonly RecordedCall<readonly [string, unknown?]>[]): {
  same: number
  differ: string[]
} {
  const differ: string[] = []
  for (const { args, result } of calls) {
    const ours = read(args[0])
    if (JSON.stringify(ours) !== JSON.stringify(result)) differ.push(args[0])
  }
  return { same: calls.length - differ.length, differ }
}

/** Calls with an option that we do not have: a decoder, a filter, a name. Their headers are read. */
function split({ cases }: ParseCalls, fn: string): [plain: ParseCalls['cases'], others: number] {
  const calls = cases.filter((call) => call.fn === fn)
  const plain = calls.filter(({ args }) => args.length === 1)
  for (const { args } of calls) read(args[0])
  return [plain, calls.length - plain.length]
}

describe('B1 the Cookie headers of other test suites', () => {
  itNeeds<[ParseCalls]>(
    ['cookies/jshttp_parse_cookie'],
    'B1 jshttp/cookie 43: 39 the same, 2 have no name and are dropped, 2 have a decoder',
    (calls) => {
      const [plain, others] = split(calls, 'parseCookie')
      expect(deviations(plain)).toEqual({ same: 39, differ: [' = bar ', '   =   '] })
      expect(others).toBe(2)
    }
  )

  itNeeds<[ParseCalls]>(
    ['cookies/cookie_es_parse'],
    'B1 cookie-es 19: 13 the same, 6 have an option that we do not have',
    (calls) => {
      const [plain, others] = split(calls, 'parse')
      expect(deviations(plain)).toEqual({ same: 13, differ: [] })
      expect(others).toBe(6)
    }
  )

  itNeeds<[ParseCalls]>(
    ['cookies/hono_utils_cookie'],
    'B1 hono 23: 9 the same, 7 ask for one name, 7 differ by design (quotes kept, no pair refused)',
    (calls) => {
      const [plain, others] = split(calls, 'parse')
      const { same, differ } = deviations(plain)
      expect([same, differ.length, others]).toEqual([9, 7, 7])
      // Three have quotes around a value, which hono takes off; in the other four hono drops a name
      // that is no token, or a value that is no cookie-octets.
      expect(differ.filter((header) => /="[^"]*"/.test(header))).toHaveLength(3)
    }
  )

  itNeeds<[ParseCalls]>(
    ['cookies/undici_npm_cookie'],
    'B1 undici 22: the first pair of 19 is the same, 3 have no name and are dropped',
    (calls) => {
      const differ = calls.cases.filter(({ args, result }) => {
        read(args[0])
        const [name, value] = agreed((engine) => engine.listCookies(args[0]))
        const first = result as { name: string; value: string }
        return name !== first.name || value !== first.value
      })
      expect([calls.cases.length, differ.length]).toEqual([22, 3])
    }
  )

  itNeeds<[{ readonly cases: readonly Sent[] }]>(
    ['cookies/http_state_parser'],
    'B1 http-state 155/155: what a browser sends is read as it was sent',
    ({ cases }) => {
      for (const { expected_cookie_header: header, sent } of cases) {
        read(header)
        const pairs = agreed((engine) => engine.listCookies(header))
        expect(pairs).toEqual(sent.flatMap(({ name, value }) => [name, value]))
      }
      expect(cases).toHaveLength(155)
    }
  )

  itNeeds<[Wpt]>(
    ['cookies/wpt_cookies'],
    'B1 WPT cookies 55/55 headers and 9/9 sizes are read as the reference reads them',
    ({ value, invalid, charset, size }) => {
      const headers = [...value, ...invalid, ...charset].map(([, header]) => header)
      expect([headers.length, size.length]).toEqual([55, 9])
      for (const header of headers) read(header)
      for (const { nameLength, valueLength } of size) {
        const header = `${'n'.repeat(nameLength)}=${'v'.repeat(valueLength)}`
        expect(Object.keys(read(header))).toHaveLength(nameLength === 0 ? 0 : 1)
      }
    }
  )
})

interface Sent {
  readonly expected_cookie_header: string
  readonly sent: readonly { readonly name: string; readonly value: string }[]
}

interface Wpt {
  readonly value: readonly (readonly [unknown, string])[]
  readonly invalid: readonly (readonly [unknown, string])[]
  readonly charset: readonly (readonly [unknown, string])[]
  readonly size: readonly { readonly nameLength: number; readonly valueLength: number }[]
}

interface Crumbles {
  readonly cases: readonly (readonly [header: string, ...servers: string[]])[]
}

describe('B3 Cookie Crumbles (USENIX Security 2023)', () => {
  itNeeds<[Crumbles]>(
    ['cookies/cookie_crumbles_fuzz'],
    'B3 Cookie Crumbles 12,380/12,380: no name differs from the bytes sent',
    ({ cases }) => {
      const wrong: string[] = []
      let names = 0
      for (const [header] of cases) {
        const pairs = agreed((engine) => engine.listCookies(header))
        const reference = referencePairs(header)
        if (pairs.join('\0') !== reference.join('\0')) wrong.push(header)
        for (let i = 0; i < pairs.length; i += 2, names++) {
          // A name stands in the header, between a boundary and an equals sign.
          const pair = header.split(';').find((part) => part.split('=')[0]!.includes(pairs[i]!))
          if (pair === undefined) wrong.push(header)
        }
      }
      expect(wrong).toEqual([])
      expect([cases.length, names > 0]).toEqual([12_380, true])
    }
  )
})
