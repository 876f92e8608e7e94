import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { falseBlanks } from './cookies.fixture.ts'
import { MAX_HEADER_SIZE } from './engine.ts'
import { agreeingRing } from './engines.fixture.ts'
import { nodeToken, testKey } from './keys.fixture.ts'

const NAME = 'sid'
const key = testKey(1)
const ring = agreeingRing(NAME, [key, testKey(2)])
const token = ring.signText('mallory', 'T')
const payloadToken = ring.signPayload('{"user":"mallory €"}', 'P')
const opened = { format: 'T', text: 'mallory', keyIndex: 0 }

describe('open() and the header around our cookie', () => {
  it.each([
    `sid=${token}`,
    ` sid=${token} `,
    `\t sid \t=\t ${token}\t `,
    `;;sid=${token};;`,
    `a=b; sid=${token}; c=d`,
    `a="sid=x; sid=${token}; b="`,
    `sid; =sid; sid=${token}`,
    `$Version=1; sid=${token}`,
  ])('open() finds our cookie in %o', (header) => {
    expect(ring.open(header)).toEqual(opened)
  })

  it.each([
    ['', 'none'],
    ['sid', 'none'],
    ['a=b', 'none'],
    [`a=b, sid=${token}`, 'none'],
    [`"sid"=${token}`, 'none'],
    ['sid=', 'malformed'],
    [`sid="${token}"`, 'malformed'],
    [`sid==${token}`, 'malformed'],
    [`sid=${token.replace('.', ';')}`, 'malformed'],
    ['sid=T', 'malformed'],
    [`sid=${'A'.repeat(48)}`, 'malformed'],
    [`sid=.${'A'.repeat(43)}`, 'malformed'],
    [`sid=TAA.${'A'.repeat(43)}`, 'malformed'],
    [`sid=TAAA.${'A'.repeat(43)}`, 'unknown-key'],
    [`sid=${token.slice(0, -1)}!`, 'bad-signature'],
  ])('open() of %o is %s', (header, reason) => {
    expect(ring.open(header)).toBe(reason)
  })

  it('open() gives the reason of the first of our cookies if none verifies', () => {
    const bad = `${token.slice(0, -1)}!`
    const foreign = nodeToken(testKey(3), 'a')
    expect(ring.open(`sid=x; sid=${bad}`)).toBe('malformed')
    expect(ring.open(`sid=${bad}; sid=x; sid=${foreign}`)).toBe('bad-signature')
    expect(ring.open(`sid=${foreign}; sid=${bad}`)).toBe('unknown-key')
    expect(ring.open(`sid=é; sid=${bad}`)).toBe('malformed')
    expect(ring.open(`sid=${'x'.repeat(4096)}; sid=${bad}`)).toBe('oversize')
  })

  it('B8 open() takes the first of our cookies that verifies, of four at most', () => {
    const other = ring.signText('other', 'T')
    expect(ring.open(`sid=${token}; sid=${other}`)).toEqual(opened)
    for (const bad of ['x', '', 'é', `${token}x`, 'y'.repeat(4094)]) {
      const copies = (count: number): string => `sid=${bad}; `.repeat(count)
      for (const count of [1, 2, 3]) {
        expect(ring.open(`${copies(count)}sid=${token}; sid=${other}`)).toEqual(opened)
      }
      if (bad.length < 4000) expect(typeof ring.open(`${copies(4)}sid=${token}`)).toBe('string')
    }
    expect(ring.open(`${'sid=v; '.repeat(2000)}sid=${token}`)).toBe('malformed')
  })
})

describe('open() and code units that are not ASCII', () => {
  it('open() gives the same for each of 65,536 code units before and behind our cookie', () => {
    const wrong: number[] = []
    for (let unit = 0; unit < 65_536; unit++) {
      const character = String.fromCharCode(unit)
      const header = `${character}=b;a=${character}; sid=${token}; a=${character}`
      const answer = ring.open(header)
      if (typeof answer !== 'object' || answer.text !== 'mallory') wrong.push(unit)
    }
    expect(wrong).toEqual([])
  })

  it('open() refuses each of 65,536 code units in the place of a character of our cookie', () => {
    const accepted: number[] = []
    for (let unit = 0; unit < 65_536; unit++) {
      const character = String.fromCharCode(unit)
      for (const at of [0, 2, 5, 12, token.length - 1]) {
        if (token[at] === character) continue
        const header = `sid=${token.slice(0, at)}${character}${token.slice(at + 1)}`
        if (typeof ring.open(header) === 'object') accepted.push(unit)
      }
    }
    expect(accepted).toEqual([])
  })

  it('open() takes no code unit for the separator that is its low byte', () => {
    for (const low of '=; \t') {
      for (let high = 0x100; high < 0x10000; high += 0x100) {
        const alias = String.fromCharCode(high + low.charCodeAt(0))
        const header = low === '=' ? `sid${alias}${token}` : `a=b${alias}sid=${token}`
        expect(ring.open(header), JSON.stringify(header)).toBe('none')
        if (low !== '=') expect(ring.open(`sid=${token}${alias}`)).toBe('malformed')
      }
    }
  })

  it('open() finds no cookie of ours behind or before a false blank', () => {
    for (const blank of falseBlanks) {
      expect(ring.open(`${blank}sid=${token}`)).toBe('none')
      expect(ring.open(`sid${blank}=${token}`)).toBe('none')
      expect(typeof ring.open(`sid=${blank}${token}`)).toBe('string')
      expect(typeof ring.open(`sid=${token}${blank}`)).toBe('string')
      expect(ring.open(`a${blank}=${blank}; sid=${token}`)).toEqual(opened)
    }
  })

  it('CVE-2014-4179 open() throws on no header, and agrees in both engines', () => {
    const pieces = fc.constantFrom(
      'sid',
      '=',
      ';',
      ' ',
      '\t',
      token,
      payloadToken,
      'é',
      '\ud800',
      '€'
    )
    const header = fc.array(
      fc.oneof({ weight: 4, arbitrary: pieces }, { weight: 1, arbitrary: fc.string() })
    )
    fc.assert(
      fc.property(header, (parts) => {
        const answer = ring.open(parts.join(''))
        if (typeof answer === 'object') expect(answer.text).toContain('mallory')
      }),
      { numRuns: 5000 }
    )
  })
})

describe('B6 open() and size', () => {
  it('B6 open() looks at headers of up to 16,384 code units', () => {
    const fill = (size: number): string => `sid=${token}; ${'x'.repeat(size - token.length - 6)}`
    expect(ring.open(fill(MAX_HEADER_SIZE))).toEqual(opened)
    expect(ring.open(fill(MAX_HEADER_SIZE + 1))).toBe('oversize')
    expect(ring.open(`é=1; ${fill(MAX_HEADER_SIZE - 5)}`)).toEqual(opened)
    expect(ring.open(`é=1; ${fill(MAX_HEADER_SIZE - 4)}`)).toBe('oversize')
  })

  it('B6 open() looks at cookies of up to 4096 code units, name and value together', () => {
    const most = 'x'.repeat(4096 - NAME.length)
    expect(ring.open(`sid=${most}`)).toBe('malformed')
    expect(ring.open(`sid=${most}x`)).toBe('oversize')
    expect(ring.open(`sid=${most}x; é=1`)).toBe('oversize')
    expect(ring.open(` sid = ${most} ; é=1`)).toBe('malformed')
    expect(ring.open(`sid=${most}é`)).toBe('malformed')
  })

  // A forgery: as many bytes as the core's buffer has, of a header that is longer in bytes than it is
  // in code units, count as many as the header has code units. It is not ASCII all the same, and an
  // offset in the bytes that were verified is another place in the string.
  it('open() gives the text that was signed, also where wide characters fill the buffer', () => {
    for (const wide of ['é', '€', '😀', '\ud800', '\xff']) {
      for (const count of [1, 2, 5, 20, token.length, 200]) {
        for (const size of [MAX_HEADER_SIZE - 2, MAX_HEADER_SIZE - 1, MAX_HEADER_SIZE]) {
          const head = `${wide.repeat(count)}; sid=${token}; forged=admin; `
          expect(ring.open(head.padEnd(size, 'admin-')), `${count} ${wide}, ${size}`).toEqual(
            opened
          )
        }
      }
    }
  })
})
