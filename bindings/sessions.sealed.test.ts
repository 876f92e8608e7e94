import { describe, expect, it } from 'vitest'
import { nodeKey, nodeSealed, nodeToken, nodeUnseal } from './codec/keys.fixture.ts'
import { CookieOverflowError } from './errors.ts'
import {
  cookieOf,
  cookieWith,
  OTHER_SECRET,
  recordedSessions,
  SECRET,
  visit,
} from './sessions.fixture.ts'
import { cookieStorage } from './storage/cookie.ts'
import { memoryStorage } from './storage/memory.ts'

const NAME = '__Host-session'
const MODES = ['sealed', 'signed'] as const
const CHANGES = [
  ['sealed', 'signed'],
  ['signed', 'sealed'],
] as const
const sessionsIn = (mode: 'sealed' | 'signed', options = {}) =>
  recordedSessions({ storage: cookieStorage({ mode }), ...options })

describe('sealed sessions', () => {
  it('§2.22 are the default, and show nothing of what is in them', async () => {
    const { sessions } = recordedSessions()
    const cookie = await cookieWith(sessions, { secretValue: 'of nobody else' })
    const token = cookie.slice(NAME.length + 1)
    expect(token).toMatch(/^S[\w-]+$/)
    const bytes = Buffer.from(token.slice(4), 'base64url').toString('latin1')
    for (const text of ['secretValue', 'nobody', '"c":', '"i":']) expect(bytes).not.toContain(text)
    const record = JSON.parse(nodeUnseal(nodeKey(SECRET, NAME, 'seal'), token))
    expect(record).toMatchObject({ d: { secretValue: 'of nobody else' } })
    expect(record).toMatchObject({ c: expect.any(Number), e: expect.any(Number) })
  })

  it.each(CHANGES)('N13 %s, are refused where the mode is %s', async (from, to) => {
    for (const accept of [undefined, [], [to]]) {
      const storage = cookieStorage({ mode: to, ...(accept && { accept }) })
      const { sessions, events } = recordedSessions({ storage })
      const old = await cookieWith(sessionsIn(from).sessions, { x: 7 })
      const lines = await visit(sessions, old, (session) => {
        expect([session.isNew, session.get('x')]).toEqual([true, undefined])
      })
      expect(lines.join()).toContain('; Max-Age=0;')
      expect(events).toEqual([{ type: 'reject', reason: 'malformed' }])
      // Beside one of the own mode it is not in the way.
      const own = await cookieWith(sessions, { x: 8 })
      expect((await sessions.read(`${old}; ${own}`)).get('x')).toBe(8)
    }
  })

  it.each(CHANGES)(
    '%s, are issued anew as %s ones where they are accepted, once',
    async (from, to) => {
      const old = await cookieWith(sessionsIn(from).sessions, { x: 7 })
      for (const accept of [[from], [to, from]]) {
        const storage = cookieStorage({ mode: to, accept })
        const { sessions, events } = recordedSessions({ storage })
        const first = await visit(sessions, old, (session) => expect(session.get('x')).toBe(7))
        const renewed = cookieOf(first)
        expect(renewed.slice(NAME.length + 1)).toMatch(to === 'sealed' ? /^S/ : /^P/)
        const second = await visit(sessions, renewed, (session) => expect(session.get('x')).toBe(7))
        expect(second).toEqual([])
        expect(events.map(({ type }) => type)).not.toContain('reject')
        // Afterwards the other mode may be left out.
        expect((await sessionsIn(to).sessions.read(renewed)).get('x')).toBe(7)
      }
    }
  )

  it.each(CHANGES)(
    '%s by an older secret, are accepted and issued anew as %s ones by the newest',
    async (from, to) => {
      const old = await cookieWith(sessionsIn(from).sessions, { x: 7 })
      const storage = cookieStorage({ mode: to, accept: [from] })
      const { sessions } = recordedSessions({ storage, secrets: [OTHER_SECRET, SECRET] })
      const renewed = cookieOf(await visit(sessions, old, () => undefined))
      const newest = sessionsIn(to, { secrets: OTHER_SECRET }).sessions
      expect((await newest.read(renewed)).get('x')).toBe(7)
      expect(await visit(sessions, renewed, () => undefined)).toEqual([])
    }
  )

  it('go with secrets as signed ones do: an older one opens, the newest seals', async () => {
    const old = await cookieWith(sessionsIn('sealed').sessions, { x: 7 })
    const { sessions } = sessionsIn('sealed', { secrets: [OTHER_SECRET, SECRET] })
    const renewed = cookieOf(await visit(sessions, old, () => undefined))
    const newest = sessionsIn('sealed', { secrets: OTHER_SECRET })
    expect((await newest.sessions.read(renewed)).get('x')).toBe(7)
    expect((await newest.sessions.read(old)).isNew).toBe(true)
    expect(newest.events).toContainEqual({ type: 'reject', reason: 'unknown-key' })
  })

  it.each(MODES)(
    '%s, the letter says that a flash message waits, until it was read',
    async (mode) => {
      const { sessions } = sessionsIn(mode)
      const [waits, plain] = mode === 'sealed' ? [/=s/, /=S/] : [/=p/, /=P/]
      const cookie = cookieOf(await visit(sessions, null, (session) => session.flash('a', 'hello')))
      expect(cookie).toMatch(waits)
      let seen: unknown
      const lines = await visit(sessions, cookie, (session) => {
        seen = session.getFlash('a')
      })
      expect(seen).toBe('hello')
      expect(cookieOf(lines)).toMatch(plain)
    }
  )

  it('that were changed, cut or lengthened are new, empty sessions with an event', async () => {
    const { sessions, events } = sessionsIn('sealed')
    const cookie = await cookieWith(sessions)
    const flip = (at: number) =>
      cookie.slice(0, at) + (cookie[at] === 'A' ? 'B' : 'A') + cookie.slice(at + 1)
    const changed = [
      ...Array.from({ length: cookie.length - NAME.length - 1 }, (_, i) =>
        flip(NAME.length + 1 + i)
      ),
      ...[1, 4, 16, 60].map((count) => cookie.slice(0, -count)),
      `${cookie}A`,
      `${cookie}AAAA`,
      cookie.replace('=S', '=s'),
    ]
    for (const header of changed) {
      events.length = 0
      expect((await sessions.read(header)).isNew, header).toBe(true)
      expect(
        events.map(({ type }) => type),
        header
      ).toEqual(['reject'])
    }
  })

  it('hold a record and nothing else: what was sealed but is no record is refused', async () => {
    const { sessions, events } = sessionsIn('sealed')
    const key = nodeKey(SECRET, NAME, 'seal')
    for (const payload of ['', 'null', '{}', '{"c":1}', '[1]', '{"c":"x","i":"a","e":1}']) {
      events.length = 0
      const session = await sessions.read(`${NAME}=${nodeSealed(key, payload)}`)
      expect(session.isNew).toBe(true)
      expect(events).toEqual([{ type: 'reject', reason: 'corrupt' }])
    }
  })

  it('end when their time is over, which is inside the seal', async () => {
    const { sessions, events } = sessionsIn('sealed')
    const now = Date.now()
    const key = nodeKey(SECRET, NAME, 'seal')
    const record = { c: now - 5000, i: 'x'.repeat(16), n: 0, e: now - 1, d: { x: 1 } }
    const ended = `${NAME}=${nodeSealed(key, JSON.stringify(record))}`
    expect((await sessions.read(ended)).isNew).toBe(true)
    expect(events).toMatchObject([{ type: 'expire' }])
    const living = nodeSealed(key, JSON.stringify({ ...record, e: now + 9000 }))
    expect((await sessions.read(`${NAME}=${living}`)).get('x')).toBe(1)
  })

  it('C3 of another cookie name or purpose are no sessions', async () => {
    const { sessions } = sessionsIn('sealed')
    const record = JSON.stringify({ c: Date.now(), i: 'x'.repeat(16), n: 0, e: Date.now() + 9000 })
    const { fingerprint } = nodeKey(SECRET, NAME, 'seal')
    for (const [name, purpose] of [
      [NAME, 'record'],
      ['session', 'seal'],
      [NAME, 'csrf'],
    ] as const) {
      const key = { ...nodeKey(SECRET, name, purpose), fingerprint }
      expect((await sessions.read(`${NAME}=${nodeSealed(key, record)}`)).isNew).toBe(true)
    }
  })

  it('of a server are never taken: its cookies hold signed ids alone', async () => {
    const { sessions, events } = recordedSessions({ storage: memoryStorage() })
    const record = JSON.stringify({ c: Date.now(), i: 'x'.repeat(16), n: 0, e: Date.now() + 9000 })
    const sealed = nodeSealed(nodeKey(SECRET, NAME, 'seal'), record)
    expect((await sessions.read(`${NAME}=${sealed}`)).isNew).toBe(true)
    expect(events).toEqual([{ type: 'reject', reason: 'malformed' }])
    const id = await cookieWith(sessions)
    const cookies = sessionsIn('sealed')
    expect((await cookies.sessions.read(id)).isNew).toBe(true)
    expect(cookies.events).toEqual([{ type: 'reject', reason: 'malformed' }])
    const signed = sessionsIn('signed')
    const payload = nodeToken(nodeKey(SECRET, NAME, 'record'), 'x'.repeat(24))
    expect((await signed.sessions.read(`${NAME}=${payload}`)).isNew).toBe(true)
    expect(signed.events).toEqual([{ type: 'reject', reason: 'corrupt' }])
  })

  it.each(MODES)(
    '%s, fill a line of 4096 bytes to the last, and name what is too much',
    async (mode) => {
      const { sessions } = sessionsIn(mode)
      const lineOf = async (size: number) =>
        (
          await visit(sessions, null, (session) => {
            session.set('small', 'x')
            session.set('big', 'x'.repeat(size))
          })
        )[0]!
      const least = await lineOf(2700)
      // Four characters of base64url are three bytes.
      const room = Math.floor(((4096 - least.length) * 3) / 4)
      const full = await lineOf(2700 + room)
      expect(full.length).toBeGreaterThan(4092)
      expect(full.length).toBeLessThanOrEqual(4096)
      const error = await lineOf(2704 + room).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(CookieOverflowError)
      const { size, largest, message } = error as CookieOverflowError
      expect(size).toBeGreaterThan(4096)
      expect(largest[0]).toMatchObject({ key: 'big' })
      expect(message).toContain('"big"')
    }
  )
})
