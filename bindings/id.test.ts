import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ALPHABET } from './codec/base64url.fixture.ts'
import { itNeeds } from './codec/corpus.fixture.ts'
import { agreed, engines } from './codec/engines.fixture.ts'
import { createId, createRotation, isId, rotationOf, sessionKeyOf, storageKey } from './id.ts'

describe.each(engines)('createId() on $name', (engine) => {
  afterEach(() => void vi.restoreAllMocks())

  it('C8 createId() makes 10,000 ids of 40 characters, no two of them the same', () => {
    const ids = Array.from({ length: 10_000 }, () => createId(engine))
    expect(new Set(ids.map(sessionKeyOf)).size).toBe(10_000)
    expect(new Set(ids.map(rotationOf)).size).toBe(10_000)
    expect(new Set(ids).size).toBe(10_000)
    expect(ids.filter((id) => !isId(id))).toEqual([])
  })

  it('C8, CVE-2024-36400, §2.26 createId() uses every symbol at every position', () => {
    const seen = Array.from({ length: 40 }, () => new Set<string>())
    for (let i = 0; i < 10_000; i++) {
      const id = createId(engine)
      for (let at = 0; at < 40; at++) seen[at]!.add(id[at]!)
    }
    const all = [...ALPHABET].sort().join('')
    expect(seen.map((symbols) => [...symbols].sort().join(''))).toEqual(Array(40).fill(all))
  })

  it('§2.26 createId() encodes 30 bytes of the platform: 96 bits that name, 144 that open', () => {
    const random = vi.spyOn(crypto, 'getRandomValues')
    const id = createId(engine)
    expect(random).toHaveBeenCalledOnce()
    const bytes = random.mock.calls[0]![0] as Uint8Array
    expect(bytes).toHaveLength(30)
    expect(id).toBe(Buffer.from(bytes).toString('base64url'))
    expect([sessionKeyOf(id), rotationOf(id)].map(({ length }) => length)).toEqual([16, 24])
    expect(createRotation(engine)).toMatch(/^[\w-]{24}$/)
    expect((random.mock.calls[1]![0] as Uint8Array).length).toBe(18)
  })

  it('C8 createId() throws what the random generator throws', () => {
    vi.spyOn(crypto, 'getRandomValues').mockImplementation(() => {
      throw new Error('no entropy')
    })
    expect(() => createId(engine)).toThrow('no entropy')
  })
})

describe('isId()', () => {
  const id = 'k5Jx0-pZ_3qWvT8yLmNb2RcAk5Jx0-pZ_3qWvT8y'

  it('isId() takes 40 characters of base64url', () => {
    for (const text of [id, 'A'.repeat(40), '-'.repeat(40), '_'.repeat(40)]) {
      expect(isId(text)).toBe(true)
    }
  })

  it('isId() refuses all else', () => {
    const texts = ['', id.slice(1), `${id}A`, `${id}\n`, `\n${id}`, ` ${id.slice(1)}`]
    for (const text of [...texts, `${id.slice(1)}=`, `${id.slice(1)}.`, `${id.slice(1)}é`]) {
      expect(isId(text), JSON.stringify(text)).toBe(false)
    }
  })

  itNeeds<[{ readonly ids: readonly string[] }]>(
    ['attacks/store_id_attacks'],
    'E1 37/37 hostile ids have not the shape of an id, or a storage key that says nothing of them',
    ({ ids }) => {
      for (const hostile of ids) {
        const key = agreed((engine) => storageKey(engine, hostile))
        expect(key).toMatch(/^[A-Za-z0-9_-]{43}$/)
      }
      // A path that is long enough to be cut is no id: it never comes to be a key.
      expect(ids.filter(isId)).toEqual([])
      expect(ids).toHaveLength(37)
    }
  )
})

describe('storageKey()', () => {
  it('CVE-2019-16782, §2.25 storageKey() is the SHA-256 of the session key, so that a store tells no id', () => {
    for (const id of ['k5Jx0-pZ_3qWvT8yLmNb2RcAk5Jx0-pZ_3qWvT8y', 'A'.repeat(40), '', 'é']) {
      const theirs = createHash('sha256').update(id.slice(0, 16)).digest('base64url')
      expect(agreed((engine) => storageKey(engine, id))).toBe(theirs)
    }
  })
})
