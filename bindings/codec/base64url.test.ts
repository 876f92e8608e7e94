import { describe, expect, it } from 'vitest'
import { referenceDecode } from './base64url.fixture.ts'
import { type RecordedCalls, itNeeds } from './corpus.fixture.ts'
import { agreed, bareEngines, bytesFromHex, bytesOf } from './engines.fixture.ts'

/** RFC 4648 §10 without padding, RFC 7515 A.1 and appendix C, and both characters that are ours. */
const VECTORS: readonly (readonly [hex: string, text: string])[] = [
  ['', ''],
  ['66', 'Zg'],
  ['666f', 'Zm8'],
  ['666f6f', 'Zm9v'],
  ['666f6f62', 'Zm9vYg'],
  ['666f6f6261', 'Zm9vYmE'],
  ['666f6f626172', 'Zm9vYmFy'],
  ['03ecffe0c1', 'A-z_4ME'],
  ['fbff', '-_8'],
  ['ffffff', '____'],
  ['000000', 'AAAA'],
  ['14fb9c03d97e', 'FPucA9l-'],
]

/** Text that some decoder takes, and a strict one must not. */
const REFUSED: readonly (readonly [why: string, text: string])[] = [
  ['padding', 'Zg=='],
  ['padding', 'Zm8='],
  ['padding alone', '='],
  ['padding in the middle', 'Zg==Zg=='],
  ['the other alphabet', 'A+z/'],
  ['both alphabets', 'A-z/'],
  ['one character', 'A'],
  ['five characters', 'AAAAA'],
  ['a line feed', 'Zm9v\n'],
  ['a carriage return', 'Zm9v\r\n'],
  ['a space before', ' Zm9v'],
  ['a space inside', 'Zm 9v'],
  ['a tab', 'Zm9\tv'],
  ['a form feed', 'Zm9v\f'],
  ['NUL', 'Zm9v\0\0\0\0'],
  ['four spare bits', 'Zh'],
  ['two spare bits', 'Zm9'],
  ['a spare bit behind a long text', `${'A'.repeat(30)}B`],
  ['U+FF21, a wide A', 'Zm9\uff21'],
  ['U+0141, whose low byte is A', 'Zm9\u0141'],
  ['U+1041, whose low byte is A', '\u1041AAA'],
  ['a surrogate pair', 'Zm\ud83d\ude00'],
  ['a lone surrogate', 'Zm9\ud841'],
  ['dots', 'Zm9v.Zm9v'],
]

describe.each(bareEngines)('base64url of $name', (engine) => {
  it.each(VECTORS)(
    'encodeBase64url() and decodeBase64url() turn %s into %o and back',
    (hex, text) => {
      expect(engine.encodeBase64url(bytesFromHex(hex))).toBe(text)
      expect(engine.decodeBase64url(text)).toEqual(bytesFromHex(hex))
    }
  )

  it.each(REFUSED)('decodeBase64url() refuses %s: %o', (_, text) => {
    expect(engine.decodeBase64url(text)).toBeNull()
  })

  it('decodeBase64url() refuses a wrong character at each of the first 64 places', () => {
    const accepted: number[] = []
    for (let place = 0; place < 64; place++) {
      const text = `${'A'.repeat(place)}+${'A'.repeat(63 - place)}`
      if (engine.decodeBase64url(text) !== null) accepted.push(place)
    }
    expect(accepted).toEqual([])
  })

  it('encodeBase64url() and decodeBase64url() agree with Buffer for lengths from 0 to 400', () => {
    for (let length = 0; length <= 400; length++) {
      const bytes = bytesOf(length)
      const text = Buffer.from(bytes).toString('base64url')
      expect(engine.encodeBase64url(bytes)).toBe(text)
      expect(engine.decodeBase64url(text)).toEqual(bytes)
    }
  })

  it('encodeBase64url() encodes each byte at each place of a group', () => {
    for (let byte = 0; byte < 256; byte++) {
      for (const bytes of [[byte], [0, byte], [0, 0, byte], [255, byte, 255]]) {
        const text = Buffer.from(bytes).toString('base64url')
        expect(engine.encodeBase64url(Uint8Array.from(bytes))).toBe(text)
      }
    }
  })

  it('encodeBase64url() reads no byte outside a view', () => {
    const view = bytesOf(64).subarray(5, 18)
    expect(engine.encodeBase64url(view)).toBe(Buffer.from(view).toString('base64url'))
  })

  it('decodeBase64url() gives bytes of their own', () => {
    const first = engine.decodeBase64url('AAAA')!
    engine.decodeBase64url('____')
    expect(first).toEqual(Uint8Array.of(0, 0, 0))
  })
})

interface Strings {
  readonly cases: readonly (readonly [string, unknown])[]
}
interface Rfc {
  readonly base64: readonly (readonly [string, string])[]
  readonly base64url_nopad: readonly { readonly bytes: string; readonly text: string }[]
  readonly base64url_nopad_from_rfc4648: readonly (readonly [string, string])[]
}
type Go = Record<string, readonly (string | readonly [unknown, unknown])[]>

/** Both engines' answers, checked against the reference. */
function verdicts(texts: readonly string[]): { accepted: number; refused: number } {
  const decoded = texts.map((text) => agreed((engine) => engine.decodeBase64url(text)))
  expect(decoded).toEqual(texts.map(referenceDecode))
  const refused = decoded.filter((bytes) => bytes === null).length
  return { accepted: texts.length - refused, refused }
}

describe('base64url of both engines', () => {
  itNeeds<[Rfc]>(['base64/rfc4648_rfc7515'], 'A6 RFC 4648 and RFC 7515 15/15', (rfc) => {
    const { base64, base64url_nopad: appendixC, base64url_nopad_from_rfc4648: unpadded } = rfc
    for (const { bytes, text } of appendixC) {
      expect(agreed((engine) => engine.encodeBase64url(bytesFromHex(bytes)))).toBe(text)
    }
    for (const [plain, text] of unpadded) {
      expect(agreed((engine) => engine.encodeBase64url(Buffer.from(plain)))).toBe(text)
    }
    const texts = [...appendixC.map(({ text }) => text), ...unpadded.map(([, text]) => text)]
    expect(verdicts(texts)).toEqual({ accepted: 8, refused: 0 })
    // Of the padded ones, three need no padding.
    expect(verdicts(base64.map(([, text]) => text))).toEqual({ accepted: 3, refused: 4 })
  })

  itNeeds<[Strings]>(
    ['base64/wpt_forgiving_base64'],
    'A6 WPT forgiving-base64 71/71 judged strictly',
    ({ cases }) => {
      expect(verdicts(cases.map(([text]) => text))).toEqual({ accepted: 3, refused: 68 })
    }
  )

  itNeeds<[Go]>(
    ['base64/go_encoding_base64'],
    'A6 Go encoding/base64 53/53 judged strictly',
    (go) => {
      const lists = Object.entries(go).filter(([, list]) => Array.isArray(list))
      const texts = lists.flatMap(([name, list]) =>
        list.map((entry) => {
          if (typeof entry === 'string') return entry
          return (name.startsWith('pairs') ? entry[1] : entry[0]) as string
        })
      )
      expect(verdicts(texts)).toEqual({ accepted: 8, refused: 45 })
    }
  )

  itNeeds<[RecordedCalls<[string]>, RecordedCalls<[string]>]>(
    ['base64/deno_std_base64url', 'base64/deno_std_base64'],
    'A6 Deno std 10/10 decodings judged strictly',
    (url, plain) => {
      const texts = [...url.cases, ...plain.cases]
        .filter(({ fn }) => fn.startsWith('decode'))
        .map(({ args }) => args[0])
      expect(verdicts(texts)).toEqual({ accepted: 2, refused: 8 })
    }
  )
})
