import { describe, expect, it } from 'vitest'
import { parseCookies } from '../cookie.ts'
import { bombs, falseBlanks, referencePairs } from './cookies.fixture.ts'
import { itNeeds } from './corpus.fixture.ts'
import { agreed, agreeingRing, engines } from './engines.fixture.ts'
import { testKey } from './keys.fixture.ts'
import { meteredEngine } from './workload.fixture.ts'

const TARGET = '__Host-sid'

/** Our cookie in a header, in both engines, or `undefined`. */
function target(header: string, name: string = TARGET): string | undefined {
  const cookies = agreed((engine) => parseCookies(engine, header))
  expect(Object.getPrototypeOf(cookies)).toBeNull()
  return cookies[name]
}

interface Expectation {
  readonly value?: string
  readonly absent?: true
  readonly absentOrExact?: true
  readonly rawOrDecodedNoThrow?: true
  readonly rawNoThrow?: true
  readonly policy?: string
  readonly bounded?: unknown
}
interface Attacks {
  readonly cases: readonly {
    readonly id: string
    readonly class: string
    readonly header: string
    readonly target: string
    readonly expect: Expectation
  }[]
  readonly generators: readonly { readonly id: string; readonly js: string }[]
}

/** Whether a cookie is what a case demands. */
function meets(found: string | undefined, raw: string | undefined, wanted: Expectation): boolean {
  if (wanted.absent) return found === undefined
  if (wanted.value !== undefined) return found === wanted.value
  if (wanted.absentOrExact) return found === undefined || found === raw
  if (wanted.rawNoThrow) return found === raw
  if (wanted.rawOrDecodedNoThrow) return found === raw || found === decodeURIComponent(raw!)
  // "duplicate-many": the first of the name, whatever follows.
  return wanted.policy !== undefined && found === raw
}

describe('B2 hostile Cookie headers', () => {
  itNeeds<[Attacks]>(
    ['attacks/cookie_header_attacks'],
    'B2 197/197 attack headers: no spoofed value, no exception',
    ({ cases }) => {
      const ring = agreeingRing(TARGET, [testKey(1)])
      const failures: string[] = []
      for (const { id, header, target: name, expect: wanted } of cases) {
        const pairs = agreed((engine) => engine.listCookies(header))
        expect(pairs, id).toEqual(referencePairs(header))
        const place = pairs.findIndex((text, index) => index % 2 === 0 && text === name)
        const raw = place === -1 ? undefined : pairs[place + 1]
        const found = target(header, name)
        if (!meets(found, raw, wanted) || found === 'evil') failures.push(id)
        // Nothing of it is a token: the two engines refuse it for the same reason.
        expect(ring.open(header)).toBe(place === -1 ? 'none' : 'malformed')
      }
      expect(failures).toEqual([])
      expect(cases).toHaveLength(197)
    }
  )

  itNeeds<[Attacks]>(
    ['attacks/cookie_header_attacks'],
    'B5 11/11 generators at 1 MiB are read as the reference reads them, and refused with no hash',
    ({ generators }) => {
      const { engine, workOf } = meteredEngine()
      const ring = engine.createRing('sid', [testKey(1)])
      for (const { id, js } of generators) {
        // The corpus is data of ours, and its generators are expressions.
        const header = new Function(`return ${js}`)() as string
        const pairs = agreed((each) => each.listCookies(header).join('\0'))
        expect(pairs === referencePairs(header).join('\0'), id).toBe(true)
        const work = workOf(() => {
          if (header.length > 16_384) expect(ring.open(header), id).toBe('oversize')
          else expect(ring.open(header), id).toBe('malformed')
        })
        expect(work.compressions, id).toBe(0)
      }
      expect(generators).toHaveLength(11)
    }
  )

  it('CVE-2026-39410 parseCookies() finds no cookie behind a false blank', () => {
    for (const blank of falseBlanks) {
      expect(target(`${blank}${TARGET}=evil; ${TARGET}=good`)).toBe('good')
      expect(target(`${TARGET}${blank}=evil; ${TARGET}=good`)).toBe('good')
      expect(target(`a=b;${blank}${TARGET}=evil`)).toBeUndefined()
      expect(target(`${TARGET}=${blank}good${blank}`)).toBe(`${blank}good${blank}`)
    }
  })

  it.each([
    ['CVE-2020-8184, CVE-2022-36032 a percent-encoded name', '%5F%5FHost-sid=evil'],
    ['B2 a name in another case', '__host-sid=evil; __HOST-SID=evil'],
    [
      'CVE-2022-31629 a dot or bracket, of which PHP makes "_",',
      '..Host-sid=evil; _[Host-sid=evil',
    ],
    ['CVE-2023-23934 a pair without a name', '=__Host-sid=evil'],
    ['CVE-2023-23934 a second equals sign', '==__Host-sid=evil'],
    ['B2 a comma that joins headers', 'a=b, __Host-sid=evil'],
    ['B2 a name that ends in ours', 'x__Host-sid=evil'],
    ['B2 a name that begins with ours', '__Host-sidx=evil'],
    ['B2 a blank inside the name', '__Host -sid=evil; __Host- sid=evil'],
    ['CVE-2016-7401 a cookie without an equals sign', '__Host-sid'],
    ['B2 a name in wide letters', '＿＿Host-sid=evil'],
    ['B2 a Greek question mark for a semicolon', 'x=1\u037e__Host-sid=evil'],
    ['B2 U+013B, whose low byte is a semicolon,', 'x=1\u013b__Host-sid=evil'],
    ['B2 U+013D, whose low byte is an equals sign,', '__Host-sid\u013devil'],
    [
      'B2 U+0120 or U+0109, whose low bytes are blanks,',
      'x=1;\u0120__Host-sid=evil;\u0109__Host-sid=evil',
    ],
    ['B2 U+015F, whose low byte is "_",', '\u015f_Host-sid=evil'],
  ])('%s is not our cookie to parseCookies() and open()', (_, header) => {
    expect(target(header)).toBeUndefined()
    expect(agreeingRing(TARGET, [testKey(1)]).open(header)).toBe('none')
  })

  it('B2 parseCookies() lets no cookie swallow ours (cookie sandwich, phantom $Version)', () => {
    expect(target(`$Version=1; x="a; ${TARGET}=good; y=b"`)).toBe('good')
    expect(target(`x="\\"; ${TARGET}=good; y="`)).toBe('good')
  })
})

describe('B5 linear work', () => {
  const { engine, workOf } = meteredEngine()

  it.each(Object.entries(bombs))('B5, §2.8 the core works linearly on %s', (_, bomb) => {
    const ring = engine.createRing('sid', [testKey(1)])
    const cost = (size: number) => workOf(() => ring.open(bomb(size))).turns
    const listing = (size: number) => workOf(() => engine.listCookies(bomb(size))).turns
    // Twice the header, twice the turns, and three for a byte at most.
    for (const turns of [cost, listing]) {
      expect(turns(15_360)).toBeLessThan(2.1 * turns(7680) + 64)
      expect(turns(15_360)).toBeLessThan(3.1 * 15_360)
    }
  })

  it.each(engines)('B5 $name finds our cookie behind 16 KiB of others', (each) => {
    const ring = each.createRing('sid', [testKey(1)])
    const token = ring.signText('found', 'T')
    const rest = `; sid=${token}`
    const header = `a=${'b'.repeat(16_384 - rest.length - 2)}${rest}`
    expect(header).toHaveLength(16_384)
    expect(ring.open(header)).toEqual({ format: 'T', text: 'found', keyIndex: 0 })
    expect(ring.open(`${header} `)).toBe('oversize')
  })
})
