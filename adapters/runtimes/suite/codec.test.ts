import { base64url, createCodec, engine, hmacSha256, sha256 } from 'tuile/codec'
import { describe, expect, it } from 'vitest'
import { digestOf } from './digest.ts'
import { EXPECTED_ENGINE, RUNTIME, SECRETS } from './environment.ts'

const encoder = new TextEncoder()
const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** How each runtime calls itself; Node 20 has no `navigator` yet. */
const USER_AGENTS: Record<string, RegExp> = {
  'node-20': /^$/,
  'node-22': /^Node\.js\/22/,
  'node-24': /^Node\.js\/24/,
  'node-26': /^Node\.js\/26/,
  'node-24-portable': /^Node\.js\/24/,
  bun: /^Bun\//,
  deno: /^Deno\//,
}

it(`runs inside ${RUNTIME}`, () => {
  expect(globalThis.navigator?.userAgent ?? '').toMatch(
    USER_AGENTS[RUNTIME] ?? /^Cloudflare-Workers$/
  )
})

describe('the engine', () => {
  it('is the one that this host should have, and says why', () => {
    expect(engine.name).toBe(EXPECTED_ENGINE)
    expect(engine.reason).not.toBe('')
  })
})

const codecs =
  EXPECTED_ENGINE === 'wasm'
    ? [createCodec({ engine: 'wasm' }), createCodec({ engine: 'portable' })]
    : [createCodec({ engine: 'portable' })]

describe.each(codecs.map((codec) => [codec.engine.name, codec] as const))('%s', (_, codec) => {
  it('gives the digest and the tag of the standards', () => {
    expect(hex(codec.sha256(encoder.encode('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    )
    const tag = codec.hmacSha256(
      encoder.encode('Jefe'),
      encoder.encode('what do ya want for nothing?')
    )
    expect(hex(tag)).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
  })

  it('agrees with WebCrypto on messages of many lengths', async () => {
    for (const size of [0, 1, 55, 56, 63, 64, 65, 1000, 16_384, 16_385, 50_000]) {
      const message = new Uint8Array(size).fill(size)
      const digest = await crypto.subtle.digest('SHA-256', message)
      expect(hex(codec.sha256(message))).toBe(hex(new Uint8Array(digest)))
    }
  })

  it('gives the digest of all outputs', () => {
    const digest = digestOf(codec, SECRETS)
    console.log(`digest: ${digest}`)
    expect(digest).toBe(digestOf(createCodec({ engine: 'portable' }), SECRETS))
  })
})

describe('the functions of the module', () => {
  it('are those of the engine in use', () => {
    const message = encoder.encode('tuile')
    expect(sha256(message)).toEqual(codecs[0]!.sha256(message))
    expect(hmacSha256(message, message)).toEqual(codecs[0]!.hmacSha256(message, message))
    expect(base64url.decode(base64url.encode(message))).toEqual(message)
  })
})
