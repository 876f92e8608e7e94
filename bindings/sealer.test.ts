import { describe, expect, it } from 'vitest'
import { engines } from './codec/engines.fixture.ts'
import { nodeKey, nodeUnseal, secrets } from './codec/keys.fixture.ts'
import { ConfigurationError } from './errors.ts'
import { createSealer } from './sealer.ts'
import { createSigner } from './token.ts'

describe.each(engines)('createSealer() on $name', (engine) => {
  const sealer = createSealer(engine, secrets, { name: 'sid' })

  it('seals as the documentation says, for anyone who has XChaCha20-Poly1305', () => {
    for (const value of ['', 'a', '{"user":42}', 'é€😀', '; Path=/\n\0', 'x'.repeat(2900)]) {
      const token = sealer.seal(value)
      expect(token).toMatch(/^S[A-Za-z0-9_-]+$/)
      expect(nodeUnseal(nodeKey(secrets[0], 'sid', 'codec'), token)).toBe(value)
      expect(sealer.open(`a=b; sid=${token}; c=d`)).toBe(value)
    }
  })

  it('makes another token of the same value each time', () => {
    const tokens = new Set(Array.from({ length: 200 }, () => sealer.seal('a')))
    expect(tokens.size).toBe(200)
  })

  it('C3 opens no token of another cookie, nor of a signer, nor does a signer take its own', () => {
    const token = sealer.seal('a')
    const other = createSealer(engine, secrets, { name: 'sid2' })
    expect(other.open(`sid2=${token}`)).toBeNull()
    const signer = createSigner(engine, secrets, { name: 'sid' })
    expect(signer.verify(`sid=${token}`)).toBeNull()
    expect(sealer.open(`sid=${signer.sign('a')}`)).toBeNull()
  })

  it('C4 opens with every secret and seals with the newest', () => {
    const token = createSealer(engine, secrets[2], { name: 'sid' }).seal('a')
    expect(sealer.open(`sid=${token}`)).toBe('a')
    expect(createSealer(engine, secrets[0], { name: 'sid' }).open(`sid=${token}`)).toBeNull()
    const newest = createSealer(engine, secrets[0], { name: 'sid' })
    expect(newest.open(`sid=${sealer.seal('a')}`)).toBe('a')
  })

  it('gives null for what it did not make, and never throws', () => {
    const token = sealer.seal('a')
    for (const header of [
      ...[null, undefined, '', 'sid', 'sid=', `sid=${token}A`, `sid=${token.slice(1)}`],
      ...[
        `sid="${token}"`,
        `SID=${token}`,
        `sid=${'S'.repeat(4100)}`,
        '\ud800',
        'x'.repeat(99_999),
      ],
    ]) {
      expect(sealer.open(header)).toBeNull()
    }
  })

  it('refuses values that no cookie can hold, to the last byte', () => {
    const most = Math.floor(((4096 - 3 - 4) * 3) / 4) - 40
    expect(sealer.seal('x'.repeat(most))).toHaveLength(4092)
    for (const size of [most + 1, 4096, 4097, 100_000]) {
      expect(() => sealer.seal('x'.repeat(size))).toThrow(RangeError)
    }
    expect(() => sealer.seal('é'.repeat(most / 2 + 1))).toThrow(RangeError)
    expect(() => sealer.seal('a\ud800')).toThrow(TypeError)
  })

  it('refuses secrets and names as a signer does', () => {
    expect(() => createSealer(engine, 'short')).toThrow(ConfigurationError)
    expect(() => createSealer(engine, secrets, { name: 'a b' })).toThrow(ConfigurationError)
  })

  it('seals bare values without a name, and opens the token alone', () => {
    const bare = createSealer(engine, secrets)
    expect(bare.name).toBeNull()
    for (const value of ['', '42', 'a b', '; value=x', 'é'.repeat(1000)]) {
      const token = bare.seal(value)
      expect(nodeUnseal(nodeKey(secrets[0], '', 'codec'), token)).toBe(value)
      expect(bare.open(token)).toBe(value)
      expect(createSealer(engine, secrets[0]).open(token)).toBe(value)
      expect(createSealer(engine, secrets[1]).open(token)).toBeNull()
    }
    const token = bare.seal('42')
    const named = createSealer(engine, secrets, { name: 'value' })
    expect(named.open(`value=${token}`)).toBeNull()
    expect(bare.open(named.seal('42'))).toBeNull()
    for (const text of [
      ';',
      ',',
      ' ',
      '\t',
      '\n',
      '\0',
      '"',
      '=',
      '%',
      '+',
      'é',
      '\ud800',
      '; value=',
    ]) {
      for (const at of [0, 1, 4, 40, token.length]) {
        expect(bare.open(token.slice(0, at) + text + token.slice(at)), text).toBeNull()
      }
      expect(bare.open(`${token}${text}${token}`)).toBeNull()
    }
    for (const text of [null, undefined, '', 'S', `value=${token}`, 'S'.repeat(1_000_000)]) {
      expect(bare.open(text)).toBeNull()
    }
    expect(bare.open(createSigner(engine, secrets).sign('42'))).toBeNull()
    expect(createSigner(engine, secrets).verify(token)).toBeNull()
  })

  it('without a name fills 4096 bytes, to the byte', () => {
    const bare = createSealer(engine, secrets)
    const most = ((4096 - 4) * 3) / 4 - 40
    expect(bare.seal('x'.repeat(most))).toHaveLength(4096)
    expect(bare.open(bare.seal('x'.repeat(most)))).toHaveLength(most)
    expect(() => bare.seal('x'.repeat(most + 1))).toThrow(RangeError)
  })
})
