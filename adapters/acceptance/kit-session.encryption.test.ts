/**
 * The promises of kit-session that Tuile keeps: sessions encrypted before a store sees them.
 *
 * kit-session encrypted the token as well. Here a token is a signed random id that says nothing, and
 * what is hidden is the key that a store keeps the session under: nobody can match the two.
 *
 * @module
 */
import { createStorage } from 'unstorage'
import memoryDriver from 'unstorage/drivers/memory'
import { describe, expect, it } from 'vitest'
import { ConfigurationError, memoryStorage, type SessionStorage } from '../../bindings/index.ts'
import {
  encryptedStorage,
  importRawKey,
  type EncryptedStorageOptions,
} from '../../bindings/storage/encrypted.ts'
import { unstorage } from '../../bindings/storage/unstorage.ts'
import {
  insideDeno,
  insideWorkers,
  itInside,
  type Inside,
} from '../../bindings/storage/inside.fixture.ts'
import { encrypted } from '../../bindings/storage/workers.fixture.ts'
import { SECRET, Site, type Visitor } from './jar.fixture.ts'

/** 32 bytes. */
const KEY = 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA='
const base64 = (size: number): string => btoa('k'.repeat(size))

/** Everything that a store was given, as a dump of it would show. */
class Dump {
  readonly records = new Map<string, string>()
  readonly storage: SessionStorage
  readonly #inner = memoryStorage()

  constructor() {
    this.storage = {
      atomic: true,
      read: (key) => {
        const record = this.#inner.read(key)
        return record && { ...record, value: this.records.get(key) ?? record.value }
      },
      write: (key, value, options) => {
        const written = this.#inner.write(key, value, options)
        if (written) this.records.set(key, value)
        return written
      },
      destroy: (key) => {
        this.records.delete(key)
        return this.#inner.destroy(key)
      },
    }
  }

  get text(): string {
    return [...this.records].flat().join('\n')
  }
}

interface Setup {
  readonly visitor: Visitor
  readonly dump: Dump
  readonly site: Site
}

function setup(options?: EncryptedStorageOptions, key: string | CryptoKey = KEY): Setup {
  const dump = new Dump()
  const site = new Site({
    secrets: SECRET,
    storage: encryptedStorage(dump.storage, key, options),
  })
  return { visitor: site.visitor(), dump, site }
}

describe('K14 any storage can be encrypted', () => {
  it.each([
    ['memory', () => memoryStorage()],
    ['unstorage', () => unstorage(createStorage({ driver: memoryDriver() }))],
    ['memory, encrypted twice', () => encryptedStorage(memoryStorage(), base64(16))],
  ])('K14 %s', async (_, create) => {
    for (const values of [true, false]) {
      const storage = encryptedStorage(create(), KEY, { values })
      const visitor = new Site({ secrets: SECRET, storage }).visitor()
      await visitor.send((session) => session.set('cart', ['madeleine']))
      await visitor.send((session) => session.regenerateId())
      expect(await visitor.send((session) => session.get('cart'))).toEqual(['madeleine'])
      await visitor.send((session) => session.destroy())
      expect(await visitor.send((session) => session.isNew)).toBe(true)
    }
  })
})

it('K15 a dump shows no value, no id, no token and no key that another storage would show', async () => {
  const plain = new Dump()
  const { visitor, dump } = setup()
  const id = await visitor.send((session) => {
    session.set('email', 'marcel@example.org')
    return session.id
  })
  expect(dump.records.size).toBe(1)
  expect(dump.text).not.toMatch(/marcel|email/)
  for (const part of [id, visitor.setCookie.value]) expect(dump.text).not.toContain(part)

  // The same id in a storage that is not encrypted: its key is a hash that anyone can make.
  const other = new Site({ secrets: SECRET, storage: plain.storage }).visitor()
  await other.send((session) => session.set('email', 'marcel@example.org'))
  const [key] = plain.records.keys()
  expect(key).toMatch(/^[\w-]{43}$/)
  expect(plain.text).toContain('marcel')
})

it('K16 without values a dump shows the values, but not whose they are', async () => {
  const { visitor, dump } = setup({ values: false })
  const id = await visitor.send((session) => {
    session.set('email', 'marcel@example.org')
    return session.id
  })
  expect(dump.text).toContain('marcel@example.org')
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(id))
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
  for (const part of [id, hash, visitor.setCookie.value]) expect(dump.text).not.toContain(part)
})

it('K17 with any character changed it is an empty session, and never a failure', async () => {
  const { visitor, dump, site } = setup()
  await visitor.send((session) => session.set('n', 1))
  const [[key, value]] = [...dump.records] as [[string, string]]
  for (let at = 0; at < value.length; at++) {
    const other = value[at] === 'A' ? 'B' : 'A'
    dump.records.set(key, value.slice(0, at) + other + value.slice(at + 1))
    const thief = visitor.copy()
    expect(await thief.send((session) => session.all())).toEqual({})
    expect(thief.response.status).toBe(200)
  }
  dump.records.set(key, value)
  expect(await visitor.send((session) => session.get('n'))).toBe(1)
  expect(site.errors).toEqual([])
})

it('K17 the records of two sessions that were swapped open neither', async () => {
  const { visitor, dump, site } = setup()
  const other = site.visitor()
  await visitor.send((session) => session.set('user', 'one'))
  await other.send((session) => session.set('user', 'two'))
  const [[first, one], [second, two]] = [...dump.records] as [[string, string], [string, string]]
  dump.records.set(first, two).set(second, one)
  for (const each of [visitor, other]) {
    expect(await each.send((session) => session.get('user'))).toBeUndefined()
  }
  expect(site.errors).toEqual([])
})

it('K18 10,000 sessions with the same data are 10,000 different ciphertexts', async () => {
  const { dump, site } = setup()
  const visitors = Array.from({ length: 10_000 }, () => site.visitor())
  for (const visitor of visitors) await visitor.send((session) => session.set('n', 1))
  expect(new Set(dump.records.values()).size).toBe(10_000)
  expect(new Set([...dump.records.values()].map((text) => text.slice(0, 19))).size).toBe(10_000)
}, 60_000)

describe('K19 keys', () => {
  it.each([
    [16, 128],
    [24, 192],
    [32, 256],
  ])('K19 of %i bytes are for AES-%i', async (size, length) => {
    const key = await importRawKey(base64(size))
    expect(key.algorithm).toEqual({ name: 'AES-GCM', length })
    const { visitor } = setup({}, key)
    await visitor.send((session) => session.set('n', size))
    expect(await visitor.send((session) => session.get('n'))).toBe(size)
  })

  it.each([15, 17, 31, 33])('K19 of %i bytes are refused', async (size) => {
    await expect(importRawKey(base64(size))).rejects.toThrow(ConfigurationError)
    expect(() => setup({}, base64(size))).toThrow(ConfigurationError)
  })

  it.each(['', '***', 'cadeau', ` ${KEY}`, `${KEY}AAAA`])('K19 %j is refused', async (text) => {
    await expect(importRawKey(text)).rejects.toThrow(ConfigurationError)
    expect(() => setup({}, text)).toThrow(ConfigurationError)
  })
})

it('K20 without a key the app does not start', () => {
  for (const key of [undefined, null, '']) {
    expect(() => encryptedStorage(memoryStorage(), key as never)).toThrow(ConfigurationError)
  }
})

describe('K21 WebCrypto is all it needs', () => {
  async function runAll(inside: Inside): Promise<void> {
    try {
      for (const [suite, cases] of Object.entries(encrypted)) {
        for (const { name } of cases({})) await inside.ask({ suite, name })
      }
    } finally {
      await inside.stop()
    }
  }

  itInside('miniflare', 'K21 the suites of encryptedStorage pass in workerd', async () =>
    runAll(await insideWorkers('workers.fixture.ts'))
  )
  itInside('deno', 'K21 the suites of encryptedStorage pass in Deno', async () =>
    runAll(await insideDeno('deno.fixture.ts', ':memory:'))
  )
})
