import { describe, expect, it, vi } from 'vitest'
import { SessionDestroyedError, SessionNotLoadedError } from './errors.ts'
import type { Session } from './session.ts'
import { cookieOf, cookieWith, recordedSessions, remoteStorage, visit } from './sessions.fixture.ts'
import { memoryStorage } from './storage/memory.ts'

const { sessions } = recordedSessions()
const newSession = () => sessions.read(null) as Session

/** The session that the next request sees. */
async function nextSession(change: (session: Session) => void): Promise<Session> {
  return (await sessions.read(cookieOf(await visit(sessions, null, change)))) as Session
}

describe('get()', () => {
  it('gives the fallback only where there is no value: null, 0, "" and false are values', () => {
    const session = newSession()
    for (const value of [null, 0, '', false]) {
      session.set('value', value)
      expect(session.get('value', 'fallback')).toBe(value)
    }
    expect(session.get('other', 'fallback')).toBe('fallback')
    expect(session.get('other')).toBeUndefined()
  })

  it('sees no property that Object.prototype has', () => {
    const session = newSession()
    for (const key of ['toString', 'constructor', '__proto__', 'hasOwnProperty', 'then']) {
      expect(session.get(key)).toBeUndefined()
      expect(session.has(key)).toBe(false)
      session.set(key, 'plain')
      expect(session.get(key)).toBe('plain')
    }
    expect(Object.prototype.toString).toBeTypeOf('function')
    expect(Object.keys(session.all())).toContain('__proto__')
    expect(Object.getPrototypeOf(session.all())).toBe(Object.prototype)
  })

  it('takes a value before the flash message of the same name', async () => {
    const session = await nextSession((session) => {
      session.set('both', 'value')
      session.flash('both', 'flash')
    })
    expect(session.get('both')).toBe('value')
    expect(session.getFlash('both')).toBe('flash')
    session.unset('both')
    expect(session.get('both')).toBe('flash')
  })
})

describe('set()', () => {
  it('removes the value when it is undefined', () => {
    const session = newSession()
    session.set('x', 1)
    session.set('x', undefined)
    expect(session.has('x')).toBe(false)
  })

  it('makes nothing dirty by an equal primitive, and something by an object', async () => {
    const session = await nextSession((session) => {
      session.set('n', 1)
      session.set('list', [1])
    })
    session.set('n', 1)
    session.set('missing', undefined)
    session.unset('missing')
    expect(session.dirty).toBe(false)
    session.set('list', session.get('list'))
    expect(session.dirty).toBe(true)
  })
})

describe('pull()', () => {
  it('gives a value or a flash message once', async () => {
    const session = await nextSession((session) => {
      session.set('value', 1)
      session.flash('message', 2)
    })
    expect([session.pull('value'), session.pull('value')]).toEqual([1, undefined])
    expect([session.pull('message'), session.pull('message')]).toEqual([2, undefined])
  })
})

describe('clear()', () => {
  it('removes values and messages, those that came and those that were left', async () => {
    const session = await nextSession((session) => {
      session.set('x', 1)
      session.flash('old', 1)
    })
    const { id } = session
    session.flash('new', 1)
    session.clear()
    expect([session.all(), session.allFlash(), session.id]).toEqual([{}, {}, id])
    const next = await sessions.read(cookieOf(await sessions.commit(session)))
    expect([next.all(), next.allFlash(), next.id]).toEqual([{}, {}, id])
  })
})

describe('all()', () => {
  it('is a copy', () => {
    const session = newSession()
    session.set('x', 1)
    session.all().x = 2
    expect(session.all()).toEqual({ x: 1 })
  })
})

describe('update()', () => {
  it('leaves everything as it was when the function throws', () => {
    const session = newSession()
    session.set('n', 1)
    const fail = () =>
      session.update('n', () => {
        throw new Error('no')
      })
    expect(fail).toThrow('no')
    expect(session.get('n')).toBe(1)
  })

  it('removes the value when the function gives undefined', () => {
    const session = newSession()
    session.set('n', 1)
    session.update('n', () => undefined)
    expect(session.has('n')).toBe(false)
  })
})

describe('flash()', () => {
  it('is not visible in the request that leaves it, also when one of that name came', async () => {
    const session = await nextSession((session) => session.flash('message', 'old'))
    session.flash('message', 'new')
    expect(session.get('message')).toBe('old')
    const next = await sessions.read(cookieOf(await sessions.commit(session)))
    expect(next.get('message')).toBe('new')
  })

  it('marks the session that a message came with dirty: it has to be forgotten', async () => {
    const session = await nextSession((session) => session.flash('message', 'x'))
    expect(session.dirty).toBe(true)
  })

  it('leaves none when it is undefined', async () => {
    const session = await nextSession((session) => {
      session.set('x', 1)
      session.flash('message', 'x')
      session.flash('message', undefined)
    })
    expect(session.allFlash()).toEqual({})
  })
})

describe('destroy()', () => {
  it('makes reads give nothing and writes throw', async () => {
    const session = await nextSession((session) => {
      session.set('x', 1)
      session.flash('message', 1)
    })
    session.destroy()
    session.destroy()
    expect([session.get('x'), session.get('x', 'no'), session.has('x')]).toEqual([
      undefined,
      'no',
      false,
    ])
    expect([session.all(), session.allFlash(), session.getFlash('message')]).toEqual([
      {},
      {},
      undefined,
    ])
    const writes: ((session: Session) => void)[] = [
      (session) => session.set('x', 1),
      (session) => session.unset('x'),
      (session) => session.clear(),
      (session) => session.pull('x'),
      (session) => session.update('x', () => 1),
      (session) => session.flash('x', 1),
      (session) => session.reflash(),
      (session) => session.keep('x'),
      (session) => session.regenerateId(),
      (session) => session.touch(),
    ]
    for (const write of writes) expect(() => write(session)).toThrow(SessionDestroyedError)
  })
})

describe('regenerateId()', () => {
  it('changes the id at once, every time', () => {
    const session = newSession()
    const ids = new Set([session.id])
    for (let i = 0; i < 3; i++) {
      session.regenerateId()
      ids.add(session.id)
    }
    expect(ids.size).toBe(4)
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a grace of %s', (grace) => {
    expect(() => newSession().regenerateId({ grace })).toThrow(RangeError)
  })
})

describe('load()', () => {
  it('asks the storage once, however often and whenever it is called', async () => {
    const storage = remoteStorage()
    const { sessions } = recordedSessions({ storage })
    const cookie = await cookieWith(sessions)
    storage.calls.length = 0
    const session = sessions.defer(cookie)
    expect(() => session.get('x')).toThrow(SessionNotLoadedError)
    await Promise.all(Array.from({ length: 10 }, () => session.load()))
    await session.load()
    expect(session.get('x')).toBe(1)
    expect(storage.calls).toEqual(['read'])
  })

  it('can be tried again after the storage has failed', async () => {
    const storage = remoteStorage()
    const { sessions } = recordedSessions({ storage })
    const cookie = await cookieWith(sessions)
    const read = vi.spyOn(storage, 'read').mockRejectedValueOnce(new Error('down'))
    const session = sessions.defer(cookie)
    await expect(session.load()).rejects.toThrow('The session storage failed to read')
    await session.load()
    expect(session.get('x')).toBe(1)
    expect(read).toHaveBeenCalledTimes(2)
  })

  it('is not needed with a synchronous storage', async () => {
    const { sessions } = recordedSessions({ storage: memoryStorage() })
    const session = sessions.defer(await cookieWith(sessions))
    expect(session.get('x')).toBe(1)
  })
})
