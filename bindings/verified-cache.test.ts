import { describe, expect, it } from 'vitest'
import { engines } from './codec/engines.fixture.ts'
import type { Engine } from './codec/engine.ts'
import { secrets } from './codec/keys.fixture.ts'
import { ConfigurationError } from './errors.ts'
import { createSigner, type SignerOptions } from './token.ts'

/** A signer, and how often its engine was asked to verify. */
function countingSigner(engine: Engine, options: SignerOptions) {
  const count = { verified: 0 }
  const counting: Engine = {
    ...engine,
    createRing(...args) {
      const ring = engine.createRing(...args)
      return {
        ...ring,
        open(header) {
          count.verified++
          return ring.open(header)
        },
      }
    },
  }
  return { signer: createSigner(counting, secrets, { name: 'sid', ...options }), count }
}

describe.each(engines)('createSigner(…, { cache }) on $name', (engine) => {
  it('verifies a header once', () => {
    const { signer, count } = countingSigner(engine, { cache: 10 })
    const header = `a=1; sid=${signer.sign('42')}`
    for (let i = 0; i < 5; i++) expect(signer.verify(header)).toBe('42')
    expect(count.verified).toBe(1)
  })

  it('compares the whole header: another one is verified', () => {
    const { signer, count } = countingSigner(engine, { cache: 10 })
    const token = signer.sign('42')
    expect(signer.verify(`sid=${token}`)).toBe('42')
    for (let i = 0; i < token.length; i++) {
      const changed = token.slice(0, i) + (token[i] === 'A' ? 'B' : 'A') + token.slice(i + 1)
      expect(signer.verify(`sid=${changed}`), changed).toBeNull()
    }
    expect(signer.verify(` sid=${token}`)).toBe('42')
    expect(count.verified).toBe(1 + token.length + 1)
  })

  it('remembers no failure', () => {
    const { signer, count } = countingSigner(engine, { cache: 10 })
    for (let i = 0; i < 3; i++) expect(signer.verify('sid=forged')).toBeNull()
    expect(count.verified).toBe(3)
  })

  it('remembers an empty value', () => {
    const { signer, count } = countingSigner(engine, { cache: 10 })
    const header = `sid=${signer.sign('')}`
    for (let i = 0; i < 3; i++) expect(signer.verify(header)).toBe('')
    expect(count.verified).toBe(1)
  })

  it('holds at most twice its size, and keeps what is used', () => {
    const { signer, count } = countingSigner(engine, { cache: 4 })
    const headers = Array.from({ length: 100 }, (_, i) => `sid=${signer.sign(`${i}`)}`)
    for (const header of headers) {
      signer.verify(header)
      signer.verify(headers[0]!)
    }
    expect(count.verified).toBe(100)
    for (const header of headers.slice(1, 90)) signer.verify(header)
    expect(count.verified).toBe(189)
  })

  it('does not keep a header of over 4,096 characters', () => {
    const { signer, count } = countingSigner(engine, { cache: 10 })
    const header = `a=${'x'.repeat(4096)}; sid=${signer.sign('42')}`
    for (let i = 0; i < 3; i++) expect(signer.verify(header)).toBe('42')
    expect(count.verified).toBe(3)
  })

  it('a signer without the secret knows nothing of what another remembered', () => {
    const { signer } = countingSigner(engine, { cache: 10 })
    const header = `sid=${signer.sign('42')}`
    expect(signer.verify(header)).toBe('42')
    const next = createSigner(engine, secrets[1]!, { name: 'sid', cache: 10 })
    expect(next.verify(header)).toBeNull()
  })

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '10'])(
    'refuses a size of %s',
    (cache) => {
      expect(() => createSigner(engine, secrets, { cache: cache as number })).toThrow(
        ConfigurationError
      )
    }
  )
})

describe.each(engines)('createSigner(…, { mac }) on $name', (engine) => {
  it('signs and verifies with BLAKE3, and takes nothing of HMAC', () => {
    const blake3 = createSigner(engine, secrets, { name: 'sid', mac: 'blake3' })
    const hmac = createSigner(engine, secrets, { name: 'sid' })
    for (const value of ['k5Jx0-pZ_3qWvT8yLmNb2RcA', '{"user":"é"}', '']) {
      expect(blake3.verify(`sid=${blake3.sign(value)}`)).toBe(value)
      expect(blake3.verify(`sid=${hmac.sign(value)}`)).toBeNull()
      expect(hmac.verify(`sid=${blake3.sign(value)}`)).toBeNull()
    }
  })

  it('C3 a value signed for one name verifies for no other', () => {
    const names = Array.from({ length: 10 }, (_, i) => `name${i}`)
    const signers = names.map((name) => createSigner(engine, secrets, { name, mac: 'blake3' }))
    const accepted = signers.map((signer) =>
      signers.filter((from) => signer.verify(`${signer.name}=${from.sign('42')}`) === '42')
    )
    expect(accepted).toEqual(signers.map((signer) => [signer]))
  })

  it('signs what it always signed', () => {
    const secret = '0123456789abcdef0123456789abcdef'
    const signer = createSigner(engine, secret, { name: 'cart', mac: 'blake3' })
    expect([signer.sign('42'), signer.sign('a b')]).toMatchInlineSnapshot(`
      [
        "UvdB42.PBM6gpRqITtO-7_eB1AVz-elNNdr28o5kfHpld4v9Wo",
        "QvdBYSBi.NblG6MTB8tcOJ0XPcFXXXO1Yjjv1RPwkhzKSW6Rz8E8",
      ]
    `)
  })

  it('refuses what it does not know', () => {
    expect(() => createSigner(engine, secrets, { mac: 'md5' as 'blake3' })).toThrow(
      new ConfigurationError('mac must be one of hmac-sha256, blake3, not md5')
    )
  })
})
