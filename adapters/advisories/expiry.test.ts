/**
 * Sessions that outlive their time.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { decodeRecord } from '../../bindings/record.ts'
import type { SessionStorage } from '../../bindings/storage/contract.ts'
import { memoryStorage } from '../../bindings/storage/memory.ts'
import { ENDING, NAME, PLACES, SECRET, Site } from './places.fixture.ts'

const START = 1_700_000_000_000

beforeEach(() => void vi.useFakeTimers({ now: START, toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

describe.each(PLACES)('a cookie that somebody kept, %s', (_, storage) => {
  it('CVE-2018-1000814, CVE-2024-35220, tower-sessions 0.4.3, §2.29, §2.32 is refused at the end of the lifetime, however much it was used', async () => {
    const site = new Site({ secrets: SECRET, storage: storage(), lifetime: 100 })
    const visitor = site.visitor()
    await visitor.send((session) => session.set('user', 'ada'))
    const kept = visitor.copy()
    for (const second of [30, 60, 99]) {
      vi.setSystemTime(START + second * 1000)
      expect(await visitor.send((session) => session.get('user'))).toBe('ada')
      await visitor.send((session) => session.set('seen', second))
    }
    vi.setSystemTime(START + 99_999)
    expect(await visitor.send((session) => session.get('user'))).toBe('ada')
    // The browser drops its own by then; thieves send what they have copied.
    const copies = [kept, visitor].map((each) => each.jar.value(NAME)!)
    vi.setSystemTime(START + 100_000)
    expect(visitor.jar.names).toEqual([])
    for (const copy of copies) {
      const thief = site.visitor()
      thief.jar.plant(NAME, copy)
      expect(await thief.send((session) => session.get('user'))).toBeUndefined()
    }
  })

  it('CVE-2018-1000814, CVE-2024-31999, §2.29 is refused by the server, whatever the browser does', async () => {
    const site = new Site({
      secrets: SECRET,
      storage: storage(),
      lifetime: 100,
      idleTimeout: 10,
      cookie: { maxAge: 34_560_000 },
    })
    const visitor = site.visitor()
    await visitor.send((session) => session.set('user', 'ada'))
    vi.setSystemTime(START + 9_999)
    expect(await visitor.copy().send((session) => session.get('user'))).toBe('ada')
    vi.setSystemTime(START + 19_999)
    expect(await visitor.copy().send((session) => session.get('user'))).toBeUndefined()
  })
})

describe.each(ENDING)('a cookie from before sign-out, %s', (_, storage) => {
  it('CVE-2024-31999, §2.24 is refused', async () => {
    const site = new Site({ secrets: SECRET, storage: storage() })
    const visitor = site.visitor()
    await visitor.send((session) => session.set('user', 'ada'))
    const kept = visitor.copy()
    await visitor.send((session) => session.destroy())
    vi.setSystemTime(START + 1000)
    expect(await kept.send((session) => session.get('user'))).toBeUndefined()
  })
})

describe('times in a record', () => {
  it('CVE-2026-44459, §2.20 that are no times make it no record, though it is signed', () => {
    const times = ['"9999999999999"', 'null', '[9999999999999]', 'true', '1e999', '-1', '0', '1.5']
    for (const time of [...times, '{}', '"never"', '9007199254740993', 'NaN', '']) {
      expect(decodeRecord(`{"r":"x","c":${START},"e":${time}}`), time).toBeNull()
      expect(decodeRecord(`{"r":"x","c":${time},"e":${START}}`), time).toBeNull()
    }
    expect(decodeRecord(`{"r":"x","c":${START},"e":${START}}`)).not.toBeNull()
  })

  it('tower-sessions 0.4.3, §2.32 hold where the storage is late in dropping what has ended', async () => {
    const memory = memoryStorage()
    const kept = new Map<string, Awaited<ReturnType<SessionStorage['read']>>>()
    const careless: SessionStorage = {
      ...memory,
      sync: true,
      read: (key) => memory.read(key) ?? kept.get(key) ?? null,
      write(key, value, options) {
        const written = memory.write(key, value, options)
        if (written) kept.set(key, memory.read(key))
        return written
      },
    }
    const visitor = new Site({ secrets: SECRET, storage: careless, lifetime: 10 }).visitor()
    await visitor.send((session) => session.set('user', 'ada'))
    const header = visitor.jar.header('https://shop.example/')!
    vi.setSystemTime(START + 10_000)
    const late = new Site({ secrets: SECRET, storage: careless, lifetime: 10 })
    const { ticket, result } = late.register((session) => session.get('user'))
    await late.app.request(`https://shop.example/${ticket}`, { headers: { Cookie: header } })
    expect(result()).toBeUndefined()
  })
})
