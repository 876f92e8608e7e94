/**
 * The promises of rudder that Tuile keeps: what a session does.
 *
 * @module
 */
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { cookieStorage, memoryStorage } from '../../bindings/index.ts'
import { session } from '../hono.ts'
import { Browser, SECRET, visitorOf } from './jar.fixture.ts'
import { onlyRecord, spyStorage } from './spy.fixture.ts'

it('R16 a typed counter counts to three', async () => {
  const app = new Hono().use(session<{ visits: number }>({ secrets: SECRET })).get('/', (c) => {
    const visits: number = (c.var.session.get('visits') ?? 0) + 1
    c.var.session.set('visits', visits)
    return c.text(`${visits}`)
  })
  const browser = new Browser(app)
  const answers = [await browser.visit('/'), await browser.visit('/'), await browser.visit('/')]
  expect(answers).toEqual(['1', '2', '3'])
})

describe('R17 get with a fallback', () => {
  it('R17 gives the fallback for a key that is missing', async () => {
    const visitor = visitorOf({})
    expect(await visitor.send((session) => session.get('x', 'd'))).toBe('d')
  })

  it.each([null, 0, '', false])('R17 %j is a value, not missing', async (value) => {
    const visitor = visitorOf({})
    await visitor.send((session) => session.set('x', value))
    expect(await visitor.send((s) => [s.get('x', 'd'), s.has('x')])).toEqual([value, true])
  })
})

it('R18 set writes, and writes over what was there', async () => {
  const visitor = visitorOf({})
  await visitor.send((session) => session.set('theme', 'light'))
  await visitor.send((session) => session.set('theme', 'dark'))
  expect(await visitor.send((session) => session.all())).toEqual({ theme: 'dark' })
})

it('R19 unset deletes; a key that is not there is no error and no change', async () => {
  const visitor = visitorOf({})
  await visitor.send((session) => session.set('theme', 'light'))
  await visitor.send((session) => session.unset('nothing'))
  expect(visitor.setCookies).toEqual([])
  await visitor.send((session) => session.unset('theme'))
  expect(visitor.setCookies).toHaveLength(1)
  expect(await visitor.send((session) => session.get('theme'))).toBeUndefined()
})

it('R20 clear removes all data and keeps the id', async () => {
  const visitor = visitorOf({ storage: memoryStorage() })
  const before = await visitor.send((session) => {
    session.set('a', 1)
    session.set('b', 2)
    session.flash('c', 3)
    return session.id
  })
  expect(
    await visitor.send((session) => {
      session.clear()
      return [session.all(), session.allFlash()]
    })
  ).toEqual([{}, {}])
  expect(await visitor.send((session) => [session.all(), session.id])).toEqual([{}, before])
})

describe.each([
  ['the cookie', cookieStorage],
  ['an asynchronous storage', spyStorage],
])('flash in %s', (_, storageOf) => {
  it('R21 flash is for the next request only, by getFlash', async () => {
    const visitor = visitorOf({ storage: storageOf() })
    const read = () => visitor.send((session) => session.getFlash('success'))
    await visitor.send((session) => session.flash('success', 'Saved'))
    expect(await read()).toBe('Saved')
    expect(await read()).toBeUndefined()
  })

  it('R22 getFlash gives the fallback in the request that sets the message', async () => {
    const visitor = visitorOf({ storage: storageOf() })
    const read = () => visitor.send((session) => session.getFlash('success', 'none'))
    const sameRequest = await visitor.send((session) => {
      session.flash('success', 'Saved')
      return session.getFlash('success', 'none')
    })
    expect(sameRequest).toBe('none')
    expect(await read()).toBe('Saved')
    expect(await read()).toBe('none')
  })

  it('R23 messages and data do not mix: a value of the name is no message', async () => {
    const visitor = visitorOf({ storage: storageOf() })
    await visitor.send((session) => {
      session.set('success', 'a value')
      session.flash('success', 'a message')
      session.flash('other', 'another message')
    })
    const [value, message, data] = await visitor.send((session) => [
      session.get('success'),
      session.getFlash('success'),
      session.all(),
    ])
    expect(value).toBe('a value')
    expect(message).toBe('a message')
    expect(data).toEqual({ success: 'a value' })
    expect(await visitor.send((session) => session.getFlash('success'))).toBeUndefined()
    expect(await visitor.send((session) => session.get('success'))).toBe('a value')
  })
})

describe('R24 has', () => {
  it.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])(
    'R24 %s is a key like any other',
    async (key) => {
      const visitor = visitorOf({})
      expect(await visitor.send((s) => [s.has(key), s.get(key)])).toEqual([false, undefined])
      await visitor.send((session) => session.set(key, { polluted: true }))
      expect(await visitor.send((s) => [s.has(key), s.get(key)])).toEqual([
        true,
        { polluted: true },
      ])
      expect('polluted' in {}).toBe(false)
    }
  )
})

it('R25 all gives a copy', async () => {
  const visitor = visitorOf({})
  await visitor.send((session) => session.set('theme', 'dark'))
  const seen = await visitor.send((session) => {
    const copy = session.all()
    copy.theme = 'light'
    copy.added = true
    return [session.get('theme'), session.has('added'), session.dirty]
  })
  expect(seen).toEqual(['dark', false, false])
  expect(await visitor.send((session) => session.all())).toEqual({ theme: 'dark' })
})

it('R26 the id stays the same over requests', async () => {
  const visitor = visitorOf({ storage: memoryStorage() })
  const id = await visitor.send((session) => {
    session.set('n', 0)
    return session.id
  })
  for (let n = 1; n <= 3; n++) {
    expect(
      await visitor.send((session) => {
        session.set('n', n)
        return session.id
      })
    ).toBe(id)
  }
})

it('R27 regenerateId keeps the data under a new id, and the old id is dead', async () => {
  const storage = spyStorage()
  const visitor = visitorOf({ storage })
  await visitor.send((session) => session.set('cart', ['tea']))
  const old = visitor.copy()
  await visitor.send((session) => session.regenerateId())
  const { value } = onlyRecord(storage)
  expect(JSON.parse(value).d).toEqual({ cart: ['tea'] })
  expect(await old.send((session) => session.get('cart'))).toBeUndefined()
  expect(await visitor.send((session) => session.get('cart'))).toEqual(['tea'])
})

describe('R43 what a later version adds', () => {
  it('R43 allFlash gives all messages that came', async () => {
    const visitor = visitorOf({})
    await visitor.send((session) => {
      session.flash('a', 1)
      session.flash('b', 2)
    })
    expect(await visitor.send((session) => session.allFlash())).toEqual({ a: 1, b: 2 })
    expect(await visitor.send((session) => session.allFlash())).toEqual({})
  })

  it('R43 reflash keeps them all for one more request, keep some of them', async () => {
    const visitor = visitorOf({})
    await visitor.send((session) => {
      session.flash('a', 1)
      session.flash('b', 2)
    })
    await visitor.send((session) => session.reflash())
    await visitor.send((session) => session.keep('b', 'nothing'))
    expect(await visitor.send((session) => session.allFlash())).toEqual({ b: 2 })
    expect(await visitor.send((session) => session.allFlash())).toEqual({})
  })

  it('R43 pull gives a value, or a message, and removes it', async () => {
    const visitor = visitorOf({})
    await visitor.send((session) => session.set('next', '/cart'))
    const pulled = await visitor.send((session) => [session.pull('next'), session.has('next')])
    expect(pulled).toEqual(['/cart', false])
    expect(await visitor.send((session) => session.get('next'))).toBeUndefined()

    await visitor.send((session) => session.flash('notice', 'Saved'))
    const message = await visitor.send((s) => [s.pull('notice'), s.has('notice')])
    expect(message).toEqual(['Saved', false])
  })

  it('R43 dirty says whether there is something to write', async () => {
    const visitor = visitorOf({})
    const seen = await visitor.send((session) => {
      const before = session.dirty
      session.set('n', 1)
      return [before, session.dirty]
    })
    expect(seen).toEqual([false, true])
    expect(await visitor.send((session) => session.dirty)).toBe(false)
  })
})
