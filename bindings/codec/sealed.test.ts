import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { MAX_KEYS, MAX_VALUE_SIZE, type RingKey } from './engine.ts'
import { agreeingRing, bytesOf, engines, freshWasmEngine } from './engines.fixture.ts'
import { nodeKey, nodeSealed, nodeToken, nodeUnseal, secrets, testKey } from './keys.fixture.ts'

const NAME = 'sid'
const signKey = nodeKey(secrets[0], NAME)
const sealKey = nodeKey(secrets[0], NAME, 'seal')
const both = agreeingRing(NAME, [signKey], { seal: [sealKey] })

/** A ring of keys that seal. */
const ringOf = (seal: readonly RingKey[], name: string = NAME) => agreeingRing(name, [], { seal })

describe('sealPayload()', () => {
  it.each(['S', 's'] as const)('makes the documented token, format %s', (format) => {
    for (const engine of engines) {
      const ring = engine.createRing(NAME, [], { seal: [sealKey] })
      for (const payload of ['', 'a', '{"c":1}', 'é€😀', '\0\n;=', '\ufeffx', '"'.repeat(2900)]) {
        const token = ring.sealPayload(payload, format)
        expect(token).toMatch(/^[A-Za-z0-9_-]+$/)
        expect(token.slice(0, 4)).toBe(format + sealKey.fingerprint)
        expect(nodeUnseal(sealKey, token)).toBe(payload)
        const bytes = 40 + Buffer.byteLength(payload)
        expect(token).toHaveLength(4 + Math.ceil((bytes * 4) / 3))
        // The token that node makes with the same nonce is the same.
        const nonce = Buffer.from(token.slice(4, 36), 'base64url')
        expect(nodeSealed(sealKey, payload, format, nonce)).toBe(token)
      }
    }
  })

  it('§2.22 the key is that of the purpose `seal` and of the cookie name, and signs nothing', () => {
    const token = both.sealPayload('a', 'S')
    expect(both.open(`${NAME}=${token}`)).toEqual({ format: 'S', text: 'a', keyIndex: 0 })
    expect(sealKey.key).not.toEqual(signKey.key)
    for (const other of [signKey, nodeKey(secrets[0], 'other', 'seal')]) {
      const masked = { ...other, fingerprint: sealKey.fingerprint }
      expect(ringOf([masked]).open(`${NAME}=${token}`)).toBe('bad-signature')
    }
  })

  it('open() gives back every length that fits a cookie', () => {
    const ring = ringOf([sealKey])
    const most = Math.floor(((4096 - NAME.length - 4) * 3) / 4) - 40
    for (const length of [...Array(300).keys(), most - 1, most]) {
      const text = 'A'.repeat(length)
      expect(ring.open(`${NAME}=${ring.sealPayload(text, 'S')}`)).toMatchObject({ text })
    }
    expect(ring.open(`${NAME}=${ring.sealPayload('A'.repeat(most + 1), 'S')}`)).toBe('oversize')
  })

  it.each([12_287, MAX_VALUE_SIZE])('a ring with a limit takes a payload of %i bytes', (size) => {
    const limit = MAX_VALUE_SIZE
    const payload = 'é'.repeat(size / 2) + 'x'.repeat(size % 2)
    const engine = freshWasmEngine()
    const ring = engine.createRing(NAME, [signKey], { seal: [sealKey], limit })
    for (const each of [ring, both]) each.sealPayload('spoils nothing', 'S')
    const token = ring.sealPayload(payload, 'S')
    expect(nodeUnseal(sealKey, token)).toBe(payload)
    const signed = ring.signPayload(payload, 'P')
    expect(signed).toBe(nodeToken(signKey, Buffer.from(payload).toString('base64url'), 'P'))
    expect(ring.signText('a', 'T')).toBe(nodeToken(signKey, 'a'))
    expect(nodeUnseal(sealKey, ring.sealPayload('a', 'S'))).toBe('a')
  })

  it('a ring with a limit opens what is as long as that, and not one character more', () => {
    for (const limit of [1000, MAX_VALUE_SIZE]) {
      const ring = agreeingRing(NAME, [signKey], { seal: [sealKey], limit })
      const most = Math.floor(((limit - NAME.length - 4) * 3) / 4) - 40
      const payload = 'x'.repeat(most)
      const open = (token: string): unknown => ring.open(`${NAME}=${token}`)
      expect(open(ring.sealPayload(payload, 's'))).toMatchObject({ format: 's', text: payload })
      const token = nodeSealed(sealKey, `${payload}xx`)
      expect(token.length + NAME.length).toBeGreaterThan(limit)
      expect(open(token)).toBe('oversize')
      const text = 'x'.repeat(limit - NAME.length - 48)
      expect(open(ring.signText(text, 'T'))).toMatchObject({ format: 'T', text })
    }
  })

  it.each(engines)('$name refuses what does not fit, and a purpose that has no key', (engine) => {
    const ring = engine.createRing(NAME, [], { seal: [sealKey], limit: MAX_VALUE_SIZE })
    for (const payload of ['x'.repeat(12_289), 'é'.repeat(6145), '€'.repeat(4097)]) {
      expect(() => ring.sealPayload(payload, 'S')).toThrow(RangeError)
    }
    expect(() => ring.signText('a', 'T')).toThrow(/no key/)
    expect(() => ring.signPayload('a', 'P')).toThrow(/no key/)
    expect(() => engine.createRing(NAME, [signKey]).sealPayload('a', 'S')).toThrow(/no key/)
  })
})

describe('open() of what is sealed', () => {
  it('says malformed where the ring has no key of that kind, whatever the key', () => {
    const sealed = nodeSealed(sealKey, 'a')
    const signed = nodeToken(signKey, 'a')
    expect(agreeingRing(NAME, [signKey]).open(`${NAME}=${sealed}`)).toBe('malformed')
    expect(ringOf([sealKey]).open(`${NAME}=${signed}`)).toBe('malformed')
    expect(both.open(`${NAME}=${sealed}`)).toMatchObject({ format: 'S' })
    expect(both.open(`${NAME}=${signed}`)).toMatchObject({ format: 'T' })
    expect(both.open(`a=1; ${NAME}=${signed.slice(1)}; ${NAME}=${sealed}`)).toMatchObject({
      format: 'S',
    })
  })

  it('a ring of BLAKE3 seals and opens the same', () => {
    const ring = agreeingRing(NAME, [testKey(1)], { mac: 'blake3', seal: [sealKey] })
    for (const format of ['S', 's'] as const) {
      const token = ring.sealPayload('a', format)
      expect(ring.open(`${NAME}=${token}`)).toEqual({ format, text: 'a', keyIndex: 0 })
    }
    expect(ring.open(`${NAME}=${ring.signText('a', 't')}`)).toMatchObject({ format: 't' })
    const other = `R${nodeSealed(sealKey, 'a').slice(1)}`
    expect(ring.open(`${NAME}=${other}`)).toBe('malformed')
  })

  it('says malformed for what is short, or not strictly base64url', () => {
    const ring = ringOf([sealKey])
    const token = nodeSealed(sealKey, 'ab')
    expect(ring.open(`${NAME}=${token}`)).toMatchObject({ text: 'ab' })
    for (const value of [
      ...['', 'S', token.slice(0, 4), token.slice(0, 57), `${token}=`, `${token}A`, `${token}AAA`],
      ...['+', '/', ' ', '.', '"', '\x7f', 'é'].map(
        (odd) => token.slice(0, 40) + odd + token.slice(41)
      ),
    ]) {
      const answer = ring.open(`${NAME}=${value}`)
      expect(['malformed', 'bad-signature'], value).toContain(answer)
    }
    const spare = nodeSealed(sealKey, 'a')
    expect(spare.length % 4).not.toBe(0)
    const last = String.fromCharCode(spare.charCodeAt(spare.length - 1) + 1)
    expect(ring.open(`${NAME}=${spare.slice(0, -1)}${last}`)).toBe('malformed')
  })

  it('the flash mark and the fingerprint are bound: no other letter opens', () => {
    const token = nodeSealed(sealKey, 'a')
    for (let unit = 0x21; unit < 0x7f; unit++) {
      const letter = String.fromCharCode(unit)
      const answer = both.open(`${NAME}=${letter}${token.slice(1)}`)
      if (letter === 'S') expect(answer).toMatchObject({ text: 'a' })
      else expect(answer).toBe(letter === 's' ? 'bad-signature' : 'malformed')
    }
    const alias = { ...sealKey, fingerprint: 'zzz' }
    expect(ringOf([alias]).open(`${NAME}=Szzz${token.slice(4)}`)).toBe('bad-signature')
  })

  it('C3 of 50 tokens under 50 names, only the 50 of the diagonal are opened', () => {
    const names = Array.from({ length: 50 }, (_, i) => `${i % 2 ? '__Host-' : ''}n${i}`)
    const rings = names.map((name) => ringOf([nodeKey(secrets[0], name, 'seal')], name))
    const tokens = rings.map((ring) => ring.sealPayload('user-1', 'S'))
    const opened: string[] = []
    rings.forEach((ring, under) => {
      tokens.forEach((token, made) => {
        const answer = ring.open(`${names[under]}=${token}`)
        if (typeof answer === 'object') opened.push(`${under}:${made}`)
      })
    })
    expect(opened).toEqual(names.map((_, i) => `${i}:${i}`))
  })

  it('C4 300 random histories: the first key seals, and a token is opened iff its key is listed', () => {
    const pool = Array.from({ length: 24 }, (_, i) => testKey(i))
    const history = fc.shuffledSubarray(pool, { minLength: 1, maxLength: MAX_KEYS })
    fc.assert(
      fc.property(history, history, (then, now) => {
        const token = ringOf(then).sealPayload('user-1', 'S')
        expect(nodeUnseal(then[0]!, token)).toBe('user-1')
        const keyIndex = now.indexOf(then[0]!)
        const opened = ringOf(now).open(`${NAME}=${token}`)
        if (keyIndex === -1) expect(['unknown-key', 'bad-signature']).toContain(opened)
        else expect(opened).toEqual({ format: 'S', text: 'user-1', keyIndex })
      }),
      { numRuns: 300 }
    )
  })

  it('tries each key of a fingerprint that several share', () => {
    const keys = [1, 2, 3].map((number) => testKey(number, 'AbC'))
    const ring = ringOf([testKey(9, 'zzz'), ...keys])
    keys.forEach((key, index) => {
      expect(ring.open(`${NAME}=${nodeSealed(key, 'a')}`)).toMatchObject({ keyIndex: index + 1 })
    })
    expect(ring.open(`${NAME}=${nodeSealed(testKey(4, 'AbC'), 'a')}`)).toBe('bad-signature')
    expect(ring.open(`${NAME}=${nodeSealed(testKey(4, 'AbD'), 'a')}`)).toBe('unknown-key')
  })

  it('of duplicates the first that opens counts, of at most four', () => {
    const token = nodeSealed(sealKey, 'a')
    const bad = `${token.slice(0, -2)}AA`
    const header = (count: number): string => `${`${NAME}=${bad}; `.repeat(count)}${NAME}=${token}`
    expect(both.open(header(3))).toMatchObject({ text: 'a' })
    expect(both.open(header(4))).toBe('bad-signature')
    const signed = nodeToken(signKey, 'b')
    expect(both.open(`${NAME}=${bad}; ${NAME}=${signed}`)).toMatchObject({ text: 'b' })
  })

  it.each(engines)('rings of $name do not disturb each other', (engine) => {
    const rings = Array.from({ length: 20 }, (_, i) =>
      engine.createRing(`name${i}`, [testKey(i)], { seal: [testKey(i + 50), testKey(i + 90)] })
    )
    for (let turn = 0; turn < 200; turn++) {
      const i = (turn * 7) % rings.length
      const token = rings[i]!.sealPayload(`user-${i}`, 'S')
      engine.hmacSha256(bytesOf(32, turn), bytesOf(turn))
      expect(rings[(i + 1) % 20]!.open(`name${(i + 1) % 20}=${token}`)).toBe('unknown-key')
      expect(rings[i]!.open(`name${i}=${token}`)).toMatchObject({ text: `user-${i}` })
      expect(rings[i]!.signText('a', 'T')).toBe(nodeToken(testKey(i), 'a'))
    }
  })

  it('bytes that are no UTF-8 read the same way in both engines', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
        const opened = both.open(`${NAME}=${nodeSealed(sealKey, bytes)}`)
        expect(opened).toEqual({ format: 'S', text, keyIndex: 0 })
      })
    )
  })

  it.each(engines)(
    'C9 $name asks the generator once for 64 nonces, and fails if that fails',
    (engine) => {
      const ring = engine.createRing(NAME, [], { seal: [sealKey] })
      const generator = vi.spyOn(crypto, 'getRandomValues')
      for (let i = 0; i < 640; i++) ring.sealPayload('', 'S')
      expect(generator).toHaveBeenCalledTimes(10)
      generator.mockImplementation(() => {
        throw new Error('no entropy')
      })
      const seal = (): string => ring.sealPayload('', 'S')
      expect(() => {
        for (let i = 0; i < 64; i++) seal()
      }).toThrow('no entropy')
      expect(seal).toThrow('no entropy')
      generator.mockRestore()
      expect(seal()).toMatch(/^S/)
    }
  )
})
