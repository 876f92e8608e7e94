import { describe, expect, it } from 'vitest'
import { checkTerms, secretsAt, type DatedSecret, type SecretList } from './dated-secrets.ts'
import { ConfigurationError } from './errors.ts'

const secretOf = (name: string): string => `${name}: a secret of more than 32 bytes`
const [A, B, C] = ['a', 'b', 'c'].map(secretOf) as [string, string, string]

const NOW = Date.UTC(2026, 5, 1)
const at = (hours: number): Date => new Date(NOW + hours * 3_600_000)

/** The first letters of the secrets in use, and in how many hours that changes. */
function inUse(list: SecretList, hours = 0): [string, number] {
  const now = at(hours).getTime()
  const { list: secrets, until } = secretsAt(checkTerms(list), now)
  return [secrets.map((secret) => secret[0]).join(''), (until - NOW) / 3_600_000]
}

describe('secretsAt()', () => {
  it('secretsAt() gives plain secrets in their order, for ever', () => {
    expect(inUse(A)).toEqual(['a', Infinity])
    expect(inUse([A])).toEqual(['a', Infinity])
    expect(inUse([C, A, B])).toEqual(['cab', Infinity])
    expect(inUse([{ secret: B }, A, { secret: C, notBefore: undefined }])).toEqual([
      'bac',
      Infinity,
    ])
  })

  it('secretsAt() ends a secret at its very instant', () => {
    const list = [A, { secret: B, retireAt: at(2) }]
    expect(inUse(list, 1.999_999)).toEqual(['ab', 2])
    expect(inUse(list, 2)).toEqual(['a', Infinity])
    expect(inUse([{ secret: B, retireAt: at(2) }], 2)).toEqual(['', Infinity])
  })

  it('secretsAt() has a secret verify before it signs, and sign from its very instant', () => {
    const list = [{ secret: B, notBefore: at(2) }, A]
    expect(inUse(list, 1.999_999)).toEqual(['ab', 2])
    expect(inUse(list, 2)).toEqual(['ba', Infinity])
    expect(inUse([{ secret: B, notBefore: at(2) }])).toEqual(['b', 2])
  })

  it('secretsAt() lets a new secret take over from an old one by dates alone', () => {
    const list: DatedSecret[] = [
      { secret: C, notBefore: at(20) },
      { secret: B, notBefore: at(10), retireAt: at(40) },
      { secret: A, retireAt: at(30) },
    ]
    expect([0, 10, 20, 30, 40].map((hours) => inUse(list, hours))).toEqual([
      ['acb', 10],
      ['bac', 20],
      ['cba', 30],
      ['cb', 40],
      ['c', Infinity],
    ])
  })

  it.each([
    ['a Date', at(2)],
    ['UTC', '2026-06-01T02:00:00Z'],
    ['another zone', '2026-06-01T04:00+02:00'],
    ['fractions', '2026-06-01T02:00:00.000Z'],
  ])('secretsAt() takes dates as %s', (_, retireAt) => {
    expect(inUse([A, { secret: B, retireAt }])).toEqual(['ab', 2])
  })

  it('secretsAt() begins a day in UTC', () => {
    expect(inUse([A, { secret: B, retireAt: '2026-06-02' }])).toEqual(['ab', 24])
  })
})

describe('checkTerms()', () => {
  it.each([
    ['a number', 1_780_000_000],
    ['no zone', '2026-06-01T02:00:00'],
    ['a word', 'tomorrow'],
    ['nothing', ''],
    ['no such day', '2026-13-45'],
    ['an American date', '06/01/2026'],
    ['an invalid Date', new Date(Number.NaN)],
    ['true', true],
  ])('checkTerms() refuses a date that is %s', (_, date) => {
    for (const name of ['notBefore', 'retireAt']) {
      const list = [A, { secret: B, [name]: date }] as SecretList
      expect(() => checkTerms(list)).toThrow(ConfigurationError)
      expect(() => checkTerms(list)).toThrow(`secrets[1].${name} must be a Date`)
    }
  })

  it('checkTerms() refuses a secret that would never sign', () => {
    const list = [A, { secret: B, notBefore: at(2), retireAt: at(1) }]
    expect(() => checkTerms(list)).toThrow('secrets[1] is retired before it signs')
  })

  it.each<[string, unknown, RegExp]>([
    ['no list', { secret: A }, /secrets is missing/],
    ['an empty list', [], /secrets is missing/],
    ['an entry without a secret', [{ retireAt: at(1) }], /secrets\[0\] is not a string/],
    ['an entry of null', [A, null], /secrets\[1\] is not a string/],
    ['a list in the list', [[A]], /secrets\[0\] is not a string/],
    ['a short one with dates', [{ secret: 'hunter2', retireAt: at(1) }], /has 7 bytes/],
  ])('checkTerms() refuses %s, and tells nothing of it', (_, list, message) => {
    expect(() => checkTerms(list as SecretList)).toThrow(ConfigurationError)
    expect(() => checkTerms(list as SecretList)).toThrow(message)
    expect(() => checkTerms(list as SecretList)).not.toThrow(/hunter2/)
  })
})
