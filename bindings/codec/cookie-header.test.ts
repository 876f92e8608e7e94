import { describe, expect, it } from 'vitest'
import { parseCookies } from '../cookie.ts'
import {
  bombs,
  falseBlanks,
  handWritten,
  referenceCookies,
  referencePairs,
} from './cookies.fixture.ts'
import { agreed, agreeingRing, engines } from './engines.fixture.ts'
import { MAX_HEADER_SIZE } from './engine.ts'
import { testKey } from './keys.fixture.ts'

const list = (header: string): string[] => agreed((engine) => engine.listCookies(header))

describe.each(engines)('listCookies() of $name', (engine) => {
  it.each(handWritten)('listCookies() of %o gives %o', (header, pairs) => {
    expect(engine.listCookies(header)).toEqual(pairs)
    // The reference of the other tests must know the rules too.
    expect(referencePairs(header)).toEqual(pairs)
  })

  it('listCookies() trims SP and HTAB only', () => {
    for (const blank of falseBlanks) {
      const pair = `${blank}a${blank}=${blank}b${blank}`
      expect(engine.listCookies(` ${pair}\t; c=d`)).toEqual([
        `${blank}a${blank}`,
        `${blank}b${blank}`,
        'c',
        'd',
      ])
    }
  })

  it('listCookies() gives each of 65,536 code units back as it came, in a name and in a value', () => {
    const wrong: number[] = []
    for (let unit = 0; unit < 65_536; unit++) {
      const character = String.fromCharCode(unit)
      if ('=; \t'.includes(character)) continue
      const pairs = engine.listCookies(`n${character}m=v${character}w`)
      if (pairs.length !== 2 || pairs[0] !== `n${character}m` || pairs[1] !== `v${character}w`) {
        wrong.push(unit)
      }
    }
    expect(wrong).toEqual([])
  })

  it('listCookies() takes no code unit for the character that is its low byte', () => {
    for (const low of ';= \t') {
      for (let high = 0x100; high < 0x10000; high += 0x100) {
        const alias = String.fromCharCode(high + low.charCodeAt(0))
        expect(engine.listCookies(`${alias}a${alias}b`)).toEqual([])
        const text = `x${alias}y`
        expect(engine.listCookies(`${text}=${text}; c=d`)).toEqual([text, text, 'c', 'd'])
      }
    }
  })
})

describe('listCookies() of both engines', () => {
  it('listCookies() agrees with the reference for every text of up to seven of the characters that matter', () => {
    const alphabet = ['a', ';', '=', ' ']
    let texts = ['']
    let count = 0
    for (let length = 0; length <= 7; length++) {
      for (const header of texts) {
        const [wasm, portable] = engines.map((engine) => engine.listCookies(header).join('\0'))
        const reference = referencePairs(header).join('\0')
        count++
        if (wasm !== reference || portable !== reference) {
          expect([header, wasm, portable]).toEqual([header, reference, reference])
        }
      }
      texts = texts.flatMap((text) => alphabet.map((character) => text + character))
    }
    expect(count).toBe(21_845)
  })

  // 2,048 pairs fill the core's buffer; a header of more, or of more bytes, goes to the twin.
  it.each([1, 2047, 2048, 2049, 4096])('listCookies() gives all of %i pairs', (count) => {
    const header = 'a=b;'.repeat(count)
    expect(list(header)).toEqual(referencePairs(header))
    expect(list(header)).toHaveLength(2 * count)
  })

  it.each([4095, 4096, 4097, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537])(
    'listCookies() agrees with the reference for %i code units',
    (length) => {
      for (const end of ['x=y', ' x = y ', 'x=é', 'é=\ud800', 'x=😀']) {
        const header = `a=${'b'.repeat(length - end.length - 3)};${end}`
        expect(header).toHaveLength(length)
        expect(list(header)).toEqual(referencePairs(header))
      }
    }
  )

  it('listCookies() gives the text of the header, also where its bytes are as many as fit the buffer', () => {
    // é is two bytes, so the core's buffer is full before the header ends; U+20AC is three.
    for (const wide of ['é', '€', '😀', '\ud800']) {
      for (const count of [1, 2, 3, 100]) {
        const head = `${wide.repeat(count)}; name=value; `
        const header = head.padEnd(MAX_HEADER_SIZE, 'x')
        expect(header).toHaveLength(MAX_HEADER_SIZE)
        expect(list(header), `${count} ${wide}`).toEqual(['name', 'value'])
      }
    }
  })

  it.each(Object.entries(bombs))('listCookies() and open() survive %s', (_, bomb) => {
    const ring = agreeingRing('sid', [testKey(1)])
    for (const size of [240, 16_380, 240_000]) {
      const header = bomb(size)
      expect(list(header)).toEqual(referencePairs(header))
      expect(typeof ring.open(header)).toBe('string')
    }
  })
})

describe.each(engines)('parseCookies() on $name', (engine) => {
  it('parseCookies() keeps the first of each name and decodes what decodes', () => {
    const header = 'a=%3B%20%E2%82%AC; a=2; b=%; c=%E2%82; d=a%2; e="%20"; f=+'
    expect(parseCookies(engine, header)).toEqual({
      a: '; €',
      b: '%',
      c: '%E2%82',
      d: 'a%2',
      e: '" "',
      f: '+',
    })
  })

  it.each([null, undefined, ''])('parseCookies() of %o is empty', (header) => {
    expect(Object.keys(parseCookies(engine, header))).toEqual([])
  })

  it('parseCookies() takes the names of inherited properties for plain names', () => {
    const names = Object.getOwnPropertyNames(Object.prototype)
    const before = names.map((name) => Reflect.get(Object.prototype, name) as unknown)
    const cookies = parseCookies(
      engine,
      names.map((name) => `${name}=first; ${name}=last`).join(';')
    )
    expect(Object.getPrototypeOf(cookies)).toBeNull()
    expect(Object.keys(cookies)).toEqual(names)
    expect(new Set(Object.values(cookies))).toEqual(new Set(['first']))
    expect(names.map((name) => Reflect.get(Object.prototype, name) as unknown)).toEqual(before)
    expect(Reflect.get({}, 'first')).toBeUndefined()
  })

  it('parseCookies() agrees with the reference for the headers written by hand', () => {
    for (const [header] of handWritten) {
      expect(Object.entries(parseCookies(engine, header))).toEqual(referenceCookies(header))
    }
  })
})
