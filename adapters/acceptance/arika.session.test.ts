/**
 * The promises of arika that Tuile keeps: what a session does.
 *
 * @module
 */
import { describe, expect, it } from 'vitest'
import {
  cookieStorage,
  createSessions,
  memoryStorage,
  type SessionsOptions,
  type UntypedData,
} from '../../bindings/index.ts'
import { base64url } from '../../bindings/codec.ts'
import { SECRET, Site, visitorOf } from './jar.fixture.ts'
import { onlyRecord, spyStorage } from './spy.fixture.ts'

const STORAGES: [string, () => NonNullable<SessionsOptions<UntypedData>['storage']>][] = [
  ['the cookie', cookieStorage],
  ['memory', memoryStorage],
  ['an asynchronous storage', spyStorage],
]

describe.each(STORAGES)('in %s', (_, storageOf) => {
  it('A02 set stores numbers, strings, arrays and objects for later requests', async () => {
    const visitor = visitorOf({ storage: storageOf() })
    const values = { user_id: 42, name: 'Ada', items: ['a', 2, null], nested: { deep: [true] } }
    await visitor.send((session) => {
      for (const [key, value] of Object.entries(values)) session.set(key, value)
    })
    expect(await visitor.send((session) => session.all())).toEqual(values)
    expect(await visitor.send((session) => session.get('user_id'))).toBe(42)
  })

  it('A03 get reads in the same request and in the next; an unknown key is undefined', async () => {
    const visitor = visitorOf({ storage: storageOf() })
    const inOneRequest = await visitor.send((session) => {
      session.set('name', 'Ada')
      return [session.get('name'), session.get('nobody')]
    })
    expect(inOneRequest).toEqual(['Ada', undefined])
    expect(await visitor.send((session) => session.get('name'))).toBe('Ada')
    expect(await visitor.send((session) => session.get('nobody'))).toBeUndefined()
  })

  it('A04 has is false before set, true after it, false after unset', async () => {
    const visitor = visitorOf({ storage: storageOf() })
    expect(await visitor.send((session) => session.has('name'))).toBe(false)
    await visitor.send((session) => session.set('name', 'Ada'))
    expect(await visitor.send((session) => session.has('name'))).toBe(true)
    await visitor.send((session) => session.unset('name'))
    expect(await visitor.send((session) => session.has('name'))).toBe(false)
  })

  it('A05 unset removes one value and leaves the others', async () => {
    const visitor = visitorOf({ storage: storageOf() })
    await visitor.send((session) => {
      session.set('cart', [1])
      session.set('theme', 'dark')
    })
    await visitor.send((session) => session.unset('cart'))
    expect(await visitor.send((session) => session.all())).toEqual({ theme: 'dark' })
  })

  it('A09 flash is readable on the next request, and not in its own', async () => {
    const visitor = visitorOf({ storage: storageOf() })
    const sameRequest = await visitor.send((session) => {
      session.flash('notice', 'Saved')
      return session.get('notice')
    })
    expect(sameRequest).toBeUndefined()
    expect(await visitor.send((session) => session.get('notice'))).toBe('Saved')
  })

  it('A10 flash is gone in the request after that, whether it was read or not', async () => {
    const reader = visitorOf({ storage: storageOf() })
    await reader.send((session) => session.flash('notice', 'Saved'))
    await reader.send((session) => session.get('notice'))
    expect(await reader.send((session) => session.get('notice'))).toBeUndefined()

    const other = visitorOf({ storage: storageOf() })
    await other.send((session) => session.flash('notice', 'Saved'))
    await other.send(() => 'a handler that does not look')
    expect(await other.send((session) => session.get('notice'))).toBeUndefined()
  })

  it('A11 regenerateId gives a new id and keeps the data', async () => {
    const visitor = visitorOf({ storage: storageOf() })
    const before = await visitor.send((session) => {
      session.set('cart', [1, 2])
      return session.id
    })
    await visitor.send((session) => session.regenerateId())
    const [after, cart] = await visitor.send((session) => [session.id, session.get('cart')])
    expect(after).not.toBe(before)
    expect(cart).toEqual([1, 2])
  })
})

it('A06 destroy removes the record, and the old cookie opens an empty session', async () => {
  const storage = spyStorage()
  const visitor = visitorOf({ storage })
  await visitor.send((session) => session.set('user_id', 42))
  const thief = visitor.copy()
  await visitor.send((session) => session.destroy())
  expect(storage.count('destroy')).toBe(1)
  expect(storage.records.size).toBe(0)
  expect(visitor.jar.names).toEqual([])
  expect(await thief.send((session) => [session.isNew, session.all()])).toEqual([true, {}])
})

it('A07 the cookie of a server storage holds a signed id and nothing of the data', async () => {
  const visitor = visitorOf({ storage: memoryStorage() })
  const id = await visitor.send((session) => {
    session.set('name', 'Ada Lovelace')
    return session.id
  })
  const { value } = visitor.setCookie
  expect(value).toMatch(/^T[\w-]{3}[\w-]{40}\.[\w-]{43}$/)
  expect(value.slice(4, 44)).toBe(id)
  expect(visitor.setCookies[0]).not.toContain('Ada')
  expect(await visitor.send((session) => session.get('name'))).toBe('Ada Lovelace')
})

describe('A08 ids are random, and out of reach of scripts', () => {
  const sessions = createSessions({ secrets: SECRET, storage: memoryStorage() })

  it('A08 10 000 ids are unique, of 128 bits or more, and no bit of them is fixed', () => {
    const ids = Array.from({ length: 10_000 }, () => sessions.defer(null).id)
    expect(new Set(ids).size).toBe(10_000)

    const bytes = ids.map((id) => base64url.decode(id)!)
    const bits = bytes[0]!.length * 8
    expect(bits).toBeGreaterThanOrEqual(128)
    for (let bit = 0; bit < bits; bit++) {
      const ones = bytes.filter((id) => id[bit >> 3]! & (1 << (bit & 7))).length
      // Ten standard deviations of a fair coin.
      expect(Math.abs(ones - 5_000)).toBeLessThan(500)
    }
  })

  it('A08 the cookie is HttpOnly', async () => {
    const visitor = visitorOf({ storage: memoryStorage() })
    await visitor.send((session) => session.set('n', 1))
    expect(visitor.setCookie.attributes.has('httponly')).toBe(true)
  })
})

it('A11 the old id opens nothing after regenerateId', async () => {
  const storage = spyStorage()
  const visitor = visitorOf({ storage })
  await visitor.send((session) => session.set('cart', [1, 2]))
  const old = visitor.copy()
  await visitor.send((session) => session.regenerateId())
  expect(JSON.parse(onlyRecord(storage).value).d).toEqual({ cart: [1, 2] })
  expect(await old.send((session) => [session.isNew, session.all()])).toEqual([true, {}])
})

describe('A12 sign-in gives a new id', () => {
  it('A12 a planted cookie is worth nothing once its victim has signed in', async () => {
    const site = new Site({ secrets: SECRET, storage: memoryStorage() })
    const attacker = site.visitor()
    await attacker.send((session) => session.set('theme', 'dark'))
    const victim = attacker.copy()

    await victim.send((session) => {
      session.regenerateId()
      session.set('user_id', 42)
    })

    expect(await victim.send((session) => session.all())).toEqual({ theme: 'dark', user_id: 42 })
    expect(await attacker.send((session) => session.get('user_id'))).toBeUndefined()
  })

  it('A12 so does a gain of rights: the id from before does not have them', async () => {
    const visitor = visitorOf({ storage: memoryStorage() })
    await visitor.send((session) => session.set('user_id', 42))
    const before = visitor.copy()
    await visitor.send((session) => {
      session.regenerateId({ grace: 30 })
      session.set('role', 'admin')
    })
    expect(await visitor.send((session) => session.get('role'))).toBe('admin')
    expect(await before.send((session) => session.get('user_id'))).toBe(42)
    expect(await before.send((session) => session.get('role'))).toBeUndefined()
  })
})
