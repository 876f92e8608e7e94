import { describe, expect, it } from 'vitest'
import * as codec from '../codec.ts'
import { secrets } from './keys.fixture.ts'

const { createCodec } = codec
const codecs = (['wasm', 'portable'] as const).map((engine) => createCodec({ engine }))

describe('tuile/codec', () => {
  it('the entry exports these', () => {
    expect(Object.keys(codec).sort()).toEqual([
      'base64url',
      'createCodec',
      'createSealer',
      'createSigner',
      'engine',
      'hmacSha256',
      'keyedBlake3',
      'parseCookies',
      'serializeCookie',
      'sha256',
    ])
  })

  it('createCodec() without an engine is the default codec', () => {
    expect(createCodec().engine).toBe(codec.engine)
    expect(createCodec().sha256).toBe(codec.sha256)
  })

  it('createCodec() gives the engine that is asked for', () => {
    expect(createCodec({ engine: 'wasm' }).engine.name).toBe('wasm')
    expect(createCodec({ engine: 'portable' }).engine.name).toBe('portable')
  })

  it.each(codecs)('createCodec() gives all functions on $engine.name', (own) => {
    const bytes = Uint8Array.of(3, 236, 255)
    expect(own.base64url.encode(bytes)).toBe('A-z_')
    expect(own.base64url.decode('A-z_')).toEqual(bytes)
    expect(own.sha256(bytes)).toEqual(codec.sha256(bytes))
    expect(own.hmacSha256(bytes, bytes)).toEqual(codec.hmacSha256(bytes, bytes))
    expect({ ...own.parseCookies('a=%20; a=b') }).toEqual({ a: ' ' })
    expect(own.serializeCookie('a', ' ')).toBe('a=%20')
    const sealer = own.createSealer(secrets, { name: 'a' })
    const sealed = codec.createSealer(secrets[2], { name: 'a' }).seal('é')
    expect(sealer.open(`a=${sealed}`)).toBe('é')
    const signer = own.createSigner(secrets, { name: 'a' })
    expect(signer.name).toBe('a')
    expect(signer.verify(`a=${codec.createSigner(secrets[2], { name: 'a' }).sign('é')}`)).toBe('é')
  })

  it('the functions need no receiver', () => {
    const { parseCookies, sha256 } = createCodec({ engine: 'portable' })
    expect(sha256(new Uint8Array(0))[0]).toBe(0xe3)
    expect(parseCookies(null)).toEqual(Object.create(null))
  })
})
