/**
 * Cookies that were made for something else, by somebody else, or another way.
 *
 * @module
 */
import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { nodeKey, nodeToken } from '../../bindings/codec/keys.fixture.ts'
import { createSessions } from '../../bindings/sessions.ts'
import { cookieOf, cookieWith, recordedSessions, visit } from '../../bindings/sessions.fixture.ts'
import { cookieStorage } from '../../bindings/storage/cookie.ts'
import { memoryStorage } from '../../bindings/storage/memory.ts'
import { NAME, PLACES, SECRET } from './places.fixture.ts'

const FORGED = '{"isAdmin":true,"user":"mallory"}'

/** Texts that another decoder would make a session of. */
function otherTexts(): string[] {
  const base64 = Buffer.from(FORGED).toString('base64')
  const base64url = Buffer.from(FORGED).toString('base64url')
  const sign = (text: string) => createHmac('sha256', SECRET).update(text).digest('base64url')
  const record = `{"c":${Date.now()},"e":${Date.now() + 60_000},"i":"${'A'.repeat(24)}","d":${FORGED}}`
  const recordText = Buffer.from(record).toString('base64url')
  return [
    FORGED,
    encodeURIComponent(FORGED),
    base64,
    base64url,
    recordText,
    `j:${FORGED}`,
    `s:${base64}.${sign(base64)}`,
    `${base64url}.${sign(base64url)}`,
    `Fe26.2**${'0'.repeat(64)}*${base64url}*${base64url}**${'0'.repeat(64)}*${sign('x')}`,
    // With the prefix of ours: without a MAC, with an empty one, with one of the secret itself.
    ...['T', 't', 'P', 'p', 'S', 's', 'U', 'Q', 'u', 'q'].flatMap((letter) =>
      ['id', 'record', 'seal'].flatMap((purpose) => {
        const { fingerprint } = nodeKey(SECRET, NAME, purpose)
        const text = `${letter}${fingerprint}${recordText}`
        return [text, `${text}.`, `${text}.${sign(text)}`, `${text}.${'A'.repeat(43)}`]
      })
    ),
  ]
}

describe.each(PLACES)('a cookie that we did not make, %s', (_, storage) => {
  it('CVE-2026-39324, GHSA-33qg-7wpp-89cq, §2.17, §2.18 is a new, empty session and an event: there is no second decoder', async () => {
    const { sessions, events } = recordedSessions({ storage: storage() })
    for (const text of otherTexts()) {
      events.length = 0
      const session = await sessions.read(`${NAME}=${text}`)
      expect(session.isNew, text).toBe(true)
      expect(session.all(), text).toEqual({})
      expect(events.map(({ type }) => type)).toEqual(['reject'])
    }
  })

  it('CVE-2026-22817, CVE-2026-22818, §2.19 does not choose how it is verified', async () => {
    const { sessions } = recordedSessions({ storage: storage() })
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = part({ user: 'mallory', exp: 4_000_000_000 })
    for (const alg of ['none', 'None', 'HS256', 'hs256', 'RS256', 'ES256']) {
      const text = `${part({ alg, typ: 'JWT' })}.${claims}`
      const mac = createHmac('sha256', SECRET).update(text).digest('base64url')
      for (const token of [`${text}.`, text, `${text}.${mac}`]) {
        expect((await sessions.read(`${NAME}=${token}`)).isNew, alg).toBe(true)
      }
    }
    // Ours under the other algorithm's letter, with that algorithm's key or its own.
    const good = (await cookieWith(sessions)).slice(NAME.length + 1)
    for (const bit of [1, 2, 4, 8, 16, 32]) {
      const letter = String.fromCharCode(good.charCodeAt(0) ^ bit)
      expect((await sessions.read(`${NAME}=${letter}${good.slice(1)}`)).isNew, letter).toBe(true)
    }
  })
})

describe.each(PLACES)('a cookie of another name, %s', (_, storage) => {
  it('laravel 2020-07-27, better-auth multi-session, CVE-2022-46170, §2.16 opens nothing, also where both are kept in one storage', async () => {
    const shared = storage()
    const names = ['__Host-session', '__Host-admin', 'session', 'sessio', 'admin']
    const apps = names.map((name) =>
      createSessions({ secrets: SECRET, storage: shared, cookie: { name } })
    )
    const cookies = await Promise.all(apps.map((sessions, i) => cookieWith(sessions, { app: i })))
    for (const [i, sessions] of apps.entries()) {
      for (const [j, cookie] of cookies.entries()) {
        const value = cookie.slice(cookie.indexOf('=') + 1)
        const session = await sessions.read(`${names[i]!}=${value}`)
        expect(session.get('app'), `${names[j]!} as ${names[i]!}`).toBe(i === j ? i : undefined)
      }
    }
  })
})

describe('the parts of a token', () => {
  it('CVE-2019-10911, §2.16 have borders that nobody can move', async () => {
    const storage = cookieStorage({ mode: 'signed' })
    const sessions = createSessions({ secrets: SECRET, storage })
    const token = (await cookieWith(sessions)).slice(NAME.length + 1)
    const bare = token.replace('.', '')
    for (let at = 0; at <= bare.length; at++) {
      const moved = `${bare.slice(0, at)}.${bare.slice(at)}`
      expect((await sessions.read(`${NAME}=${moved}`)).isNew).toBe(moved !== token)
    }
    // The letter and the fingerprint before the text are under the MAC as well.
    for (const letter of 'TtPpSs') {
      const other = letter + token.slice(1)
      expect((await sessions.read(`${NAME}=${other}`)).isNew).toBe(other !== token)
    }
    // The border between the name and the value: a name that is longer by what the value is shorter.
    for (const take of [1, 4, 10]) {
      const name = NAME + token.slice(0, take)
      const key = nodeKey(SECRET, name, 'record')
      const value = nodeToken(key, token.slice(take, take + 24), 'P')
      expect((await sessions.read(`${NAME}=${value}`)).isNew).toBe(true)
    }
  })

  it('CVE-2016-1000236, CVE-2013-0263, §2.23 are refused wherever the MAC is wrong, for one reason', async () => {
    const { sessions, events } = recordedSessions({ storage: memoryStorage() })
    const token = (await cookieWith(sessions)).slice(NAME.length + 1)
    const dot = token.lastIndexOf('.')
    events.length = 0
    for (let at = dot + 1; at < token.length; at++) {
      const wrong = token[at] === 'A' ? 'B' : 'A'
      await sessions.read(`${NAME}=${token.slice(0, at)}${wrong}${token.slice(at + 1)}`)
    }
    const reasons = events.map((event) => (event.type === 'reject' ? event.reason : event.type))
    expect(reasons).toEqual(Array(43).fill('bad-signature'))
  })
})

describe.each(PLACES)('secrets, %s', (_, storage) => {
  it('CVE-2025-47278, §2.21 the newest one signs, all verify, and what an older one signed is signed anew', async () => {
    const place = storage()
    const secrets = ['newest', 'second', 'oldest'].map((name) => `${name} ${SECRET}`)
    const all = createSessions({ secrets, storage: place })
    const only = secrets.map((secret) => createSessions({ secrets: secret, storage: place }))
    const fresh = await cookieWith(all)
    const opens = await Promise.all(only.map(async (each) => !(await each.read(fresh)).isNew))
    expect(opens).toEqual([true, false, false])
    const old = await cookieWith(only[2]!)
    const [line] = await visit(all, old, (session) => session.get('x'))
    expect((await only[0]!.read(cookieOf([line!]))).get('x')).toBe(1)
  })
})
