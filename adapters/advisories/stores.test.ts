/**
 * What a store is asked for, and what it tells who steals it.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createStorage } from 'unstorage'
import { describe, expect, it, vi } from 'vitest'
import { nodeKey, nodeToken } from '../../bindings/codec/keys.fixture.ts'
import type { Session } from '../../bindings/session.ts'
import { createSessions } from '../../bindings/sessions.ts'
import { cookieOf, cookieWith, recordedSessions, visit } from '../../bindings/sessions.fixture.ts'
import type { SessionStorage } from '../../bindings/storage/contract.ts'
import { fsStorage } from '../../bindings/storage/fs.ts'
import { HOSTILE_KEYS } from '../../bindings/storage/hostile-keys.fixture.ts'
import { kvStorage } from '../../bindings/storage/kv.ts'
import { memoryStorage } from '../../bindings/storage/memory.ts'
import { unstorage } from '../../bindings/storage/unstorage.ts'
import { NAME, SECRET, SERVERS, temporaryFolder } from './places.fixture.ts'

/** A storage that writes down what it is asked for. */
function observed(storage: SessionStorage): { storage: SessionStorage; asked: string[] } {
  const asked: string[] = []
  const note = (...texts: string[]): void => void asked.push(...texts)
  return {
    asked,
    storage: {
      ...storage,
      read(key) {
        note(key)
        return storage.read(key)
      },
      write(key, value, options) {
        note(key, value)
        return storage.write(key, value, options)
      },
      destroy(key) {
        note(key)
        return storage.destroy(key)
      },
    },
  }
}

/** All that lies in a folder, names and contents. */
function contentsOf(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .map((path) => (statSync(path).isFile() ? `${path}\n${readFileSync(path, 'latin1')}` : path))
    .join('\n')
}

describe.each(SERVERS)('a store that is stolen, %s', (_, create) => {
  it('CVE-2019-16782, §2.25 has neither an id nor a cookie, by which a session could be opened', async () => {
    const { storage, asked } = observed(create())
    const { sessions } = recordedSessions({ storage })
    const session = await sessions.read(null)
    session.set('x', 1)
    const cookie = cookieOf(await sessions.commit(session))
    await visit(sessions, cookie, (again) => again.set('x', 2))
    let rotated = ''
    const renew = (again: Session): void => {
      again.regenerateId({ grace: 60 })
      rotated = again.id
    }
    const next = cookieOf(await visit(sessions, cookie, renew))
    expect((await sessions.read(cookie)).get('x')).toBe(2) // by the snapshot that the grace has
    await visit(sessions, next, (again) => again.destroy())
    expect(asked.length).toBeGreaterThan(8)
    const all = asked.join('\n')
    for (const id of [session.id, rotated]) expect(all).not.toContain(id)
    // A record has its rotation, which opens nothing without the session key.
    expect(all).not.toContain(session.id.slice(0, 16))
    for (const token of [cookie, next]) {
      expect(all).not.toContain(token.slice(NAME.length + 5, NAME.length + 30))
    }
  })
})

describe('a store of files', () => {
  it('CVE-2025-61686, GHSA-9583-h5hc-x8cw, GO-2024-2730, CVE-2011-0698, §2.41 is never asked for a path that a cookie names', async () => {
    const outside = temporaryFolder()
    const folder = join(outside, 'sessions')
    for (const name of ['x', 'passwd']) writeFileSync(join(outside, name), 'outside')
    const { storage, asked } = observed(fsStorage(folder))
    const { sessions } = recordedSessions({ storage })
    await cookieWith(sessions)
    const before = readdirSync(outside)
    const key = nodeKey(SECRET, NAME)
    const signing = createSessions({ secrets: SECRET, storage })
    const paths = [...HOSTILE_KEYS, '../x', '../../passwd', '..\\x', '/etc/passwd']
    // As long as an id, too.
    for (const id of [...paths, ...paths.map((path) => path.padEnd(40, '/').slice(0, 40))]) {
      asked.length = 0
      // Unsigned, and as one who has the secret would sign it.
      for (const token of [id, nodeToken(key, id)]) {
        expect((await signing.read(`${NAME}=${encodeURIComponent(token)}`)).isNew).toBe(true)
        expect((await signing.read(`${NAME}=${token}`)).isNew).toBe(true)
      }
      expect(asked.filter((text) => !/^[A-Za-z0-9_-]{43}$/.test(text))).toEqual([])
    }
    expect(readdirSync(outside)).toEqual(before)
    expect(readFileSync(join(outside, 'x'), 'utf8')).toBe('outside')
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    expect(files.filter((path) => /[^a-z0-9./_-]/.test(path))).toEqual([])
  })

  it('CVE-2019-16782, §2.41 shows no id, and nobody but its owner anything', async () => {
    const folder = join(temporaryFolder(), 'sessions')
    const sessions = createSessions({ secrets: SECRET, storage: fsStorage(folder) })
    const session = await sessions.read(null)
    session.set('x', 1)
    await sessions.commit(session)
    expect(existsSync(folder)).toBe(true)
    expect(contentsOf(folder)).not.toContain(session.id)
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      expect(statSync(join(folder, name)).mode & 0o077, name).toBe(0)
    }
  })
})

describe('a store that an app shares with its sessions', () => {
  const APP_KEYS = ['user:1', 'A'.repeat(24), 'A'.repeat(43), 'cache', 'settings']

  it('CVE-2011-4136, §2.42 gives no session for the name of a key of the app, and keeps to its prefix', async () => {
    const shared = createStorage()
    for (const key of APP_KEYS) await shared.setItem(key, `{"c":${Date.now()},"d":{"user":"app"}}`)
    const before = await shared.getKeys()
    const sessions = createSessions({ secrets: SECRET, storage: unstorage(shared) })
    const signer = nodeKey(SECRET, NAME)
    for (const id of APP_KEYS) {
      const session = await sessions.read(`${NAME}=${nodeToken(signer, id)}`)
      expect(session.isNew).toBe(true)
      session.destroy()
      await sessions.commit(session)
    }
    const session = await sessions.read(null)
    session.set('x', 1)
    const cookie = cookieOf(await sessions.commit(session))
    const added = (await shared.getKeys()).filter((key) => !before.includes(key))
    expect(added.length).toBeGreaterThan(0)
    expect(added.every((key) => key.startsWith('session:'))).toBe(true)
    const ending = await sessions.read(cookie)
    ending.destroy()
    await sessions.commit(ending)
    expect((await shared.getKeys()).filter((key) => before.includes(key))).toEqual(before)
  })

  it('CVE-2011-4136, §2.42 has the end of each record in the call that writes it', async () => {
    const puts: { key: string; ends: number | undefined }[] = []
    const namespace = {
      get: async () => null,
      getWithMetadata: async () => ({ value: null, metadata: null }),
      put: async (key: string, _value: string, options?: { expirationTtl: number }) =>
        void puts.push({ key, ends: options?.expirationTtl }),
      delete: async () => undefined,
      list: async () => ({ keys: [], list_complete: true }),
    }
    const sessions = createSessions({
      secrets: SECRET,
      storage: kvStorage(namespace as unknown as Parameters<typeof kvStorage>[0]),
      lifetime: 3600,
    })
    const session = await sessions.read(null)
    session.set('x', 1)
    await sessions.commit(session)
    expect(puts.length).toBeGreaterThan(0)
    for (const { key, ends } of puts) {
      expect(key).toMatch(/^session:/)
      expect(ends).toBeGreaterThan(3590)
    }
  })
})

describe.each(SERVERS)('ids that collide, %s', (_, create) => {
  it('tower-sessions 0.12 (#181, #188), §2.27 take over no session: not when one is made, not when one gets a new id', async () => {
    const { sessions, events } = recordedSessions({ storage: create() })
    const victim = await sessions.read(null)
    victim.set('user', 'ada')
    const cookie = cookieOf(await sessions.commit(victim))
    const collide = (): void => {
      vi.spyOn(crypto, 'getRandomValues').mockImplementationOnce((bytes) => {
        const { length } = bytes as Uint8Array
        const id = Buffer.from(victim.id, 'base64url')
        ;(bytes as Uint8Array).set(id.subarray(id.length - length))
        return bytes
      })
    }
    const other = await cookieWith(sessions, { user: 'mallory' })
    collide()
    const made = await cookieWith(sessions, { user: 'mallory' })
    expect(made).not.toBe(cookie)
    expect((await sessions.read(cookie)).get('user')).toBe('ada')
    events.length = 0
    const regenerating = await sessions.read(other)
    collide()
    regenerating.regenerateId()
    const end = await Promise.resolve()
      .then(() => sessions.commit(regenerating))
      .then(cookieOf, (error: Error) => error.name)
    expect(end).not.toBe(cookie)
    expect((await sessions.read(cookie)).get('user')).toBe('ada')
    vi.restoreAllMocks()
  })
})

describe('ids', () => {
  it('CVE-2024-36400, RUSTSEC-2024-0343, §2.26 of sessions have 144 bits, none of them fixed', async () => {
    const { sessions } = recordedSessions({ storage: memoryStorage() })
    const ones = Array<number>(144).fill(0)
    const count = 4000
    for (let i = 0; i < count; i++) {
      const { id } = await sessions.read(null)
      // The rotation is the credential; the session key before it has 96 bits more.
      expect(Buffer.from(id, 'base64url')).toHaveLength(30)
      const bytes = Buffer.from(id.slice(16), 'base64url')
      for (let bit = 0; bit < 144; bit++) ones[bit]! += (bytes[bit >> 3]! >> (bit & 7)) & 1
    }
    // Eight standard deviations: no fair bit is out of that.
    const limit = 8 * Math.sqrt(count / 4)
    expect(ones.filter((sum) => Math.abs(sum - count / 2) > limit)).toEqual([])
  })
})
