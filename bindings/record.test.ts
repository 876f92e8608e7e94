import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { itNeeds } from './codec/corpus.fixture.ts'
import { SessionSerializationError } from './errors.ts'
import {
  decodeRecord,
  encodeRecord,
  type FlashMessage,
  largestValues,
  rotationOfNumber,
  type SessionRecord,
} from './record.ts'

const NOW = Date.now()

/** A record with those parts. */
function recordOf(parts: Partial<SessionRecord> = {}): SessionRecord {
  const times = { rotatedAt: 0, graceUntil: 0, cookieAt: 0, createdAt: NOW, expiresAt: null }
  const identity = { sessionKey: null, rotation: ROTATION, snapshot: false }
  const empty = { authenticatedAt: null, owner: null, data: new Map(), flash: new Map() }
  return { ...identity, ...times, ...empty, ...parts }
}

const ROTATION = 'k5Jx0-pZ_3qWvT8yLmNb2RcA'
/** What each record of a server begins with. */
const HEAD = `"r":"${ROTATION}"`

const flashOf = (object: object): Map<string, FlashMessage> =>
  new Map(Object.entries(object).map(([key, value]) => [key, { value, mark: 'k3f9x1' }]))

const mapOf = (object: object): Map<string, unknown> => new Map(Object.entries(object))

describe('encodeRecord()', () => {
  it('encodeRecord() writes the documented text, and leaves out what is empty', () => {
    expect(encodeRecord(recordOf({ createdAt: 1763700000000 }))).toBe(`{"c":1763700000000,${HEAD}}`)
    const full = recordOf({
      createdAt: 1763700000000,
      rotatedAt: 1763700000002,
      graceUntil: 1763700000003,
      cookieAt: 1763700000004,
      snapshot: true,
      authenticatedAt: 1763700000001,
      owner: {
        id: '42',
        labels: { device: 'Firefox' },
        since: 1763700000005,
        until: 1763900000000,
      },
      data: mapOf({ userId: 42 }),
      flash: flashOf({ notice: 'Saved' }),
    })
    expect(JSON.parse(encodeRecord(full))).toEqual({
      a: 1763700000001,
      c: 1763700000000,
      r: ROTATION,
      t: 1763700000002,
      g: 1763700000003,
      k: 1763700000004,
      d: { userId: 42 },
      f: { notice: 'Saved' },
      m: { notice: 'k3f9x1' },
      o: { i: '42', l: { device: 'Firefox' }, s: 1763700000005, u: 1763900000000 },
      z: 1,
    })
    expect(decodeRecord(encodeRecord(full))).toEqual(full)
    const inCookie = recordOf({
      sessionKey: 'k5Jx0-pZ_3qWvT8y',
      rotation: rotationOfNumber(3),
      createdAt: 1763700000000,
      expiresAt: 1763800000000,
    })
    expect(JSON.parse(encodeRecord(inCookie))).toEqual({
      c: 1763700000000,
      i: 'k5Jx0-pZ_3qWvT8y',
      n: 3,
      e: 1763800000000,
    })
    expect(decodeRecord(encodeRecord(inCookie))).toEqual(inCookie)
  })

  it('decodeRecord() refuses rotations in cookies that are no numbers, or have none after them', () => {
    const text = (n: string): string => `{"c":${NOW},"i":"k5Jx0-pZ_3qWvT8y","n":${n}}`
    expect(decodeRecord(text('9007199254740990'))).not.toBeNull()
    for (const n of ['9007199254740991', '9007199254740993', '1e999', '-1', '1.5', '"1"', 'null']) {
      expect(decodeRecord(text(n)), n).toBeNull()
    }
    for (const i of ['', 'k5Jx0-pZ_3qWvT8', 'k5Jx0-pZ_3qWvT8yA']) {
      expect(decodeRecord(`{"c":${NOW},"i":"${i}","n":0}`), i).toBeNull()
    }
  })

  it('encodeRecord() and decodeRecord() keep any JSON under any key', () => {
    const entries = fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.jsonValue()))
    fc.assert(
      fc.property(entries, entries, fc.boolean(), (data, flash, snapshot) => {
        const messages = flash.map(([key, value]): [string, FlashMessage] => [
          key,
          { value, mark: 'm' },
        ])
        const record = recordOf({ data: new Map(data), flash: new Map(messages), snapshot })
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
      const values = new Map<string, unknown>([['good', 1]]).set('bad', value)
      const messages = flashOf(Object.fromEntries(values))
      const record = recordOf(part === 'data' ? { data: values } : { flash: messages })
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
    if (time !== 'null') expect(decodeRecord(`{${HEAD},"c":${NOW},"e":${time}}`)).toBeNull()
  })

  it('N14 decodeRecord() takes a record of any clock: on a server the storage is the truth', () => {
    for (const ahead of [-1e12, 70_000, 300_000, 86_400_000, 1e13]) {
      const text = `{${HEAD},"c":${Date.now() + ahead},"a":${Date.now() + ahead}}`
      expect(decodeRecord(text)?.createdAt).toBeGreaterThan(0)
    }
  })

  it.each([
    '',
    'null',
    '1',
    '"{}"',
    '[]',
    '{}',
    `{${HEAD},"c":${NOW}`,
    `{${HEAD},"c":${NOW}}x`,
    `{${HEAD},"c":${NOW},"d":[]}`,
    `{${HEAD},"c":${NOW},"d":null}`,
    `{${HEAD},"c":${NOW},"d":"x"}`,
    `{${HEAD},"c":${NOW},"f":[1]}`,
    `{${HEAD},"c":${NOW},"f":0}`,
    `{${HEAD},"c":${NOW},"i":1}`,
    `{${HEAD},"c":${NOW},"i":["a"]}`,
    `{"__proto__":{"c":${NOW}}}`,
    `{"C":${NOW}}`,
  ])('decodeRecord() refuses %o', (text) => {
    expect(decodeRecord(text)).toBeNull()
  })

  it('decodeRecord() takes 1 alone for the mark of a snapshot', () => {
    expect(decodeRecord(`{${HEAD},"c":${NOW},"z":1}`)!.snapshot).toBe(true)
    for (const z of ['0', 'true', '"1"', '[1]', '{}']) {
      expect(decodeRecord(`{${HEAD},"c":${NOW},"z":${z}}`)!.snapshot).toBe(false)
    }
  })

  it('decodeRecord() never throws', () => {
    const piece = fc.oneof(fc.json(), fc.string(), fc.constant(`{${HEAD},"c":${NOW}}`))
    fc.assert(
      fc.property(piece, (text) => {
        for (const each of [
          text,
          `{${HEAD},"c":${NOW},"d":${text}}`,
          `{${HEAD},"c":${NOW},"f":{"a":${text}}}`,
        ]) {
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
        const record = decodeRecord(`{${HEAD},"c":${NOW},"d":${text}}`)
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
      flash: flashOf({ notice: 'x'.repeat(20) }),
    })
    expect(largestValues(record)).toEqual([
      { key: 'b', size: 32 },
      { key: 'notice', size: 22 },
      { key: 'a', size: 12 },
    ])
    expect(largestValues(recordOf())).toEqual([])
  })
})
