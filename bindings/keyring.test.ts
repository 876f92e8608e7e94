import { describe, expect, it } from 'vitest'
import { agreed, bytesOf, engines, hexOf } from './codec/engines.fixture.ts'
import { nodeKey, secrets } from './codec/keys.fixture.ts'
import { ConfigurationError } from './errors.ts'
import { checkSecrets, deriveKeys, type KeyPurpose } from './keyring.ts'

const good = 'k'.repeat(32)
const PURPOSES: readonly KeyPurpose[] = [
  'id',
  'record',
  'seal',
  'csrf',
  'client',
  'bus',
  'codec',
  'blake3',
]

/** The error that secrets are refused with. */
function refusal(given: unknown): Error {
  try {
    checkSecrets(given as string)
  } catch (error) {
    return error as Error
  }
  throw new Error(`accepted ${JSON.stringify(given)}`)
}

describe('checkSecrets()', () => {
  it('checkSecrets() gives the bytes of each secret, in order', () => {
    const [first, second] = checkSecrets([secrets[0], `${'é'.repeat(16)}`])
    expect(new TextDecoder().decode(first)).toBe(secrets[0])
    expect(second).toHaveLength(32)
    expect(checkSecrets(good)).toEqual([new TextEncoder().encode(good)])
    expect(checkSecrets(Array.from({ length: 16 }, (_, i) => good + i))).toHaveLength(16)
  })

  it.each([
    ['nothing', undefined, /secrets is missing/],
    ['null', null, /secrets is missing/],
    ['an empty list', [], /secrets is missing/],
    ['an object', { 0: good, length: 1 }, /secrets is missing/],
    ['a number', 42, /secrets is missing/],
    ['bytes', bytesOf(32), /secrets is missing/],
    ['an empty secret', '', /secrets\[0\] has 0 bytes/],
    ['an empty secret behind a good one', [good, ''], /secrets\[1\] has 0 bytes/],
    ['31 bytes', 'k'.repeat(31), /secrets\[0\] has 31 bytes; it needs at least 32/],
    ['undefined in the list', [good, undefined], /secrets\[1\] is not a string/],
    ['a number in the list', [1], /secrets\[0\] is not a string/],
    ['bytes in the list', [bytesOf(64)], /secrets\[0\] is not a string/],
    ['17 secrets', Array.from({ length: 17 }, (_, i) => good + i), /17 entries; at most 16/],
  ])('checkSecrets() refuses %s', (_, given, message) => {
    const error = refusal(given)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).toMatch(message)
  })

  it.each([
    'secret',
    'SECRET',
    'changeme',
    'change-me',
    'change_me_please_change_me_please_change_me',
    'Change me before you go to production, please!',
    'CHANGE-THIS-SECRET-IN-PRODUCTION-0123456789',
    'keyboard cat',
    'keyboard cat keyboard cat keyboard cat',
    'Keyboard Cat! Keyboard Cat! Keyboard Cat!',
    'your-secret-key-goes-here-0123456789abcdef',
    'your_secret_0123456789abcdef0123456789abcdef',
  ])('checkSecrets() refuses the placeholder %o', (placeholder) => {
    expect(refusal(placeholder).message).toMatch(/secrets\[0\] is a well-known placeholder/)
    expect(refusal([good, placeholder]).message).toMatch(/secrets\[1\] is a well-known placeholder/)
  })

  it('checkSecrets() takes a secret that contains such words', () => {
    for (const secret of [
      'MySecretIsLongEnough-0123456789abcdef',
      'secret-but-random-3f8a9c71d2e4b6058a',
      'x-keyboard cat-0123456789abcdef0123456789',
      'do-not-change-me-0123456789abcdef-012345',
    ]) {
      expect(checkSecrets(secret)).toHaveLength(1)
    }
  })

  it('§2.21, §2.25 checkSecrets() says how to make one, and tells no part of a secret', () => {
    const given = [
      'hunter2hunter2',
      'change-me-hunter2hunter2',
      ['hunter2', 'x'],
      'hunter2'.repeat(4),
    ]
    for (const secret of given) {
      const error = refusal(secret)
      expect(error.message).toContain('npx tuile keygen')
      expect(
        `${error.message} ${error.stack?.split('\n')[0]} ${JSON.stringify(error)}`
      ).not.toMatch(/hunter2/)
    }
  })
})

describe('deriveKeys()', () => {
  const derive = (secret: string, purpose: KeyPurpose, name: string) =>
    agreed((engine) => deriveKeys(engine, checkSecrets(secret), purpose, name))[0]!

  it.each(PURPOSES)(
    'deriveKeys() agrees with hkdfSync() of node:crypto for the purpose %s',
    (purpose) => {
      for (const name of ['__Host-session', 'a', '', 'x'.repeat(256)]) {
        for (const secret of [...secrets, 'é'.repeat(40), 's'.repeat(1000)]) {
          const { key, fingerprint } = derive(secret, purpose, name)
          const theirs = nodeKey(secret, name, purpose)
          expect([hexOf(key), fingerprint]).toEqual([hexOf(theirs.key), theirs.fingerprint])
        }
      }
    }
  )

  it('deriveKeys() gives a key of its own to each secret, purpose and name', () => {
    const keys = PURPOSES.flatMap((purpose) =>
      ['', 'a', 'b', 'ab', 'a.b'].flatMap((name) =>
        secrets.map((secret) => hexOf(derive(secret, purpose, name).key))
      )
    )
    expect(new Set(keys).size).toBe(8 * 5 * 3)
  })

  it('deriveKeys() gives 32 bytes and three characters that tell nothing of them', () => {
    for (const secret of secrets) {
      const { key, fingerprint } = derive(secret, 'id', 'a')
      expect(key).toHaveLength(32)
      expect(fingerprint).toMatch(/^[A-Za-z0-9_-]{3}$/)
      expect(Buffer.from(key).toString('base64url')).not.toContain(fingerprint)
    }
  })

  it('deriveKeys() gives the same keys today and tomorrow', () => {
    const { key, fingerprint } = derive('0123456789abcdef0123456789abcdef', 'id', '__Host-session')
    expect([hexOf(key), fingerprint]).toMatchInlineSnapshot(`
      [
        "d5ae7ad5bf7e42b756d807bc2ad712a6406608567a4783fd40765f49403558d3",
        "Amz",
      ]
    `)
  })

  it.each(engines)('deriveKeys() on $name keeps the order of the secrets', (engine) => {
    const keys = deriveKeys(engine, checkSecrets(secrets), 'id', 'a')
    expect(keys).toEqual(secrets.map((secret) => nodeKey(secret, 'a')))
  })
})
