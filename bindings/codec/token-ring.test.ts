import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_KEYS, type RingKey, type TokenFormat } from './engine.ts'
import { agreeingRing, bytesOf, engines, freshWasmEngine, hexOf } from './engines.fixture.ts'
import { nodeKey, nodeToken, secrets, testKey } from './keys.fixture.ts'

const NAME = 'sid'

describe('signText() and signPayload()', () => {
  const key = nodeKey(secrets[0], NAME)
  const ring = agreeingRing(NAME, [key])

  it.each<TokenFormat>(['T', 't'])('signText() makes the documented token, format %s', (format) => {
    for (const text of ['', 'a', '-_', 'k5Jx0-pZ_3qWvT8yLmNb2RcA', 'x'.repeat(4000)]) {
      const token = ring.signText(text, format as 'T' | 't')
      expect(token).toBe(nodeToken(key, text, format))
      expect(ring.open(`${NAME}=${token}`)).toEqual({ format, text, keyIndex: 0 })
    }
  })

  it.each<TokenFormat>(['P', 'p'])(
    'signPayload() makes the documented token, format %s',
    (format) => {
      for (const payload of ['', 'a', '{"c":1}', 'é€😀', '\0\n;=', '\ufeffx', '"'.repeat(3000)]) {
        const token = ring.signPayload(payload, format as 'P' | 'p')
        expect(token).toBe(nodeToken(key, Buffer.from(payload).toString('base64url'), format))
        expect(ring.open(`${NAME}=${token}`)).toEqual({ format, text: payload, keyIndex: 0 })
      }
    }
  )

  it('open() gives back every length of text and payload that fits a cookie', () => {
    for (let length = 0; length <= 300; length++) {
      const text = 'A'.repeat(length)
      expect(ring.open(`${NAME}=${ring.signText(text, 'T')}`)).toMatchObject({ text })
      expect(ring.open(`${NAME}=${ring.signPayload(text, 'P')}`)).toMatchObject({ text })
    }
    // 4096 bytes of name and value: 4 of <k>, 44 of the dot and the MAC.
    const most = 4096 - NAME.length - 48
    const text = 'A'.repeat(most)
    expect(ring.open(`${NAME}=${ring.signText(text, 'T')}`)).toMatchObject({ text })
    expect(ring.open(`${NAME}=${ring.signText(`${text}A`, 'T')}`)).toBe('oversize')
    const payload = 'é'.repeat((most * 3) / 8)
    expect(ring.open(`${NAME}=${ring.signPayload(payload, 'P')}`)).toMatchObject({ text: payload })
  })

  it('open() reads bytes that are no UTF-8 the same way in both engines, when they are signed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const token = nodeToken(key, Buffer.from(bytes).toString('base64url'), 'P')
        expect(ring.open(`${NAME}=${token}`)).toMatchObject({
          text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes),
        })
      })
    )
  })

  it('open() calls a signed payload malformed that is not strictly base64url', () => {
    for (const text of ['A', 'Zh', 'Zg==', 'Zm9', 'A+', 'Zg ', '"']) {
      expect(ring.open(`${NAME}=${nodeToken(key, text, 'P')}`)).toBe('malformed')
      expect(ring.open(`${NAME}=${nodeToken(key, text, 'T')}`)).toMatchObject({ text })
    }
  })

  it('open() knows four formats', () => {
    for (let unit = 0x21; unit < 0x7f; unit++) {
      const format = String.fromCharCode(unit) as TokenFormat
      const opened = ring.open(`${NAME}=${nodeToken(key, 'Zm9v', format)}`)
      if ('TtPp'.includes(format)) expect(opened).toMatchObject({ format, keyIndex: 0 })
      else expect(opened).toBe('malformed')
    }
  })

  // `createSigner` and sessions check first that a token fits its cookie. The contract of the ring has
  // no limit, so what does not fit the core's buffers must be refused, or be right.
  it.each([12_000, 12_288, 12_289, 16_380, 16_384, 16_385, 100_000])(
    'signText() and signPayload() of %i characters are right or refused, and spoil nothing',
    (size) => {
      const engine = freshWasmEngine()
      const own = engine.createRing(NAME, [key])
      const text = 'x'.repeat(size)
      const base64 = Buffer.from(text).toString('base64url')
      for (const [sign, token] of [
        [() => own.signText(text, 'T'), nodeToken(key, text)],
        [() => own.signPayload(text, 'P'), nodeToken(key, base64, 'P')],
      ] as const) {
        let signed: string | null = null
        try {
          signed = sign()
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
        expect.soft(signed === null || signed === token, 'right or refused').toBe(true)
        expect.soft(hexOf(engine.sha256(new Uint8Array(0))).slice(0, 8), 'SHA-256').toBe('e3b0c442')
        expect.soft(own.signText('a', 'T'), 'the ring').toBe(nodeToken(key, 'a'))
      }
    }
  )
})

describe('C3 cookie names', () => {
  it('C3 of 50 tokens under 50 names, only the 50 of the diagonal are opened', () => {
    const names = Array.from({ length: 50 }, (_, i) =>
      i % 2 ? `s${i}` : `__Host-${'n'.repeat(i + 1)}`
    )
    const rings = names.map((name) => agreeingRing(name, [nodeKey(secrets[0], name)]))
    const tokens = rings.map((ring) => ring.signText('user-1', 'T'))
    const opened: string[] = []
    rings.forEach((ring, under) => {
      tokens.forEach((token, made) => {
        const answer = ring.open(`${names[under]}=${token}`)
        if (typeof answer === 'object') opened.push(`${under}:${made}`)
      })
    })
    expect(opened).toEqual(names.map((_, i) => `${i}:${i}`))
  })

  it('C3 a name that begins or ends like ours is another name', () => {
    const ring = agreeingRing(NAME, [testKey(1)])
    const token = ring.signText('a', 'T')
    for (const name of ['Sid', 'sidx', 'xsid', 'si', 'id', 's id', 'sid.', '%73id', 'sid\xa0']) {
      expect(ring.open(`${name}=${token}`)).toBe('none')
      expect(ring.open(`${name}=${token}; sid=${token}`)).toMatchObject({ text: 'a' })
    }
  })
})

describe('C4 rotation', () => {
  it('C4 1,000 random histories: the first key signs, and a token is opened iff its key is listed', () => {
    const pool = Array.from({ length: 24 }, (_, i) => testKey(i))
    const history = fc.shuffledSubarray(pool, { minLength: 1, maxLength: MAX_KEYS })
    let listed = 0
    fc.assert(
      fc.property(history, history, (then, now) => {
        const token = agreeingRing(NAME, then).signText('user-1', 'T')
        expect(token).toBe(nodeToken(then[0]!, 'user-1'))
        const keyIndex = now.indexOf(then[0]!)
        const opened = agreeingRing(NAME, now).open(`${NAME}=${token}`)
        if (keyIndex === -1) expect(['unknown-key', 'bad-signature']).toContain(opened)
        else expect(opened).toEqual({ format: 'T', text: 'user-1', keyIndex })
        if (keyIndex !== -1) listed++
      }),
      { numRuns: 1000 }
    )
    expect(listed).toBeGreaterThan(100)
  })

  it('C4 the last of 16 keys is found, wherever in the header its token begins', () => {
    const keys = Array.from({ length: MAX_KEYS }, (_, i) => testKey(i))
    const ring = agreeingRing(NAME, keys)
    const old = agreeingRing(NAME, keys.slice(-1))
    const cookie = `${NAME}=${old.signText('user-1', 'T')}`
    for (const before of [0, 1, 4095, 4096, 8191, 16_384 - cookie.length - 1]) {
      const header = before === 0 ? cookie : `${'x'.repeat(before - 1)};${cookie}`
      expect(ring.open(header)).toEqual({ format: 'T', text: 'user-1', keyIndex: 15 })
    }
  })

  it('open() tries each key of a fingerprint that several share', () => {
    const keys: RingKey[] = [1, 2, 3].map((number) => testKey(number, 'AbC'))
    const ring = agreeingRing(NAME, [testKey(9, 'zzz'), ...keys])
    keys.forEach((key, index) => {
      expect(ring.open(`${NAME}=${nodeToken(key, 'a')}`)).toMatchObject({ keyIndex: index + 1 })
    })
    expect(ring.open(`${NAME}=${nodeToken(testKey(4, 'AbC'), 'a')}`)).toBe('bad-signature')
    expect(ring.open(`${NAME}=${nodeToken(testKey(4, 'AbD'), 'a')}`)).toBe('unknown-key')
    expect(ring.open(`${NAME}=${nodeToken(testKey(4, 'abc'), 'a')}`)).toBe('unknown-key')
  })

  it.each(engines)('rings of $name do not disturb each other', (engine) => {
    const rings = Array.from({ length: 20 }, (_, i) =>
      engine.createRing(`name${i}`, [testKey(i), testKey(i + 100)].slice(i % 2))
    )
    const tokens = rings.map((ring, i) => ring.signText(`user-${i}`, 'T'))
    for (let turn = 0; turn < 200; turn++) {
      const i = (turn * 7) % rings.length
      engine.hmacSha256(bytesOf(32, turn), bytesOf(turn))
      expect(rings[i]!.open(`name${i}=${tokens[i]}`)).toMatchObject({ text: `user-${i}` })
      expect(rings[i]!.signText(`user-${i}`, 'T')).toBe(tokens[i])
    }
  })
})
