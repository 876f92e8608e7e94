import { describe, expect, it } from 'vitest'
import { createCodec } from '../../bindings/codec.ts'
import { rustWasm } from './signer.js'

const cookieName = '__Host-session'
const secrets = ['a', 'b', 'c', 'd'].map((letter) => `${letter}: 32 bytes for a secret, or more`)
const rust = rustWasm({ cookieName, secrets })
const tuile = createCodec({ engine: 'wasm' }).createSigner(secrets, { name: cookieName })

/** Texts of all remainders of a block and of a group of base64url. */
const texts = [
  ...Array.from({ length: 200 }, (_, size) => 'a1-_'.repeat(50).slice(0, size)),
  ...Array.from({ length: 200 }, (_, size) => `€ ${'é"; '.repeat(50).slice(0, size)}`),
  JSON.stringify({ list: Array.from({ length: 300 }, (_, i) => i) }),
]

describe('the contender in Rust', () => {
  it('makes the tokens of Tuile, byte for byte', () => {
    for (const text of texts) expect(rust.sign(text)).toBe(`${cookieName}=${tuile.sign(text)}`)
  })

  it('opens them, alone and among other cookies', () => {
    for (const text of texts) {
      const pair = rust.sign(text)
      for (const header of [pair, `a=1; x${pair}; ${pair} ; b=2`, `${cookieName}=no;\t${pair}`]) {
        expect(rust.verify(header)).toBe(text)
        expect(tuile.verify(header)).toBe(text)
      }
    }
  })

  it('opens what an older secret signed, and nothing of an unknown one', () => {
    for (const secret of secrets) {
      expect(rust.verify(rustWasm({ cookieName, secrets: [secret] }).sign('id'))).toBe('id')
    }
    const other = rustWasm({ cookieName, secrets: ['a secret that nobody has told anyone'] })
    expect(rust.verify(other.sign('id'))).toBeNull()
  })

  it('refuses a token with any character changed, cut or added', () => {
    for (const text of ['id', '{"a":1}']) {
      const pair = rust.sign(text)
      for (let at = cookieName.length + 1; at < pair.length; at++) {
        for (const changed of [
          pair.slice(0, at) + (pair[at] === 'A' ? 'B' : 'A') + pair.slice(at + 1),
          pair.slice(0, at) + pair.slice(at + 1),
          `${pair.slice(0, at)}A${pair.slice(at)}`,
        ]) {
          expect(rust.verify(changed)).toBeNull()
        }
      }
    }
  })

  it('gives null for what is no token at all', () => {
    const wrong = [
      '',
      '=',
      cookieName,
      `${cookieName}=`,
      `${cookieName}=T`,
      'é=1',
      'x'.repeat(20_000),
    ]
    for (const header of wrong) expect(rust.verify(header)).toBeNull()
  })
})
