import { describe, expect, it } from 'vitest'
import { sessionConformance } from '../session-conformance.ts'
import { createSessions } from '../sessions.ts'
import { storageConformance } from './conformance.ts'
import type { SessionStorage } from './contract.ts'
import { cookieStorage } from './cookie.ts'
import { encryptedStorage, importRawKey } from './encrypted.ts'
import { createAliases } from './encrypted/aliases.ts'
import { createCipher } from './encrypted/cipher.ts'
import { HOSTILE_KEYS } from './hostile-keys.fixture.ts'
import { memoryStorage } from './memory.ts'
import { KEYS } from './workers.fixture.ts'

const HOUR = 3_600_000
const KEY = KEYS['AES-256']
const until = () => ({ expiresAt: Date.now() + HOUR, ifVersion: null })

/** What a storage was given, as a dump of it would show. */
function spy(storage: SessionStorage): { storage: SessionStorage; texts: () => string } {
  const seen: string[] = []
  const watched = (target: object): object =>
    new Proxy(target, {
      get(_, name) {
        const member = Reflect.get(target, name)
        if (typeof member === 'object') return watched(member)
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => {
          seen.push(JSON.stringify([name, args]))
          return member.apply(target, args)
        }
      },
    })
  return { storage: watched(storage) as SessionStorage, texts: () => seen.join('\n') }
}

describe('encryptedStorage keeps what its storage promises', () => {
  const create = () => encryptedStorage(memoryStorage(), KEY)
  const cases = [...storageConformance(create), ...sessionConformance(create)]
  for (const { name, run } of cases) it(name, run)
})

describe('encryptedStorage of keys alone', () => {
  const create = () => encryptedStorage(memoryStorage(), KEY, { values: false })
  const cases = [...storageConformance(create), ...sessionConformance(create)]
  for (const { name, run } of cases) it(name, run)
})

describe('encryptedStorage', () => {
  const bytes = (size: number) => new Uint8Array(size).fill(7)
  const base64 = (size: number) => btoa(String.fromCharCode(...bytes(size)))

  it.each([undefined, null, ''])('K20 refuses a key that is %j when it is made', (key) => {
    expect(() => encryptedStorage(memoryStorage(), key as never)).toThrow(/key is missing/)
  })

  it.each([0, 1, 15, 17, 31, 33, 64])('K19 refuses a key of %i bytes', async (size) => {
    const message = size === 0 ? /missing|0 bytes/ : new RegExp(`has ${size} bytes`)
    expect(() => encryptedStorage(memoryStorage(), base64(size))).toThrow(message)
    expect(() => encryptedStorage(memoryStorage(), bytes(size))).toThrow(/bytes; AES takes 16/)
    await expect(importRawKey(base64(size))).rejects.toThrow(/bytes; AES takes 16/)
  })

  it.each(['?', 'not base64!', 'QUJD QUJDREVGR0g=', `${KEY}=`, KEY.slice(0, -2), '=='])(
    'K19 refuses %j, and does not repeat it',
    async (text) => {
      expect(() => encryptedStorage(memoryStorage(), text)).toThrow(/base64|bytes/)
      await expect(importRawKey(text)).rejects.toThrow(/base64|bytes/)
      const error = await importRawKey(text).catch((error: Error) => error)
      if (text.length > 2) expect((error as Error).message).not.toContain(text)
    }
  )

  it('K19 takes keys of 16, 24 and 32 bytes in every form, and they are the same', async () => {
    for (const size of [16, 24, 32]) {
      const inner = memoryStorage()
      const urlSafe = base64(size).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
      const forms = [base64(size), urlSafe, bytes(size), await importRawKey(base64(size))]
      const storages = forms.map((key) => encryptedStorage(inner, key))
      await storages[0]!.write('key', 'text', until())
      for (const storage of storages) expect((await storage.read('key'))?.value).toBe('text')
    }
  })

  it('K19 importRawKey() gives a key that cannot be exported', async () => {
    expect(await importRawKey(KEY)).toMatchObject({
      algorithm: { name: 'AES-GCM', length: 256 },
      extractable: false,
    })
  })

  it('refuses a CryptoKey for something else', async () => {
    const make = (name: string, usages: KeyUsage[]) =>
      crypto.subtle.importKey('raw', bytes(32), name, false, usages)
    for (const key of [
      await make('AES-CBC', ['encrypt', 'decrypt']),
      await make('AES-GCM', ['decrypt']),
      {} as CryptoKey,
    ]) {
      expect(() => encryptedStorage(memoryStorage(), key)).toThrow(/must be base64, bytes, or/)
    }
  })

  it('refuses cookieStorage, and says what will do it', () => {
    expect(() => encryptedStorage(cookieStorage(), KEY)).toThrow(/sealed by cookieStorage itself/)
  })

  it('passes on what the other storage promises, and has no more methods than it', async () => {
    const { read, write, destroy } = memoryStorage()
    const bare = encryptedStorage({ read, write, destroy }, KEY)
    expect(bare).toMatchObject({ atomic: false, consistency: 'strong' })
    const optional = ['touch', 'sweep', 'lock', 'owners', 'close', 'volatile', 'sync']
    expect(optional.filter((name) => name in bare)).toEqual([])
    expect(encryptedStorage(memoryStorage(), KEY)).toMatchObject({ atomic: true, volatile: true })
  })

  it('passes on what is asked of it, and what the other storage says', async () => {
    const inner = memoryStorage({ max: 1 })
    const storage = encryptedStorage({ ...inner, diagnose: () => ['a setting'] }, KEY)
    expect(await storage.diagnose!()).toEqual(['a setting'])
    expect(await storage.destroy('key')).toBe(false)
    await storage.write('key', 'x', { ...until(), keep: true })
    await expect(storage.write('other', 'x', until())).rejects.toThrow('memoryStorage is full')
    expect(await storage.touch!('key', Date.now() + HOUR, 2)).toBe(false)
    expect(await storage.touch!('key', Date.now() + HOUR, 1)).toBe(true)
    expect(await storage.owners!.add('owner', 'key', Date.now() + HOUR)).toBe(1)
    expect(await storage.destroy('key')).toBe(true)
  })

  it('K15 with values a store holds no plain text, no key and no owner', async () => {
    const { storage, texts } = spy(memoryStorage())
    const outer = encryptedStorage(storage, KEY)
    const key = 'session'.padEnd(43, '0')
    const owner = 'owner'.padEnd(43, '0')
    await outer.write(key, '{"d":{"userId":"madeleine"}}', until())
    await outer.owners?.add(owner, key, Date.now() + HOUR)
    await outer.read(key)
    expect(texts()).not.toBe('')
    expect(texts()).not.toMatch(/madeleine|userId|session0|owner0/)
  })

  it('K16 without values the records are plain, and the keys are not', async () => {
    const { storage, texts } = spy(memoryStorage())
    const outer = encryptedStorage(storage, KEY, { values: false })
    await outer.write('session'.padEnd(43, '0'), '{"d":{"userId":"madeleine"}}', until())
    expect(texts()).toMatch(/madeleine/)
    expect(texts()).not.toMatch(/session0/)
  })

  it('K17 a record with any character changed, cut or added is no record', async () => {
    const inner = memoryStorage()
    const outer = encryptedStorage(inner, KEY)
    const key = 'k'.repeat(43)
    const alias = await (await createAliases(await importRawKey(KEY))).aliasOf(key)
    await outer.write(key, '{"c":1}', until())
    const { value } = inner.read(alias)!
    const changed = [...value].flatMap((letter, index) =>
      ['A', 'B', '=', '~'].flatMap((other) =>
        other === letter ? [] : [value.slice(0, index) + other + value.slice(index + 1)]
      )
    )
    const cut = [...value].map((_, index) => value.slice(0, index))
    const texts = [...changed, ...cut, `${value}A`, `${value}=`, ` ${value}`, value.toLowerCase()]
    for (const text of texts) {
      inner.destroy(alias)
      inner.write(alias, text, until())
      expect((await outer.read(key))?.value).toBe('')
    }
    inner.destroy(alias)
    inner.write(alias, value, until())
    expect((await outer.read(key))?.value).toBe('{"c":1}')
  })

  it('K17 two records that were swapped are none', async () => {
    const inner = memoryStorage()
    const outer = encryptedStorage(inner, KEY)
    const { aliasOf } = await createAliases(await importRawKey(KEY))
    const keys = ['a', 'b'].map((letter) => letter.repeat(43))
    for (const key of keys) await outer.write(key, `{"of":"${key}"}`, until())
    const aliases = await Promise.all(keys.map(aliasOf))
    const [a, b] = aliases.map((alias) => inner.read(alias)!.value)
    inner.write(aliases[0]!, b!, { ...until(), ifVersion: 1 })
    inner.write(aliases[1]!, a!, { ...until(), ifVersion: 1 })
    for (const key of keys) expect((await outer.read(key))?.value).toBe('')
  })

  it('K17 a record in plain text, or of another key, is none', async () => {
    const inner = memoryStorage()
    const key = 'k'.repeat(43)
    await encryptedStorage(inner, KEY, { values: false }).write(key, '{"c":1}', until())
    expect((await encryptedStorage(inner, KEY).read(key))?.value).toBe('')
    const other = encryptedStorage(inner, KEYS['AES-128'])
    expect(await other.read(key)).toBeNull()
  })

  it('K18, §2.22 10,000 ciphertexts of one text are all different', async () => {
    const { encrypt, decrypt } = createCipher(await importRawKey(KEY))
    const texts = await Promise.all(Array.from({ length: 10_000 }, () => encrypt('{}', 'key')))
    expect(new Set(texts).size).toBe(10_000)
    const nonces = new Set(texts.map((text) => text.slice('e1.'.length, 'e1.'.length + 16)))
    expect(nonces.size).toBe(10_000)
    expect(await decrypt(texts[9999]!, 'key')).toBe('{}')
  })

  it('E1 hostile keys are aliases like all others, each another record', async () => {
    const { aliasOf } = await createAliases(await importRawKey(KEY))
    const aliases = await Promise.all(HOSTILE_KEYS.map(aliasOf))
    expect(aliases.filter((alias) => !/^[\w-]{43}$/.test(alias))).toEqual([])
    expect(new Set(aliases).size).toBe(HOSTILE_KEYS.length)
  })

  it('aliases give their keys back, and tell nothing of them', async () => {
    const { aliasOf, keyOf } = await createAliases(await importRawKey(KEY))
    const keys = ['A', 'Z', '0', '_'].map((letter) => letter.repeat(43))
    keys.push(`${keys[0]!.slice(1)}B`, `B${keys[0]!.slice(1)}`)
    const aliases = await Promise.all(keys.map(aliasOf))
    expect(await Promise.all(aliases.map(keyOf))).toEqual(keys)
    // Keys that differ in one character have aliases that share about one in 64.
    const shared = (left: string, right: string) =>
      [...left].filter((letter, index) => letter === right[index]).length
    for (const alias of aliases.slice(4)) expect(shared(alias, aliases[0]!)).toBeLessThan(12)
    for (const alias of aliases) expect(new Set(alias).size).toBeGreaterThan(10)
  })

  it('a session whose record was changed is a new one, with an event, and no error', async () => {
    const inner = memoryStorage()
    let alias = ''
    const watched: SessionStorage = {
      ...inner,
      write(key, value, options) {
        alias = key
        return inner.write(key, value, options)
      },
    }
    const reasons: string[] = []
    const sessions = createSessions<{ n: number }>({
      storage: encryptedStorage(watched, KEY),
      secrets: 'encrypted: a secret of more than 32 bytes',
      onEvent: (event) => event.type === 'reject' && reasons.push(event.reason),
    })
    const session = await sessions.read(null)
    session.set('n', 1)
    const cookie = (await sessions.commit(session))[0]!.split(';')[0]!
    expect((await sessions.read(cookie)).get('n')).toBe(1)
    const { value } = inner.read(alias)!
    inner.write(alias, `${value.slice(0, -2)}AA`, { ...until(), ifVersion: 1 })
    expect((await sessions.read(cookie)).isNew).toBe(true)
    expect(reasons).toEqual(['corrupt'])
  })
})
