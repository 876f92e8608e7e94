import { describe, expect, it } from 'vitest'
import { bytesOf, portableEngine } from './engines.fixture.ts'
import type { Engine, TokenRing } from './engine.ts'
import { nodeSealed, nodeToken, testKey } from './keys.fixture.ts'
import { forget, INPUT, isWiped } from './portable/scratch.ts'
import { meteredEngine } from './workload.fixture.ts'

const NAME = 'sid'
const signKey = testKey(1)
const sealKey = testKey(2)

/** What a call is made on. */
interface Subject {
  readonly engine: Engine
  readonly ring: TokenRing
  readonly blake3: TokenRing
  readonly long: TokenRing
}

function subjectOf(engine: Engine): Subject {
  return {
    engine,
    ring: engine.createRing(NAME, [signKey], { seal: [sealKey] }),
    blake3: engine.createRing(NAME, [signKey], { mac: 'blake3' }),
    long: engine.createRing(NAME, [signKey], { seal: [sealKey], limit: 12_288 }),
  }
}

const id = 'k5Jx0-pZ_3qWvT8yLmNb2RcA'
const text = (size: number): string =>
  Buffer.from(bytesOf(size, 3)).toString('base64url').slice(0, size)
const signed = nodeToken(signKey, id)
const payload = `{"user":"${text(500)}"}`
const record = nodeToken(signKey, Buffer.from(payload).toString('base64url'), 'P')
const sealed = nodeSealed(sealKey, payload)
const notBase64 = nodeToken(signKey, '+'.repeat(700), 'P')
const wrong = (token: string): string =>
  `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`

/** What an engine can be asked for with data of a request. */
const CALLS: Record<string, (subject: Subject) => unknown> = {
  'verify an id': ({ ring }) => ring.open(`a=${text(90)}; ${NAME}=${signed}; b=${text(30)}`),
  'verify a record': ({ ring }) => ring.open(`${NAME}=${record}`),
  'open a sealed record': ({ ring }) => ring.open(`${NAME}=${sealed}; a=${text(20)}`),
  'refuse a changed id': ({ ring }) => ring.open(`${NAME}=${wrong(signed)}`),
  'refuse a changed record': ({ ring }) => ring.open(`${NAME}=${wrong(record)}`),
  'refuse a changed sealed record': ({ ring }) => ring.open(`${NAME}=${wrong(sealed)}`),
  'refuse a signed record that is no base64url': ({ ring }) => ring.open(`${NAME}=${notBase64}`),
  'refuse a sealed record that is no base64url': ({ ring }) => ring.open(`${NAME}=${sealed}+`),
  'refuse an unknown key': ({ ring }) => ring.open(`${NAME}=Tzzz${signed.slice(4)}`),
  'open the last of four cookies': ({ ring }) =>
    ring.open(
      [wrong(sealed), wrong(record), wrong(signed), sealed].map((v) => `${NAME}=${v}`).join(';')
    ),
  'find nothing': ({ ring }) => ring.open(`a=${text(3000)}`),
  'look at a header that fills the buffer': ({ ring }) => ring.open(`a=${text(16_382)}`),
  'look at a header that is not ASCII': ({ ring }) =>
    ring.open(`a=${text(300)}é; ${NAME}=${sealed}`),
  'look at a header whose bytes fill the buffer before its end': ({ ring }) =>
    ring.open(`a=${'é'.repeat(9000)}; ${NAME}=${signed}`),
  'sign an id': ({ ring }) => ring.signText(id, 'T'),
  'sign a record': ({ ring }) => ring.signPayload(payload, 'P'),
  'seal a record': ({ ring }) => ring.sealPayload(payload, 'S'),
  'seal an empty record': ({ ring }) => ring.sealPayload('', 'S'),
  'verify under BLAKE3': ({ blake3 }) => blake3.open(`${NAME}=${blake3.signText(id, 'T')}`),
  'sign and verify a long record under BLAKE3': ({ blake3 }) =>
    blake3.open(`${NAME}=${blake3.signPayload(text(2900), 'P')}`),
  'sign the longest record': ({ long }) =>
    long.open(`${NAME}=${long.signPayload(text(9000), 'P')}`),
  'seal the longest record': ({ long }) =>
    long.open(`${NAME}=${long.sealPayload(text(9000), 'S')}`),
  'refuse to seal what is too long': ({ long }) => {
    expect(() => long.sealPayload('é'.repeat(9000), 'S')).toThrow(RangeError)
  },
  'list cookies': ({ engine }) => engine.listCookies(`a=${text(500)}; b=${text(200)}; c=d`),
  'list cookies that are not ASCII': ({ engine }) => engine.listCookies(`a=${text(500)}é; c=d`),
  'hash an id': ({ engine }) => engine.sha256Text(id),
  'hash a text that is not ASCII': ({ engine }) => engine.sha256Text(`${payload}é`),
  'hash bytes': ({ engine }) => engine.sha256(bytesOf(1000)),
  'hash many bytes': ({ engine }) => engine.sha256(bytesOf(50_001)),
  HMAC: ({ engine }) => engine.hmacSha256(bytesOf(40), bytesOf(1000)),
  'HMAC with a long key': ({ engine }) => engine.hmacSha256(bytesOf(400), bytesOf(100)),
  BLAKE3: ({ engine }) => engine.keyedBlake3(bytesOf(32), bytesOf(30)),
  'BLAKE3 of two chunks': ({ engine }) => engine.keyedBlake3(bytesOf(32), bytesOf(2000)),
  'BLAKE3 of a record': ({ engine }) => engine.keyedBlake3(bytesOf(32), bytesOf(3434)),
  'BLAKE3 of many bytes': ({ engine }) => engine.keyedBlake3(bytesOf(32), bytesOf(50_001)),
  'encode base64url': ({ engine }) => engine.encodeBase64url(bytesOf(500)),
  'encode much base64url': ({ engine }) => engine.encodeBase64url(bytesOf(30_000)),
  'decode base64url': ({ engine }) => engine.decodeBase64url(text(700)),
  // The longest first, so that none wipes what the one before it left.
  'decode and refuse base64url of each length': ({ engine }) => {
    for (let size = 80; size > 0; size--) {
      engine.decodeBase64url(text(size))
      engine.decodeBase64url(`${text(size - 1)}+`)
    }
  },
  'refuse base64url': ({ engine }) => engine.decodeBase64url(`${text(700)}+`),
  'refuse base64url that is not ASCII': ({ engine }) => engine.decodeBase64url(`${text(700)}é`),
  encrypt: ({ engine }) => engine.encrypt(bytesOf(32), bytesOf(24), bytesOf(999), bytesOf(77)),
  decrypt: ({ engine }) => {
    const args = [bytesOf(32), bytesOf(24)] as const
    engine.decrypt(...args, engine.encrypt(...args, bytesOf(999), bytesOf(77)), bytesOf(77))
  },
  'refuse to decrypt': ({ engine }) =>
    engine.decrypt(bytesOf(32), bytesOf(24), bytesOf(999), bytesOf(77)),
}

describe('the memory of the core', () => {
  const { engine, memory, nonces } = meteredEngine()
  const subject = subjectOf(engine)
  const { ring } = subject

  /** The memory, but for the nonces that wait there: nobody's data, and told in every token. */
  const snapshot = (): Buffer => {
    const copy = Buffer.from(memory)
    copy.fill(0, nonces, nonces + 64 * 24)
    return copy
  }

  // Stronger than to search it for what was given: whatever is left, as it is or in a form that nobody
  // thought of, is a difference.
  it.each(Object.keys(CALLS))('§2.40, I2 is after a call what it was before: %s', (name) => {
    ring.open('')
    subject.blake3.open('')
    subject.long.open('')
    ring.open('')
    const before = snapshot()
    CALLS[name]!(subject)
    ring.open('') // a call may have loaded another ring
    const after = snapshot()
    const changed = [...after.keys()].filter((at) => after[at] !== before[at])
    expect(changed.slice(0, 20)).toEqual([])
  })

  it('§2.40 has no eight bytes of data in a row between two calls', () => {
    ring.open(`${NAME}=${sealed}`)
    const raw = Buffer.from(memory)
    for (const data of [payload, sealed, id, text(90)]) {
      for (let at = 0; at + 8 <= data.length; at++) {
        if (raw.includes(data.slice(at, at + 8), 0, 'latin1')) expect.fail(data.slice(at, at + 8))
      }
    }
  })
})

describe('the memory of the portable engine', () => {
  const subject = subjectOf(portableEngine)

  it.each(Object.keys(CALLS))('§2.40 is empty after a call: %s', (name) => {
    expect(isWiped()).toBe(true)
    CALLS[name]!(subject)
    expect(isWiped()).toBe(true)
  })

  it('§2.40 isWiped() sees what is not', () => {
    INPUT[7] = 1
    expect(isWiped()).toBe(false)
    forget(8)
    expect(isWiped()).toBe(true)
  })
})
