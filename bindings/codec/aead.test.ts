import { createCipheriv } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { itNeeds, type AeadVector } from './corpus.fixture.ts'
import { MAX_VALUE_SIZE } from './engine.ts'
import { agreed, bytesFromHex, bytesOf, engines, hexOf } from './engines.fixture.ts'
import { nodeEncrypt } from './keys.fixture.ts'

const NOTHING = new Uint8Array(0)

const MESSAGE = Buffer.from(
  "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, " +
    'sunscreen would be it.'
)
const KEY = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i)
const DATA = bytesFromHex('50515253c0c1c2c3c4c5c6c7')

interface Wycheproof {
  readonly numberOfTests: number
  readonly testGroups: readonly { readonly ivSize: number; readonly tests: readonly AeadVector[] }[]
}

/** Checks every vector; how many there were of each kind. */
function checkAll({ testGroups }: Wycheproof, ivSize: number): Record<string, number> {
  const counts = { valid: 0, invalid: 0, refused: 0 }
  for (const group of testGroups) {
    for (const vector of group.tests) {
      if (group.ivSize === ivSize) checkVector(vector)
      else checkRefused(vector)
      counts[group.ivSize === ivSize ? vector.result : 'refused']++
    }
  }
  return counts
}

/** Nonces of any other size are an error of who calls; one of the other algorithm opens nothing. */
function checkRefused(vector: AeadVector): void {
  const [key, nonce] = [bytesFromHex(vector.key), bytesFromHex(vector.iv)]
  const [data, sealed] = [bytesFromHex(vector.aad), bytesFromHex(vector.ct + vector.tag)]
  expect(vector.result).toBe('invalid')
  for (const engine of engines) {
    if (nonce.length === 12) expect(engine.decrypt(key, nonce, sealed, data)).toBeNull()
    else expect(() => engine.decrypt(key, nonce, sealed, data)).toThrow(RangeError)
  }
}

function checkVector(vector: AeadVector): void {
  const [key, nonce, data, message] = [vector.key, vector.iv, vector.aad, vector.msg].map(
    bytesFromHex
  ) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  const sealed = bytesFromHex(vector.ct + vector.tag)
  const opened = agreed((engine) => engine.decrypt(key, nonce, sealed, data))
  expect(opened, `${vector.tcId}`).toEqual(vector.result === 'valid' ? message : null)
  if (opened === null) return
  const made = agreed((engine) => engine.encrypt(key, nonce, message, data))
  expect(hexOf(made), `${vector.tcId}`).toBe(vector.ct + vector.tag)
}

describe.each(engines)('encrypt() and decrypt() of $name', (engine) => {
  it('A5 RFC 8439 §2.8.2', () => {
    const nonce = bytesFromHex('070000004041424344454647')
    const sealed = engine.encrypt(KEY, nonce, MESSAGE, DATA)
    expect(hexOf(sealed.subarray(0, 16))).toBe('d31a8d34648e60db7b86afbc53ef7ec2')
    expect(hexOf(sealed.subarray(-16))).toBe('1ae10b594f09e26a7e902ecbd0600691')
    expect(engine.decrypt(KEY, nonce, sealed, DATA)).toEqual(new Uint8Array(MESSAGE))
  })

  it('A5 draft-irtf-cfrg-xchacha-03 §A.3.1', () => {
    const nonce = Uint8Array.from({ length: 24 }, (_, i) => 0x40 + i)
    const sealed = engine.encrypt(KEY, nonce, MESSAGE, DATA)
    expect(hexOf(sealed.subarray(0, 16))).toBe('bd6d179d3e83d43b9576579493c0e939')
    expect(hexOf(sealed.subarray(-16))).toBe('c0875924c1c7987947deafd8780acf49')
    expect(engine.decrypt(KEY, nonce, sealed, DATA)).toEqual(new Uint8Array(MESSAGE))
  })

  it('A5 every length from 0 to 4,200 gives what node:crypto gives', () => {
    for (let size = 0; size <= 4200; size++) {
      const [key, nonce, message] = [bytesOf(32, size), bytesOf(12, size), bytesOf(size)]
      const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 })
      const theirs = [cipher.update(message), cipher.final(), cipher.getAuthTag()]
      const ours = engine.encrypt(key, nonce, message, NOTHING)
      if (Buffer.compare(Buffer.concat(theirs), ours) !== 0) expect.fail(`${size} bytes`)
      const opened = engine.decrypt(key, nonce, ours, NOTHING)
      if (opened === null || Buffer.compare(opened, message) !== 0) expect.fail(`${size} bytes`)
    }
  })

  it('associated data of every length count, with the long nonce', () => {
    for (let size = 0; size <= 70; size++) {
      const args = [bytesOf(32, size), bytesOf(24, size), bytesOf(100 - size)] as const
      const data = bytesOf(size, 7)
      const sealed = engine.encrypt(...args, data)
      expect(hexOf(sealed)).toBe(nodeEncrypt(...args, data).toString('hex'))
      const longer = new Uint8Array([...data, 0])
      expect(engine.decrypt(args[0], args[1], sealed, longer)).toBeNull()
    }
  })

  it('limbs and words that are all ones carry through', () => {
    for (const fill of [0, 1, 0x7f, 0x80, 0xfe, 0xff]) {
      for (const size of [15, 16, 17, 31, 32, 64, 512]) {
        const args = [
          new Uint8Array(32).fill(fill),
          new Uint8Array(24).fill(fill),
          new Uint8Array(size).fill(fill),
          new Uint8Array(size).fill(0xff - fill),
        ] as const
        expect(hexOf(engine.encrypt(...args))).toBe(nodeEncrypt(...args).toString('hex'))
      }
    }
  })

  it('decrypt() gives null for each single bit that is changed, and for what is cut', () => {
    const nonce = bytesOf(24)
    const sealed = engine.encrypt(KEY, nonce, MESSAGE, DATA)
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      const changed = sealed.slice()
      changed[bit >> 3]! ^= 1 << (bit & 7)
      if (engine.decrypt(KEY, nonce, changed, DATA) !== null) expect.fail(`bit ${bit}`)
    }
    for (let size = 0; size < sealed.length; size++) {
      expect(engine.decrypt(KEY, nonce, sealed.subarray(0, size), DATA)).toBeNull()
    }
  })

  it('what is longer than the core has room for is refused', () => {
    const nonce = bytesOf(24)
    const most = bytesOf(MAX_VALUE_SIZE)
    const theirs = nodeEncrypt(KEY, nonce, most, NOTHING)
    expect(Buffer.compare(engine.encrypt(KEY, nonce, most, NOTHING), theirs)).toBe(0)
    expect(() => engine.encrypt(KEY, nonce, most, DATA)).toThrow(RangeError)
    expect(() => engine.decrypt(KEY, nonce, theirs, NOTHING)).toThrow(RangeError)
  })
})

describe('Wycheproof', () => {
  itNeeds<[Wycheproof]>(
    ['crypto/wycheproof_xchacha20_poly1305_test'],
    'A5 XChaCha20-Poly1305: 225/225, of which 174 are accepted',
    (corpus) => expect(checkAll(corpus, 192)).toEqual({ valid: 174, invalid: 43, refused: 8 })
  )

  itNeeds<[Wycheproof]>(
    ['crypto/wycheproof_chacha20_poly1305_test'],
    'A5 ChaCha20-Poly1305: 220/220, of which 171 are accepted',
    (corpus) => expect(checkAll(corpus, 96)).toEqual({ valid: 171, invalid: 44, refused: 5 })
  )
})
