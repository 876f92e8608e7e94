import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ALPHABET } from './codec/base64url.fixture.ts'
import { itNeeds } from './codec/corpus.fixture.ts'
import { agreed, engines } from './codec/engines.fixture.ts'
import { createId, isId, storageKey } from './id.ts'

describe.each(engines)('createId() on $name', (engine) => {
  afterEach(() => void vi.restoreAllMocks())

  it('C8 createId() makes 10,000 ids of 24 characters, no two of them the same', () => {
    const ids = Array.from({ length: 10_000 }, () => createId(engine))
    expect(new Set(ids).size).toBe(10_000)
    expect(ids.filter((id) => !isId(id))).toEqual([])
  })

  it('C8, CVE-2024-36400, §2.26 createId() uses every symbol at every position', () => {
    const seen = Array.from({ length: 24 }, () => new Set<string>())
    for (let i = 0; i < 10_000; i++) {
      const id = createId(engine)
      for (let at = 0; at < 24; at++) seen[at]!.add(id[at]!)
    }
    const all = [...ALPHABET].sort().join('')
    expect(seen.map((symbols) => [...symbols].sort().join(''))).toEqual(Array(24).fill(all))
  })

  it('createId() is the text of 18 bytes of the platform', () => {
    const random = vi.spyOn(crypto, 'getRandomValues')
    const id = createId(engine)
    expect(random).toHaveBeenCalledOnce()
    const bytes = random.mock.calls[0]![0] as Uint8Array
    expect(bytes).toHaveLength(18)
    expect(id).toBe(Buffer.from(bytes).toString('base64url'))
  })

  it('C8 createId() throws what the random generator throws', () => {
    vi.spyOn(crypto, 'getRandomValues').mockImplementation(() => {
      throw new Error('no entropy')
    })
    expect(() => createId(engine)).toThrow('no entropy')
  })
})

describe('isId()', () => {
  const id = 'k5Jx0-pZ_3qWvT8yLmNb2RcA'

  it('isId() takes 24 characters of base64url', () => {
    for (const text of [id, 'A'.repeat(24), '-'.repeat(24), '_'.repeat(24)]) {
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
      expect(new Set(ids.map((each) => storageKey(engines[0]!, each))).size).toBe(new Set(ids).size)
      expect(ids).toHaveLength(37)
    }
  )
})

describe('storageKey()', () => {
  it('CVE-2019-16782, §2.25 storageKey() is the SHA-256 of the id, so that a store tells no id', () => {
    for (const id of ['k5Jx0-pZ_3qWvT8yLmNb2RcA', 'A'.repeat(24), '', '../../etc/passwd', 'é']) {
      const theirs = createHash('sha256').update(id).digest('base64url')
      expect(agreed((engine) => storageKey(engine, id))).toBe(theirs)
    }
  })
})
