/**
 * Names that some parser takes for ours, in front of a token that is good: an attacker's own.
 *
 * @module
 */
import { describe, expect, it } from 'vitest'
import { cookieWith, recordedSessions } from '../../bindings/sessions.fixture.ts'
import { falseBlanks } from '../../bindings/codec/cookies.fixture.ts'
import { NAME, PLACES, Site, SECRET } from './places.fixture.ts'

const REST = NAME.slice('__Host-'.length)

/** Pairs that are not our cookie, whatever they hold. */
const SPOOFS: readonly (readonly [id: string, pairs: (token: string) => string[]])[] = [
  [
    'CVE-2026-39410, GHSA-r5rp-j6wh-rvv4, §2.1 behind or before what is no SP and no HTAB',
    (token) =>
      falseBlanks.flatMap((blank) => [`${blank}${NAME}=${token}`, `${NAME}${blank}=${token}`]),
  ],
  [
    'CVE-2020-8184, CVE-2022-36032, §2.2 percent-encoded',
    (token) => [
      `%5F%5FHost-${REST}=${token}`,
      `%5f_Host-${REST}=${token}`,
      `__Host%2D${REST}=${token}`,
    ],
  ],
  [
    'CVE-2022-31629, §2.2 with what PHP makes an underscore of',
    (token) => ['..', '[_', ' _', '_.', '._'].map((start) => `${start}Host-${REST}=${token}`),
  ],
  [
    '§2.2 in another case, and in letters that normalise to ours',
    (token) => [`__host-${REST}=${token}`, `＿＿Host-${REST}=${token}`, `__Host-ſession=${token}`],
  ],
  [
    'CVE-2023-23934, §2.3 as the value of a cookie without a name',
    (token) => [`=${NAME}=${token}`, `==${NAME}=${token}`, ` =${NAME}=${token}`],
  ],
  [
    'CVE-2016-7401, §2.3 without an equals sign',
    (token) => [`${NAME}${token}`, `${NAME}\u013d${token}`, `x,${NAME}=${token}`],
  ],
  [
    '§2.5 behind a code unit whose low byte ends a pair',
    (token) => [`x=1\u013b${NAME}=${token}`, `x=1\u037e${NAME}=${token}`, `\u0120${NAME}=${token}`],
  ],
]

describe.each(PLACES)('a spoofed name, %s', (_, storage) => {
  it.each(SPOOFS)('%s, it gives no session and hides none', async (_id, spoof) => {
    const { sessions } = recordedSessions({ storage: storage() })
    const evil = (await cookieWith(sessions, { user: 'mallory' })).slice(NAME.length + 1)
    const good = await cookieWith(sessions, { user: 'ada' })
    const userOf = async (header: string) => (await sessions.read(header)).get('user') as unknown
    expect(await userOf(`${NAME}=${evil}`)).toBe('mallory')
    for (const pair of spoof(evil)) {
      expect(await userOf(pair), pair).toBeUndefined()
      expect(await userOf(`${pair}; ${good}`), pair).toBe('ada')
      expect(await userOf(`${good}; ${pair}`), pair).toBe('ada')
    }
  })
})

describe('a Cookie header', () => {
  it('§2.4 that opens a quote before our cookie and closes it behind does not swallow it', async () => {
    const { sessions } = recordedSessions()
    const good = await cookieWith(sessions, { user: 'ada' })
    for (const header of [
      `$Version=1; a="x; ${good}; b=y"`,
      `a="\\"; ${good}; b="`,
      `a="\\073 ${NAME}=evil"; ${good}`,
      `a='x; ${good}'`.replace(/'$/, "; b='"),
    ]) {
      expect((await sessions.read(header)).get('user'), header).toBe('ada')
    }
    // A comma joins nothing: this is one cookie, a, and its value.
    expect((await sessions.read(`a=b, ${good}`)).isNew).toBe(true)
  })

  it('§2.9 may name any property of an object, and a session may be kept in a cookie called __proto__', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    for (const name of names) {
      const site = new Site({ secrets: SECRET, cookie: { name } })
      const visitor = site.visitor()
      for (const other of names) if (other !== name) visitor.jar.plant(other, 'evil')
      await visitor.send((session) => session.set('user', 'ada'))
      expect(await visitor.send((session) => session.get('user'))).toBe('ada')
      expect(await site.visitor().send((session) => session.get('user'))).toBeUndefined()
    }
    expect(Reflect.get({}, 'user')).toBeUndefined()
  })
})
