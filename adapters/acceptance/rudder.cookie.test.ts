/**
 * The promises of rudder that Tuile keeps: what is in the cookie, and what is not.
 *
 * @module
 */
import { createHmac, hkdfSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  CookieOverflowError,
  cookieStorage,
  createSessions,
  memoryStorage,
  SessionStorageError,
} from '../../bindings/index.ts'
import { createSigner } from '../../bindings/codec.ts'
import { nodeKey, nodeToken } from '../../bindings/codec/keys.fixture.ts'
import { OLD_SECRET, SECRET, Site, visitorOf } from './jar.fixture.ts'
import { spyStorage } from './spy.fixture.ts'

const NAME = '__Host-session'

it('R31 the cookie is base64url of JSON with an HMAC-SHA256 that node:crypto agrees to', async () => {
  const visitor = visitorOf({ storage: cookieStorage({ mode: 'signed' }) })
  await visitor.send((session) => session.set('name', 'Ünï ☕'))
  const token = visitor.jar.value(NAME)!
  const [text = '', mac] = token.split('.')

  const payload = Buffer.from(text.slice(4), 'base64url').toString('utf8')
  expect(JSON.parse(payload).d).toEqual({ name: 'Ünï ☕' })
  const key = Buffer.from(hkdfSync('sha256', SECRET, '', `tuile/1/record/${NAME}`, 32))
  expect(createHmac('sha256', key).update(text).digest('base64url')).toBe(mac)
})

describe('R33 a cookie that was changed is ignored', () => {
  const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

  it.each([
    ['cookie', undefined],
    ['memory', memoryStorage()],
  ])('R33 at any place, on the storage %s', async (_, storage) => {
    const sessions = createSessions({ secrets: SECRET, ...(storage && { storage }) })
    const session = await sessions.read(null)
    session.set('user', 'ada')
    const [line = ''] = await sessions.commit(session)
    const token = line.slice(NAME.length + 1).split(';')[0]!
    expect((await sessions.read(`${NAME}=${token}`)).get('user')).toBe('ada')

    for (let at = 0; at < token.length; at++) {
      const index = CHARACTERS.indexOf(token[at]!)
      for (const flip of [1, 2, 4, 8, 16, 32]) {
        const other = CHARACTERS[index === -1 ? flip : index ^ flip]
        const changed = token.slice(0, at) + other + token.slice(at + 1)
        const read = await sessions.read(`${NAME}=${changed}`)
        expect([read.isNew, read.all()], changed).toEqual([true, {}])
      }
      for (const changed of [token.slice(0, at), token.slice(0, at) + token.slice(at + 1)]) {
        expect((await sessions.read(`${NAME}=${changed}`)).isNew, changed).toBe(true)
      }
    }
  })

  it('R33 through the middleware, with a 200 and an event that says why', async () => {
    const reasons: string[] = []
    const visitor = visitorOf({
      onEvent: (event) => void (event.type === 'reject' && reasons.push(event.reason)),
    })
    await visitor.send((session) => session.set('user', 'ada'))
    const token = visitor.jar.value(NAME)!
    visitor.jar.plant(NAME, token.replace(/.{4}$/, 'AAAA'))
    expect(await visitor.send((session) => session.all())).toEqual({})
    expect(visitor.response.status).toBe(200)
    expect(reasons).toEqual(['bad-signature'])
  })
})

describe('R34 a server storage', () => {
  it('R34 gets the data under a key made from the id, the cookie gets the id, signed', async () => {
    const storage = spyStorage()
    const visitor = visitorOf({ storage })
    const id = await visitor.send((session) => {
      session.set('user', 'ada')
      return session.id
    })
    const token = visitor.jar.value(NAME)!
    const [text = '', mac] = token.split('.')
    const key = Buffer.from(hkdfSync('sha256', SECRET, '', `tuile/1/id/${NAME}`, 32))
    expect(text.slice(4)).toBe(id)
    expect(createHmac('sha256', key).update(text).digest('base64url')).toBe(mac)
    expect(storage.records.size).toBe(1)
    // A stolen store must not open sessions.
    expect(JSON.stringify([...storage.records])).not.toContain(id)
  })

  it('R34 is never asked for an id that we did not sign', async () => {
    const storage = spyStorage()
    const visitor = visitorOf({ storage })
    const id = await visitor.send((session) => {
      session.set('user', 'ada')
      return session.id
    })
    storage.reset()
    const forged = [
      id,
      `Tabc${id}`,
      `Tabc${id}.${'A'.repeat(43)}`,
      nodeToken(nodeKey(OLD_SECRET, NAME), id),
      nodeToken(nodeKey(SECRET, 'another'), id),
      createSigner(SECRET, { name: NAME }).sign(id),
    ]
    for (const value of forged) {
      visitor.jar.plant(NAME, value)
      expect(await visitor.send((session) => session.all()), value).toEqual({})
    }
    expect(storage.log).toEqual([])
  })
})

it('R35 in the cookie storage an old cookie outlives regenerateId, as is documented', async () => {
  const visitor = visitorOf({})
  await visitor.send((session) => session.set('user', 'ada'))
  const old = visitor.copy()
  const before = await old.send((session) => session.id)
  await visitor.send((session) => session.regenerateId())
  expect(await visitor.send((session) => session.id)).not.toBe(before)
  expect(await old.send((session) => session.get('user'))).toBe('ada')
})

it('R36 in the cookie storage destroy takes the cookie away, but not a copy of it', async () => {
  const visitor = visitorOf({})
  await visitor.send((session) => session.set('user', 'ada'))
  const copy = visitor.copy()
  await visitor.send((session) => session.destroy())
  expect(visitor.setCookie.attributes.get('max-age')).toBe('0')
  expect(visitor.jar.names).toEqual([])
  expect(await visitor.send((session) => session.all())).toEqual({})
  expect(await copy.send((session) => session.get('user'))).toBe('ada')
})

it('R37 in a server storage destroy deletes the record', async () => {
  const storage = spyStorage()
  const site = new Site({ secrets: SECRET, storage })
  const [ada, bob] = [site.visitor(), site.visitor()]
  await ada.send((session) => session.set('user', 'ada'))
  await bob.send((session) => session.set('user', 'bob'))
  const copy = ada.copy()
  await ada.send((session) => session.destroy())
  expect(storage.records.size).toBe(1)
  expect(await copy.send((session) => session.all())).toEqual({})
  expect(await bob.send((session) => session.get('user'))).toBe('bob')
})

describe('R38 a storage that is down', () => {
  it('R38 is an error of the request that the app handles, and over when it is back', async () => {
    const storage = spyStorage()
    const site = new Site({ secrets: SECRET, storage })
    const visitor = site.visitor()
    await visitor.send((session) => session.set('user', 'ada'))

    storage.down = true
    let ran = false
    await visitor.send(() => {
      ran = true
    })
    expect(visitor.response.status).toBe(500)
    expect(ran).toBe(false)
    expect(site.errors).toHaveLength(1)
    expect(site.errors[0]).toBeInstanceOf(SessionStorageError)
    expect(site.errors[0]).toMatchObject({ operation: 'read', code: 'SESSION_STORAGE' })
    // The visitor keeps the cookie.
    expect(visitor.setCookies).toEqual([])

    storage.down = false
    expect(await visitor.send((session) => session.get('user'))).toBe('ada')
    expect(visitor.response.status).toBe(200)
  })

  it('R38 does not touch requests that have no session', async () => {
    const storage = spyStorage()
    storage.down = true
    const visitor = visitorOf({ storage })
    expect(await visitor.send((session) => session.get('user', 'nobody'))).toBe('nobody')
    expect(visitor.response.status).toBe(200)
  })

  it('R38 never answers "saved" when nothing was saved', async () => {
    const storage = spyStorage()
    const site = new Site({ secrets: SECRET, storage })
    const visitor = site.visitor()
    storage.down = true
    await visitor.send((session) => session.set('user', 'ada'))
    expect(visitor.response.status).toBe(500)
    expect(visitor.setCookies).toEqual([])
    expect(site.errors[0]).toMatchObject({ operation: 'write' })
  })
})

it('R41 five kilobytes in the cookie are an error that names them, not a lost cookie', async () => {
  const site = new Site({ secrets: SECRET })
  const visitor = site.visitor()
  await visitor.send((session) => session.set('user', 'ada'))
  await visitor.send((session) => {
    session.set('note', 'short')
    session.set('history', 'x'.repeat(5_000))
  })
  expect(visitor.response.status).toBe(500)
  expect(visitor.setCookies).toEqual([])
  const [error] = site.errors
  expect(error).toBeInstanceOf(CookieOverflowError)
  expect(error).toMatchObject({ limit: 4096 })
  expect((error as CookieOverflowError).size).toBeGreaterThan(6_000)
  expect((error as CookieOverflowError).largest[0]).toEqual({ key: 'history', size: 5_002 })
  expect((error as CookieOverflowError).message).toContain('"history" (5002 bytes)')
  // What was there is there.
  expect(await visitor.send((session) => session.all())).toEqual({ user: 'ada' })
})
