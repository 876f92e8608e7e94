import { describe, expect } from 'vitest'
import { type CookieAttributes, serializeCookie } from '../cookie.ts'
import { type RecordedCall, type RecordedCalls, itNeeds } from './corpus.fixture.ts'
import { parseSetCookie } from './set-cookie.fixture.ts'

/** What a corpus writes for a value that JSON has not. */
interface Tagged {
  readonly $date?: string
  readonly $number?: string
}

/** An option of a recorded call as the program that was recorded gave it. */
function revive(value: unknown): unknown {
  const { $date, $number } = (value ?? {}) as Tagged
  if ($date !== undefined) return new Date($date === 'invalid' ? Number.NaN : $date)
  return $number === undefined ? value : Number($number)
}

/** The line that we write, or `null` if we refuse. */
function write(name: string, value: string, attributes: object = {}): string | null {
  const revived = Object.entries(attributes).map(([key, given]) => [key, revive(given)])
  try {
    return serializeCookie(name, value, Object.fromEntries(revived) as CookieAttributes)
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    return null
  }
}

const sorted = (texts: Iterable<string>): string[] => [...texts].sort()

type SetCookieCalls = RecordedCalls<
  readonly [{ readonly name: string; readonly value: string }, object?]
>

describe('B7 the Set-Cookie tables of other test suites', () => {
  itNeeds<[SetCookieCalls]>(
    ['cookies/jshttp_stringify_set_cookie'],
    'B7 jshttp/cookie 99: 72 the same, 13 have an encoder, 13 names are no tokens, 1 needs Secure',
    ({ cases }) => {
      const calls = cases.filter(({ args }) => args.length === 1)
      const differ = calls.flatMap(({ args: [{ name, value, ...attributes }], result }) => {
        const line = write(name, value, attributes)
        // Where both write a line it must be the same; we may only refuse more.
        if (line !== null) expect(line).toBe(result)
        return line === (result ?? null) ? [] : [{ name, attributes }]
      })
      const names = differ.filter(({ name }) => /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(name))
      const insecure = differ.filter(({ name }) => name === 'foo')
      expect(insecure.map(({ attributes }) => attributes)).toEqual([{ sameSite: 'none' }])
      expect({ all: cases.length, encode: cases.length - calls.length }).toEqual({
        all: 99,
        encode: 13,
      })
      expect({ names: names.length, same: calls.length - differ.length }).toEqual({
        names: 13,
        same: 72,
      })
    }
  )

  itNeeds<[RecordedCalls<readonly [Record<string, unknown>, object?]>]>(
    ['cookies/jshttp_stringify_cookie'],
    'B7 jshttp/cookie values 1,220: 1,200 are one pair and the same, 20 are not',
    ({ cases }) => {
      let same = 0
      const differ: string[] = []
      for (const { fn, args, result } of cases) {
        const pairs = Object.entries(fn === 'stringifyCookie' ? args[0] : {})
        const [name, value] = pairs[0] ?? []
        if (pairs.length !== 1 || args.length !== 1 || typeof value !== 'string') continue
        if (write(name!, value) === (result ?? null)) same++
        else differ.push(name!)
      }
      expect({ cases: cases.length, same, differ }).toEqual({ cases: 1220, same: 1200, differ: [] })
    }
  )

  const refusals = (
    cases: RecordedCalls<readonly [string]>['cases'],
    ours: (text: string) => string | null
  ): { laxer: string[]; stricter: string[] } => {
    const laxer = cases.filter(({ args, threw }) => threw && ours(args[0]) !== null)
    const stricter = cases.filter(({ args, threw }) => !threw && ours(args[0]) === null)
    const texts = (calls: readonly RecordedCall<readonly [string]>[]): string[] =>
      sorted(calls.map(({ args }) => args[0]))
    return { laxer: texts(laxer), stricter: texts(stricter) }
  }

  itNeeds<[RecordedCalls<readonly [string]>]>(
    ['cookies/undici_validate_cookie_name'],
    'CVE-2024-47764 undici names 56/56',
    ({ cases }) => {
      const { laxer, stricter } = refusals(cases, (name) => write(name, 'v'))
      expect({ cases: cases.length, laxer, stricter }).toEqual({
        cases: 56,
        laxer: [],
        stricter: [],
      })
    }
  )

  itNeeds<[RecordedCalls<readonly [string]>]>(
    ['cookies/undici_validate_cookie_path'],
    'CVE-2024-47764 undici paths 45/45; a blank path, which browsers trim, may be refused',
    ({ cases }) => {
      const { laxer, stricter } = refusals(cases, (path) => write('a', 'b', { path }))
      expect([cases.length, laxer]).toEqual([45, []])
      expect(stricter.filter((path) => path.trim() !== '')).toEqual([])
    }
  )

  itNeeds<[RecordedCalls<readonly [string]>]>(
    ['cookies/undici_validate_cookie_value'],
    'B7 undici values 46/46: what it refuses we encode, and no line has a CTL, quote, comma or "\\"',
    ({ cases }) => {
      for (const { args } of cases) {
        const line = write('a', args[0])!
        const { value, attributes } = parseSetCookie(line)
        expect(line).toMatch(/^a=[!#-+\--:<-[\]-~]*$/)
        expect(decodeURIComponent(value)).toBe(args[0])
        expect(attributes).toEqual({})
      }
      expect(cases).toHaveLength(46)
    }
  )

  itNeeds<[RecordedCalls<readonly [string | number]>]>(
    ['cookies/undici_is_ctl_excluding_htab'],
    'B7 undici CTLs 131/131: none is in a line that we write',
    ({ cases }) => {
      for (const { args, result } of cases) {
        const text = String(args[0])
        for (const line of [write(text, 'v'), write('a', text), write('a', 'b', { path: text })]) {
          if (result === true && line !== null) expect(line).not.toContain(text)
        }
      }
      expect(cases).toHaveLength(131)
    }
  )

  itNeeds<[RecordedCalls<readonly [unknown, Record<string, unknown>]>]>(
    ['cookies/undici_cookies'],
    'B7 undici setCookie 49: 15 the same, 13 refused by both, 11 encoded, 7 not ours, 3 differ',
    ({ cases }) => {
      const table = {
        same: 0,
        bothRefuse: 0,
        encoded: 0,
        stricter: [] as string[],
        laxer: [] as string[],
        other: 0,
      }
      for (const { fn, args, threw, argsAfter } of cases as readonly UndiciCall[]) {
        if (fn !== 'setCookie') continue
        const [headers, cookie] = args
        const { name, value, unparsed, ...attributes } = cookie ?? {}
        const own = headers.$headers !== undefined && unparsed === undefined && name !== ''
        if (cookie === undefined || !own || typeof attributes.expires === 'number') {
          table.other++
          continue
        }
        const line = write(name!, value!, attributes)
        if (threw) {
          // A value that undici refuses we encode; all else is refused by both.
          if (line === null) table.bothRefuse++
          else if (parseSetCookie(line).value !== value) table.encoded++
          else table.laxer.push(line)
          continue
        }
        const theirs = argsAfter!.at(0)!.$headers!.at(-1)![1]!
        if (line === null) table.stricter.push(theirs)
        else expect(parseSetCookie(line)).toEqual(parseSetCookie(theirs))
        if (line !== null) table.same++
      }
      expect(table).toMatchInlineSnapshot(`
        {
          "bothRefuse": 13,
          "encoded": 11,
          "laxer": [
            "Space=Cat; Max-Age=-1; HttpOnly; Secure",
          ],
          "other": 7,
          "same": 15,
          "stricter": [
            "__Secure-Kitty=Meow; Secure",
            "__Host-Kitty=Meow; Secure; Path=/",
          ],
        }
      `)
    }
  )
})

interface UndiciCall {
  readonly fn: string
  readonly args: readonly [
    { readonly $headers?: readonly string[][] },
    { readonly name?: string; readonly value?: string } & Record<string, unknown>,
  ]
  readonly threw?: { readonly message: string }
  readonly argsAfter?: readonly { readonly $headers?: readonly string[][] }[]
}
