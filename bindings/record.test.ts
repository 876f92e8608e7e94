import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { itNeeds } from './codec/corpus.fixture.ts'
import { SessionSerializationError } from './errors.ts'
import { decodeRecord, encodeRecord, largestValues, type SessionRecord } from './record.ts'

const NOW = Date.now()

/** A record with those parts. */
function recordOf(parts: Partial<SessionRecord> = {}): SessionRecord {
  const empty = { id: null, expiresAt: null, frozen: false, authenticatedAt: null, owner: null }
  return { createdAt: NOW, ...empty, data: new Map(), flash: new Map(), ...parts }
}

const mapOf = (object: object): Map<string, unknown> => new Map(Object.entries(object))

describe('encodeRecord()', () => {
  it('encodeRecord() writes the documented text, and leaves out what is empty', () => {
    expect(encodeRecord(recordOf({ createdAt: 1763700000000 }))).toBe('{"c":1763700000000}')
    const full = recordOf({
      id: 'k5Jx0-pZ_3qWvT8yLmNb2RcA',
      createdAt: 1763700000000,
      expiresAt: 1763800000000,
      frozen: true,
      authenticatedAt: 1763700000001,
      owner: {
        id: '42',
        labels: { device: 'Firefox' },
        rank: '0mih3k2x0key',
        until: 1763900000000,
      },
      data: mapOf({ userId: 42 }),
      flash: mapOf({ notice: 'Saved' }),
    })
    expect(JSON.parse(encodeRecord(full))).toEqual({
      a: 1763700000001,
      c: 1763700000000,
      i: 'k5Jx0-pZ_3qWvT8yLmNb2RcA',
      e: 1763800000000,
      d: { userId: 42 },
      f: { notice: 'Saved' },
      o: { i: '42', l: { device: 'Firefox' }, r: '0mih3k2x0key', u: 1763900000000 },
      z: 1,
    })
    expect(decodeRecord(encodeRecord(full))).toEqual(full)
  })

  it('encodeRecord() and decodeRecord() keep any JSON under any key', () => {
    const entries = fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.jsonValue()))
    fc.assert(
      fc.property(entries, entries, fc.boolean(), (data, flash, frozen) => {
        const record = recordOf({ data: new Map(data), flash: new Map(flash), frozen })
        const decoded = decodeRecord(encodeRecord(record))!
        // As text, since JSON has no -0; by key, since an object puts numbers first.
        const plain = (map: ReadonlyMap<string, unknown>): string[] =>
          [...map].map(([key, value]) => JSON.stringify([key, value])).sort()
        expect(plain(decoded.data)).toEqual(plain(record.data))
        expect(plain(decoded.flash)).toEqual(plain(record.flash))
        expect({ ...decoded, data: null, flash: null }).toEqual({
          ...record,
          data: null,
          flash: null,
        })
      }),
      { numRuns: 300 }
    )
  })

  it('encodeRecord() takes inherited names for plain keys', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', 'toJSON', 'id']
    const data = new Map(names.map((name) => [name, { polluted: name }]))
    const decoded = decodeRecord(encodeRecord(recordOf({ data })))!
    expect([...decoded.data.keys()].sort()).toEqual([...names].sort())
    expect(decoded.data.get('__proto__')).toEqual({ polluted: '__proto__' })
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })

  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic
  const throwing = {
    toJSON() {
      throw new Error('no')
    },
  }
  const deep = Array.from({ length: 200_000 }).reduce<unknown>((inner) => [inner], 0)

  it.each([
    ['a BigInt', 1n],
    ['a BigInt inside', { a: [1n] }],
    ['a cycle', cyclic],
    ['a toJSON that throws', throwing],
    ['a value too deep to write', deep],
  ])('encodeRecord() names the key of %s', (_, value) => {
    for (const part of ['data', 'flash'] as const) {
      const record = recordOf({ [part]: new Map<string, unknown>([['good', 1]]).set('bad', value) })
      try {
        encodeRecord(record)
        expect.unreachable('it was written')
      } catch (error) {
        expect(error).toBeInstanceOf(SessionSerializationError)
        expect(error).toMatchObject({ key: 'bad', code: 'SESSION_SERIALIZATION' })
        expect((error as Error).message).toContain('"bad"')
        expect((error as Error).cause).toBeDefined()
      }
    }
  })
})

describe('decodeRecord()', () => {
  const TIMES = [
    '"x"',
    '"1763700000000"',
    'NaN',
    'null',
    '-1',
    '0',
    '1.5',
    '1e999',
    '-1e999',
  ].concat(['[1]', '{}', 'true', '9007199254740993', '1e300'])

  it.each(TIMES)('CVE-2026-44459 decodeRecord() refuses the time %s', (time) => {
    expect(decodeRecord(`{"c":${time}}`)).toBeNull()
    // No deadline is one, in a storage that keeps it elsewhere.
    if (time !== 'null') expect(decodeRecord(`{"c":${NOW},"e":${time}}`)).toBeNull()
  })

  it('decodeRecord() refuses a record from the future, but for the skew of a clock', () => {
    expect(decodeRecord(`{"c":${Date.now() + 30_000}}`)).not.toBeNull()
    for (const ahead of [70_000, 86_400_000, 1e13]) {
      expect(decodeRecord(`{"c":${Date.now() + ahead}}`)).toBeNull()
    }
  })

  it.each([
    '',
    'null',
    '1',
    '"{}"',
    '[]',
    '{}',
    `{"c":${NOW}`,
    `{"c":${NOW}}x`,
    `{"c":${NOW},"d":[]}`,
    `{"c":${NOW},"d":null}`,
    `{"c":${NOW},"d":"x"}`,
    `{"c":${NOW},"f":[1]}`,
    `{"c":${NOW},"f":0}`,
    `{"c":${NOW},"i":1}`,
    `{"c":${NOW},"i":["a"]}`,
    `{"__proto__":{"c":${NOW}}}`,
    `{"C":${NOW}}`,
  ])('decodeRecord() refuses %o', (text) => {
    expect(decodeRecord(text)).toBeNull()
  })

  it('decodeRecord() freezes for 1 only', () => {
    expect(decodeRecord(`{"c":${NOW},"z":1}`)!.frozen).toBe(true)
    for (const z of ['0', 'true', '"1"', '[1]', '{}']) {
      expect(decodeRecord(`{"c":${NOW},"z":${z}}`)!.frozen).toBe(false)
    }
  })

  it('decodeRecord() never throws', () => {
    const piece = fc.oneof(fc.json(), fc.string(), fc.constant(`{"c":${NOW}}`))
    fc.assert(
      fc.property(piece, (text) => {
        for (const each of [text, `{"c":${NOW},"d":${text}}`, `{"c":${NOW},"f":{"a":${text}}}`]) {
          decodeRecord(each)
        }
      })
    )
  })

  itNeeds<[{ readonly cases: readonly string[]; readonly generators: readonly { js: string }[] }]>(
    ['attacks/session_json_attacks'],
    'D6 22/22 session JSON attacks and 4/4 bombs: no exception, no prototype touched',
    ({ cases, generators }) => {
      const before = Reflect.ownKeys(Object.prototype)
      const bombs = generators.map(({ js }) => new Function(`return ${js}`)() as string)
      for (const text of [...cases, ...bombs]) {
        // As a whole it is no record; as the data of one it is just data.
        expect(decodeRecord(text)).toBeNull()
        // A million keys take seconds to parse, and a cookie has room for some hundred.
        if (text.length > 2_000_000) continue
        const record = decodeRecord(`{"c":${NOW},"d":${text}}`)
        expect(record?.data.get('isAdmin')).toBeUndefined()
        if (record && text.length < 1000) encodeRecord(record)
      }
      expect(Reflect.ownKeys(Object.prototype)).toEqual(before)
      expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
      expect([cases.length, generators.length]).toEqual([22, 4])
    }
  )
})

describe('largestValues()', () => {
  it('largestValues() gives the three largest, flash among them, the largest first', () => {
    const record = recordOf({
      data: mapOf({ a: 'x'.repeat(10), b: 'x'.repeat(30), c: 1, d: undefined }),
      flash: mapOf({ notice: 'x'.repeat(20) }),
    })
    expect(largestValues(record)).toEqual([
      { key: 'b', size: 32 },
      { key: 'notice', size: 22 },
      { key: 'a', size: 12 },
    ])
    expect(largestValues(recordOf())).toEqual([])
  })
})
