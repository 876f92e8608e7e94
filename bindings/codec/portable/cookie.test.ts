import { describe, expect, it } from 'vitest'
import { bombs, referencePairs } from '../cookies.fixture.ts'
import { cookiesNamed, listCookies } from './cookie.ts'

/** A string that counts the characters which are looked at, for tests that must not use a clock. */
class CountedString {
  readonly length: number
  looked = 0
  readonly #text: string

  constructor(text: string) {
    this.#text = text
    this.length = text.length
  }

  charCodeAt(index: number): number {
    this.looked++
    return this.#text.charCodeAt(index)
  }

  indexOf(wanted: string, from: number): number {
    const index = this.#text.indexOf(wanted, from)
    this.looked += (index === -1 ? this.length : index + 1) - from
    return index
  }

  includes(wanted: string): boolean {
    this.looked += this.length
    return this.#text.includes(wanted)
  }

  slice(start: number, end: number): string {
    this.looked += end - start
    return this.#text.slice(start, end)
  }
}

/** How many characters a job looks at. */
function cost(text: string, job: (header: string) => unknown): number {
  const counted = new CountedString(text)
  job(counted as unknown as string)
  return counted.looked
}

describe('the Cookie header of the portable engine', () => {
  it('the counting string reads as a string does', () => {
    const header = 'a=b; c = d ;e; =f; g="h"'
    const counted = new CountedString(header) as unknown as string
    expect(listCookies(counted)).toEqual(referencePairs(header))
    expect(cost(header, listCookies)).toBeGreaterThan(header.length)
  })

  // A header of any length comes here, also from the WASM engine.
  it.each(Object.entries(bombs))('B5 listCookies() works linearly on 1 MiB of %s', (_, bomb) => {
    const [once, twice] = [cost(bomb(1 << 20), listCookies), cost(bomb(1 << 21), listCookies)]
    expect(twice).toBeLessThan(2.1 * once + 64)
    expect(once).toBeLessThan(8 * (1 << 20))
  })

  it.each(Object.entries(bombs))('B5 cookiesNamed() works linearly on %s', (_, bomb) => {
    const find = (header: string): string[] => cookiesNamed(header, 'sid')
    const [once, twice] = [cost(bomb(8192), find), cost(bomb(16_384), find)]
    expect(twice).toBeLessThan(2.1 * once + 64)
    expect(once).toBeLessThan(8 * 8192)
  })

  it('B8 cookiesNamed() gives the first four of a name and looks no further', () => {
    const header = Array.from({ length: 5000 }, (_, i) => `sid=v${i}`).join('; ')
    expect(cookiesNamed(header, 'sid')).toEqual(['v0', 'v1', 'v2', 'v3'])
    const search = cost(header, (text) => cookiesNamed(text, 'sid')) - header.length
    expect(search).toBeLessThan(200)
  })

  it('cookiesNamed() gives exact names only', () => {
    const header = 'Sid=1; sidx=2; xsid=3; si d=4; sid =5; =sid; sid; %73id=6; s\u0069d=7'
    expect(cookiesNamed(header, 'sid')).toEqual(['5', '7'])
    expect(cookiesNamed('a=sid', 'sid')).toEqual([])
  })
})
