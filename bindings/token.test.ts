import { createHmac, hkdfSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { agreed, engines } from './codec/engines.fixture.ts'
import { nodeKey, nodeToken, secrets } from './codec/keys.fixture.ts'
import { ConfigurationError } from './errors.ts'
import { createSigner } from './token.ts'

const NAME = '__Host-session'
const codecKey = nodeKey(secrets[0], NAME, 'codec')

/** Well-formed text of any code points. */
const wellFormed = fc.string({ unit: 'binary', maxLength: 300 })

describe.each(engines)('createSigner() on $name', (engine) => {
  const signer = createSigner(engine, secrets, { name: NAME })
  const verify = (token: string): string | null => signer.verify(`${NAME}=${token}`)

  it('sign() makes the token that the documentation describes, and anyone can check', () => {
    const token = signer.sign('k5Jx0-pZ_3qWvT8yLmNb2RcA')
    const [, format, fingerprint, text, mac] = /^(.)(...)(.*)\.(.{43})$/.exec(token)!
    expect([format, text]).toEqual(['T', 'k5Jx0-pZ_3qWvT8yLmNb2RcA'])
    const key = Buffer.from(hkdfSync('sha256', secrets[0], '', `tuile/1/codec/${NAME}`, 32))
    expect(createHmac('sha256', key).update(`T${fingerprint}${text}`).digest('base64url')).toBe(mac)
    expect(token).toBe(nodeToken(codecKey, text!))
  })

  it('sign() makes a payload of what is not base64url text', () => {
    const token = signer.sign('{"user":"é"}')
    const payload = Buffer.from('{"user":"é"}').toString('base64url')
    expect(token).toBe(nodeToken(codecKey, payload, 'P'))
    for (const text of ['', 'a', '-', '_', 'A9', 'x'.repeat(2000)]) {
      expect(signer.sign(text)[0]).toBe('T')
    }
    for (const text of [' ', 'a b', 'a.b', 'a=', 'é', '\0', 'a\n', '\ufeff']) {
      expect(signer.sign(text)[0]).toBe('P')
    }
  })

  it('sign() makes the same token today and tomorrow', () => {
    const fixed = createSigner(engine, '0123456789abcdef0123456789abcdef', { name: 'cart' })
    expect([fixed.sign('42'), fixed.sign('a b')]).toMatchInlineSnapshot(`
      [
        "TpMD42.CNoJ2o88FVgrCnXa3uTUW-H79IJWUHNZx2d8L4KYRBo",
        "PpMDYSBi.kn2W8ZYffarYiwBXP-vP9snfwr75OjktrrLeQe-W2UA",
      ]
    `)
  })

  it.each([
    '',
    'k5Jx0-pZ_3qWvT8yLmNb2RcA',
    '0',
    'a b',
    ' ',
    '=;,"\\%',
    '\ufeffbom',
    'é€😀\u{10ffff}',
    '\0\x01\x7f',
    '\r\nSet-Cookie: a=b',
    '__proto__',
    '{"c":1}',
    'x'.repeat(3000),
    '€'.repeat(900),
  ])('verify() gives %o back', (value) => {
    expect(verify(signer.sign(value))).toBe(value)
  })

  it('verify() gives back whatever was signed, and the token is plain cookie text', () => {
    fc.assert(
      fc.property(wellFormed, (value) => {
        const token = signer.sign(value)
        expect(token).toMatch(/^[TP][A-Za-z0-9_-]{3,}\.[A-Za-z0-9_-]{43}$/)
        expect(verify(token)).toBe(value)
      }),
      { numRuns: 500 }
    )
  })

  it('verify() takes nothing that another secret signed, or another name', () => {
    const secret = fc.string({ minLength: 32, maxLength: 64 }).filter((text) => /^\w/.test(text))
    fc.assert(
      fc.property(wellFormed, secret, (value, other) => {
        const stranger = createSigner(engine, `own-${other}`, { name: NAME }).sign(value)
        const namesake = createSigner(engine, secrets, { name: 'session' }).sign(value)
        expect([verify(stranger), verify(namesake)]).toEqual([null, null])
      }),
      { numRuns: 200 }
    )
  })

  it('verify() takes what any of the secrets signed', () => {
    for (const secret of secrets) {
      expect(verify(createSigner(engine, [secret], { name: NAME }).sign('a'))).toBe('a')
      expect(verify(createSigner(engine, secret, { name: NAME }).sign('a b'))).toBe('a b')
    }
  })

  it.each([null, undefined, '', 'a=b', NAME, `${NAME}=`, `=${NAME}`])(
    'verify() gives null for %o',
    (header) => {
      expect(signer.verify(header)).toBeNull()
    }
  )

  it('verify() never throws', () => {
    const parts = fc.constantFrom(NAME, '=', '; ', signer.sign('a'), 'é', '\ud800', '\0')
    const header = fc
      .array(fc.oneof(parts, fc.string({ unit: 'binary' })))
      .map((all) => all.join(''))
    fc.assert(
      fc.property(header, (text) => {
        expect([null, 'a']).toContain(signer.verify(text))
      }),
      { numRuns: 2000 }
    )
  })

  it('sign() refuses text that is not well-formed', () => {
    for (const value of ['\ud800', 'a\udfffb', '\udc00\ud800', `${'x'.repeat(100)}\ud83d`]) {
      expect(() => signer.sign(value)).toThrow(TypeError)
    }
    expect(verify(signer.sign('\ud83d\ude00'))).toBe('😀')
  })

  it('sign() refuses what does not fit a cookie, to the byte', () => {
    const most = 4096 - NAME.length - 48
    expect(verify(signer.sign('x'.repeat(most)))).toHaveLength(most)
    expect(() => signer.sign('x'.repeat(most + 1))).toThrow(RangeError)
    const bytes = Math.floor((most * 3) / 4)
    expect(verify(signer.sign(' '.repeat(bytes)))).toHaveLength(bytes)
    expect(() => signer.sign(' '.repeat(bytes + 1))).toThrow(RangeError)
    for (const size of [4096, 4097, 12_288, 100_000]) {
      expect(() => signer.sign('€'.repeat(size))).toThrow(RangeError)
      expect(() => signer.sign('x'.repeat(size))).toThrow(RangeError)
    }
    // The engine is as it was before.
    expect(verify(signer.sign('still right'))).toBe('still right')
  })

  it('sign() tells the value in no error', () => {
    for (const value of [`password-${'x'.repeat(5000)}`, 'password-\ud800']) {
      expect(() => signer.sign(value)).toThrow(/^(?!.*password).*$/s)
    }
  })

  it('createSigner() refuses a name that no cookie can have', () => {
    for (const name of ['', 'a b', 'a=b', 'a;b', 'é', 'a\r\n', 'x'.repeat(257)]) {
      expect(() => createSigner(engine, secrets, { name })).toThrow(ConfigurationError)
    }
    const long = createSigner(engine, secrets, { name: 'x'.repeat(256) })
    expect(long.verify(`${long.name}=${long.sign('a')}`)).toBe('a')
  })

  it.each([undefined, 'blake3'] as const)(
    'N13 verify() without a name takes the token, mac %s',
    (mac) => {
      const options = mac === undefined ? {} : { mac }
      const bare = createSigner(engine, secrets, options)
      const oldest = createSigner(engine, secrets[2], options)
      for (const value of ['', '42', 'a b', '; value=x', 'x'.repeat(4000), 'é'.repeat(1000)]) {
        expect(bare.verify(bare.sign(value))).toBe(value)
        expect(bare.verify(oldest.sign(value))).toBe(value)
        expect(oldest.verify(bare.sign(value))).toBeNull()
      }
      const named = createSigner(engine, secrets, { ...options, name: 'value' })
      expect(named.verify(`value=${bare.sign('42')}`)).toBeNull()
      expect(bare.verify(named.sign('42'))).toBeNull()
    }
  )

  it('N13 verify() without a name takes the token alone: nothing stands around it, and nothing in it', () => {
    const bare = createSigner(engine, secrets, { cache: 10 })
    const token = bare.sign('42')
    expect(bare.verify(token)).toBe('42')
    const dot = token.indexOf('.')
    const odd = [...'; ,\t\n\r\0"\'=\\%+/é\ud800\ufeff', '; value=', ';value=', ', ', '\r\n']
    for (const text of odd) {
      for (const at of [0, 1, 5, dot, dot + 1, token.length]) {
        expect(bare.verify(token.slice(0, at) + text + token.slice(at)), text).toBeNull()
      }
      expect(bare.verify(`${token}${text}${token}`)).toBeNull()
      expect(bare.verify(`x${text}value=${token}`)).toBeNull()
    }
    for (const text of [null, undefined, '', '.', 'T', `value=${token}`, `"${token}"`]) {
      expect(bare.verify(text)).toBeNull()
    }
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'A' ? 'B' : 'A'
      expect(bare.verify(token.slice(0, at) + other + token.slice(at + 1))).toBeNull()
      expect(bare.verify(token.slice(0, at))).toBeNull()
    }
    for (const size of [4096, 4097, 20_000, 1_000_000]) {
      expect(bare.verify('T'.repeat(size))).toBeNull()
    }
  })

  it('sign() without a name fills 4096 bytes, to the byte', () => {
    const bare = createSigner(engine, secrets)
    const most = 4096 - 48
    expect(bare.sign('x'.repeat(most))).toHaveLength(4096)
    expect(bare.verify(bare.sign('x'.repeat(most)))).toHaveLength(most)
    expect(() => bare.sign('x'.repeat(most + 1))).toThrow(RangeError)
    const bytes = Math.floor((most * 3) / 4)
    expect(bare.verify(bare.sign(' '.repeat(bytes)))).toHaveLength(bytes)
    expect(() => bare.sign(' '.repeat(bytes + 1))).toThrow(RangeError)
  })

  it('createSigner() refuses to go without a good secret', () => {
    for (const bad of ['', 'short', [], [secrets[0], ''], undefined, null]) {
      expect(() => createSigner(engine, bad as string)).toThrow(ConfigurationError)
    }
  })

  it('createSigner() keeps the secrets that it was given, whatever becomes of the list', () => {
    const list = [...secrets]
    const own = createSigner(engine, list, { name: NAME })
    const token = own.sign('a')
    list.length = 0
    expect(own.sign('a')).toBe(token)
    expect(own.verify(`${NAME}=${token}`)).toBe('a')
  })
})

describe('createSigner() on both engines', () => {
  it('sign() makes the same token in both engines, and each verifies the other', () => {
    const signers = engines.map((engine) => createSigner(engine, secrets, { name: 'sid' }))
    fc.assert(
      fc.property(wellFormed, (value) => {
        const [wasm, portable] = signers.map((signer) => signer.sign(value))
        expect(wasm).toBe(portable)
        const found = signers.map((signer) => signer.verify(`a=b; sid=${wasm}; c=d`))
        expect(found).toEqual([value, value])
      }),
      { numRuns: 500 }
    )
  })

  it('createSigner() signs bare values without a name', () => {
    expect(agreed((engine) => createSigner(engine, secrets).name)).toBeNull()
    expect(agreed((engine) => createSigner(engine, secrets, {}).sign('a'))).toBe(
      nodeToken(nodeKey(secrets[0], '', 'codec'), 'a')
    )
  })
})
