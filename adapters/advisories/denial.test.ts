/**
 * Requests that are made to be expensive: to read, to keep, to answer.
 *
 * @module
 */
import { describe, expect, it } from 'vitest'
import { bombs } from '../../bindings/codec/cookies.fixture.ts'
import { SessionSerializationError, SessionTooLargeError } from '../../bindings/errors.ts'
import { createSessions } from '../../bindings/sessions.ts'
import { cookieWith, recordedSessions, visit } from '../../bindings/sessions.fixture.ts'
import { memoryStorage } from '../../bindings/storage/memory.ts'
import { NAME, PLACES, SECRET, SERVERS, Site } from './places.fixture.ts'

const MIB = 1_048_576

describe('a Cookie header', () => {
  it('CVE-2014-4179 that is no header makes no request fail', async () => {
    const { sessions } = recordedSessions()
    const good = await cookieWith(sessions, { user: 'ada' })
    let state = 1
    const below = (limit: number): number => {
      state = (state * 48_271) % 2_147_483_647
      return state % limit
    }
    for (let i = 0; i < 20_000; i++) {
      const at = below(good.length)
      const odd = String.fromCharCode(below(0x10000)).repeat(1 + below(3))
      const header = [good.slice(0, at) + odd, good.slice(at), odd + good, odd.repeat(40)][i % 4]!
      // What still verifies is the session that was signed; all else is nobody's.
      expect(['ada', undefined]).toContain((await sessions.read(header)).get('user'))
    }
  })

  it('CVE-2016-1000232, CVE-2024-7592, CVE-2024-52804, CVE-2025-58186, GO-2025-4012, §2.7, §2.8 that is too long is refused before anything is looked at', async () => {
    const { sessions, events } = recordedSessions()
    const good = await cookieWith(sessions)
    for (const [name, bomb] of Object.entries(bombs)) {
      events.length = 0
      const header = `${bomb(MIB)}; ${good}`
      expect((await sessions.read(header)).isNew, name).toBe(true)
      expect(events).toEqual([{ type: 'reject', reason: 'oversize' }])
    }
    // Under the limit it is read: what is there is found. The work is counted in codec/.
    for (const [name, bomb] of Object.entries(bombs)) {
      const header = `${bomb(12_000)}; ${good}`
      if (header.includes('"')) continue
      expect((await sessions.read(header)).get('x'), name).toBe(1)
    }
  })

  it('§2.6 with thousands of our cookies costs four verifications, and tells it once', async () => {
    const { sessions, events } = recordedSessions()
    const good = await cookieWith(sessions)
    const bad = `${NAME}=${good.slice(NAME.length + 1, -1)}`
    events.length = 0
    expect((await sessions.read(`${`${bad}; `.repeat(3)}${good}`)).get('x')).toBe(1)
    events.length = 0
    expect((await sessions.read(`${`${bad}; `.repeat(4)}${good}`)).isNew).toBe(true)
    expect(events.filter(({ type }) => type === 'reject')).toHaveLength(1)
  })
})

describe.each(SERVERS)('what is kept, %s', (_, storage) => {
  it('CVE-2016-4423, CVE-2018-11386, §2.44 has a limit: a session that grows past it is a typed error, and stays as it was', async () => {
    const { sessions } = recordedSessions({ storage: storage() })
    const cookie = await cookieWith(sessions)
    const grow = (size: number) =>
      visit(sessions, cookie, (session) => session.set('name', 'é'.repeat(size / 2)))
    await grow(MIB - 1000)
    const error = await grow(MIB + 1).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SessionTooLargeError)
    const { size, limit, largest, message } = error as SessionTooLargeError
    expect(size).toBeGreaterThan(limit)
    expect([limit, largest[0]!.key]).toEqual([MIB, 'name'])
    expect(message).not.toContain('é')
    const after = await sessions.read(cookie)
    expect([after.get('x'), after.get('name').length]).toEqual([1, (MIB - 1000) / 2])
    // A new one that is too large is not stored, and sets no cookie.
    const large = await sessions.read(null)
    large.set('name', 'a'.repeat(MIB))
    await expect((async () => sessions.commit(large))()).rejects.toThrow(SessionTooLargeError)
    const regenerated = await sessions.read(cookie)
    regenerated.regenerateId()
    regenerated.set('name', 'a'.repeat(MIB))
    await expect((async () => sessions.commit(regenerated))()).rejects.toThrow(SessionTooLargeError)
    expect((await sessions.read(cookie)).get('x')).toBe(1)
  })

  it('§2.44 may be as deep as JSON goes: deeper is a typed error', async () => {
    const { sessions } = recordedSessions({ storage: storage() })
    const cookie = await cookieWith(sessions)
    let deep: unknown = 1
    for (let i = 0; i < 200_000; i++) deep = [deep]
    const error = await visit(sessions, cookie, (session) => session.set('deep', deep)).catch(
      (thrown: unknown) => thrown
    )
    expect(error).toBeInstanceOf(SessionSerializationError)
    expect((error as SessionSerializationError).key).toBe('deep')
    expect((await sessions.read(cookie)).get('x')).toBe(1)
  })

  it('§2.44 is plain data: then, toJSON, __proto__ and constructor do nothing', async () => {
    const { sessions } = recordedSessions({ storage: storage() })
    const odd = JSON.parse(
      '{"then":1,"toJSON":"x","__proto__":{"isAdmin":true},"constructor":{}}'
    ) as object
    const entries = ['then', 'toJSON', '__proto__'].map((name) => [name, 'x'])
    const cookie = await cookieWith(sessions, { odd, ...Object.fromEntries(entries) })
    const session = await sessions.read(cookie)
    expect(session.get('isAdmin')).toBeUndefined()
    for (const name of ['then', 'toJSON', '__proto__']) expect(session.get(name)).toBe('x')
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
    const all = session.all()
    expect(Object.getPrototypeOf(all)).toBe(Object.prototype)
  })
})

describe.each(PLACES)('visitors who bring nothing, %s', (_, storage) => {
  it('CVE-2015-3982, CVE-2015-5143, CVE-2015-5963, CVE-2015-5964, §2.31 leave nothing: no record, no cookie, no id', async () => {
    const place = storage()
    const site = new Site({ secrets: SECRET, storage: place })
    const { ticket } = site.register((session) => {
      session.get('x')
      session.unset('x')
      session.clear()
      session.regenerateId()
      return session.id.length
    })
    const headers = ['', `${NAME}=`, `${NAME}=""`, `${NAME}=${'A'.repeat(24)}`, '=; ;']
    for (let i = 0; i < 300; i++) {
      const init = { headers: { Cookie: headers[i % headers.length]! } }
      const response = await site.app.request(`/${ticket}`, init)
      // At most the cookie that was refused is removed.
      const lines = response.headers.getSetCookie()
      expect(lines.filter((line) => !line.includes('=; Max-Age=0;'))).toEqual([])
    }
    if ('size' in place) expect(place.size).toBe(0)
    if ('calls' in place) expect(place.calls).toEqual([])
  })
})

describe('memory', () => {
  it('express-session #284, node-red #1434, §2.48 is given back by what has ended, and holds no more than its cap', async () => {
    const storage = memoryStorage({ max: 1000 })
    const sessions = createSessions({ secrets: SECRET, storage, lifetime: 1 })
    for (let i = 0; i < 3000; i++) await cookieWith(sessions as never)
    expect(storage.size).toBeLessThanOrEqual(1000)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    for (let i = 0; i < 1100; i++) await cookieWith(sessions as never)
    const alive = storage.size
    await sessions.sweep()
    expect(storage.size).toBeLessThanOrEqual(alive)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    await sessions.sweep()
    expect(storage.size).toBe(0)
  })
})
