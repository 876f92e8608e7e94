import { describe, expect, it } from 'vitest'
import { decodeRecord } from '../record.ts'
import { isId } from '../id.ts'
import { createSigner } from '../token.ts'
import { ALPHABET } from './base64url.fixture.ts'
import { itNeeds } from './corpus.fixture.ts'
import { agreed, agreeingRing, engines } from './engines.fixture.ts'
import { tamperings } from './fuzz.fixture.ts'
import { nodeKey, nodeToken, secrets } from './keys.fixture.ts'

const NAME = '__Host-session'
const ring = agreeingRing(
  NAME,
  secrets.map((secret) => nodeKey(secret, NAME, 'codec'))
)
const id = 'k5Jx0-pZ_3qWvT8yLmNb2RcA'
const token = ring.signText(id, 'T')
const payload = '{"c":1763700000000,"d":{"user":7}}'
const payloadToken = ring.signPayload(payload, 'P')

const open = (value: string): unknown => ring.open(`${NAME}=${value}`)
const isRefused = (value: string): boolean => typeof open(value) === 'string'

const dot = token.lastIndexOf('.')
const [signed, mac] = [token.slice(0, dot), token.slice(dot + 1)]
const macBytes = Buffer.from(mac, 'base64url')

/** The place of every character, for a change at each. */
const places = (text: string): number[] => [...text].map((_, index) => index)

/** The mutation classes of the corpus, by id: what each makes of a good token. */
const MUTATIONS: Record<string, () => string[]> = {
  // An empty signature, with and without its dot.
  'tok-002': () => [`${signed}.`, signed, `${payloadToken.split('.')[0]}.`],
  // A signature cut to fewer bytes, or to fewer characters.
  'tok-004': () => [
    ...places(mac).map((length) => `${signed}.${mac.slice(0, length)}`),
    ...[...macBytes.keys()].map(
      (size) => `${signed}.${macBytes.subarray(0, size).toString('base64url')}`
    ),
  ],
  // The other alphabet of base64.
  'tok-006': () => [
    `${signed}.${macBytes.toString('base64').replace('=', '')}`.replace(/[-_]/g, '+'),
    ...['+', '/'].map((character) => token.slice(0, -1) + character),
  ],
  // Padding.
  'tok-007': () => [`${token}=`, `${token}==`, `${signed}=.${mac}`],
  // The spare bits of the last character: 43 characters are 258 bits, two more than the tag has.
  'tok-008': () => {
    const last = ALPHABET.indexOf(mac.at(-1)!)
    return [1, 2, 3].map((bits) => token.slice(0, -1) + ALPHABET[last ^ bits])
  },
  // White space anywhere but at the ends, where a Cookie header may have SP and HTAB.
  'tok-009': () =>
    [' ', '\t', '\n', '\r\n', '\v', '\xa0'].flatMap((blank) =>
      places(token)
        .slice(1)
        .map((at) => token.slice(0, at) + blank + token.slice(at))
        .concat(/[ \t]/.test(blank) ? [] : [token + blank, blank + token])
    ),
  // The same payload bytes as another text: padded, with spare bits, in the other alphabet.
  'tok-010': () => {
    const [head, tail] = payloadToken.split('.') as [string, string]
    return ['=', '==', 'A'].map((extra) => `${head}${extra}.${tail}`)
  },
  // The case of one letter.
  'tok-011': () =>
    places(token)
      .filter((at) => /[a-z]/i.test(token[at]!))
      .map((at) => {
        const letter = token[at]!
        const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
        return token.slice(0, at) + other + token.slice(at + 1)
      }),
  // Each single bit, and all else that one place can be: `tamperings` has it.
  'tok-012': () =>
    [...tamperings(token), ...tamperings(payloadToken)].filter(
      (text) => text !== token && text !== payloadToken
    ),
  // A value made for another cookie, under the same secret.
  'tok-013': () =>
    ['session', '__Host-Session', '__Host-sessio', '__Host-session2', 'csrf'].map((name) =>
      nodeToken(nodeKey(secrets[0], name, 'codec'), id)
    ),
  // Nothing of the kind is decrypted or decoded another way: plain text, JSON, base64 of it, a JWT.
  'tok-018': () => [`${id}.${mac}`, `s:${id}.${mac}`, `Fe26.2**${id}*${mac}`, `v4.local.${id}`],
  'tok-019': () => [
    encodeURIComponent(payload),
    Buffer.from(payload).toString('base64'),
    Buffer.from(payload).toString('base64url'),
    `P${Buffer.from(payload).toString('base64url')}`,
    'j:{"user":7}',
    id,
  ],
  // The format letter is under the MAC.
  'tok-020': () => ['t', 'P', 'p'].map((letter) => letter + token.slice(1)),
  'tok-021': () => [
    ...['\0', '0', '1', 'N', 'n', 'U', 'Q'].map((letter) => letter + token.slice(1)),
    `eyJhbGciOiJub25lIn0.${Buffer.from(payload).toString('base64url')}.`,
  ],
}

/** The classes that are rules of another layer, and which. */
const ELSEWHERE: Record<string, string> = {
  'tok-017': 'below, CVE-2025-47278',
  'tok-022': 'expiry: storage/cookie.test.ts and sessions',
  'tok-023': 'types of times: below and record.test.ts',
  'tok-024': 'created in the future: times.test.ts',
  'tok-025': 'replay after logout: storages',
  'tok-027': 'nonces: there is no sealed token yet',
  'tok-030': 'an empty id: below',
}

describe('C2 mutations of a signed token', () => {
  it('the token itself is opened', () => {
    expect(open(token)).toEqual({ format: 'T', text: id, keyIndex: 0 })
    expect(open(payloadToken)).toEqual({ format: 'P', text: payload, keyIndex: 0 })
  })

  it.each(Object.keys(MUTATIONS))('C2 %s: no mutation is opened', (name) => {
    const mutations = MUTATIONS[name]!()
    expect(mutations.length).toBeGreaterThan(0)
    for (const mutation of mutations) expect([token, payloadToken]).not.toContain(mutation)
    expect(mutations.filter((mutation) => !isRefused(mutation))).toEqual([])
  })

  it('C2 tok-023, tok-024: a record whose times are no times is no record, though it is signed', () => {
    const now = Date.now()
    for (const time of ['"x"', 'null', '-1', '1e999', '[1]', '1.5', 'true', '0']) {
      expect(decodeRecord(`{"r":"x","c":${time}}`)).toBeNull()
      expect(decodeRecord(`{"r":"x","c":${now},"e":${time}}`)).toBeNull()
    }
    expect(decodeRecord(`{"r":"x","c":${now}}`)).not.toBeNull()
  })

  it('C2 tok-030: an empty text may be signed, but it is no id', () => {
    const opened = ring.open(`${NAME}=${ring.signText('', 'T')}`)
    expect(opened).toEqual({ format: 'T', text: '', keyIndex: 0 })
    expect(isId('')).toBe(false)
  })

  itNeeds<[{ readonly cases: readonly { readonly id: string }[] }]>(
    ['attacks/signed_token_mutations'],
    'C2 21/21 mutation classes: 14 here, 7 are rules of other layers',
    ({ cases }) => {
      const known = [...Object.keys(MUTATIONS), ...Object.keys(ELSEWHERE)].sort()
      expect(cases.map((each) => each.id).sort()).toEqual(known)
      expect(Object.keys(ELSEWHERE)).toHaveLength(7)
    }
  )
})

describe('tokens and advisories', () => {
  const verify = (value: string, name: string = NAME): string | null =>
    agreed((engine) => createSigner(engine, secrets, { name }).verify(`${name}=${value}`))

  it.each(engines)('CVE-2025-47278 $name signs with the first of the secrets', (engine) => {
    const value = createSigner(engine, secrets, { name: NAME }).sign(id)
    const header = `${NAME}=${value}`
    const signers = secrets.map((secret) => createSigner(engine, secret, { name: NAME }))
    expect(signers.map((signer) => signer.verify(header))).toEqual([id, null, null])
    expect(value).toBe(nodeToken(nodeKey(secrets[0], NAME, 'codec'), id))
  })

  it('CVE-2026-39324 verify() has no second decoder for what does not verify', () => {
    for (const make of ['tok-018', 'tok-019', 'tok-021']) {
      for (const value of MUTATIONS[make]!()) expect(verify(value)).toBeNull()
    }
  })

  it('laravel 2020-07-27 verify() takes no value of another cookie', () => {
    const value = agreed((engine) => createSigner(engine, secrets, { name: 'a' }).sign(id))
    expect(verify(value, 'a')).toBe(id)
    expect(verify(value, 'b')).toBeNull()
  })

  it('CVE-2022-46170 verify() takes no id of another session cookie of the same app', () => {
    const value = agreed((engine) => createSigner(engine, secrets, { name: 'admin' }).sign(id))
    expect(verify(value, 'session')).toBeNull()
    expect(verify(value, 'admin2')).toBeNull()
  })

  it('CVE-2019-10911 no boundary can be moved: of the name, the fingerprint, the text or the MAC', () => {
    const ab = agreed((engine) => createSigner(engine, secrets, { name: 'ab' }).sign('c'))
    expect(verify(ab, 'a')).toBeNull()
    expect(verify(ab.replace('c.', 'bc.'), 'a')).toBeNull()
    for (const at of places(token)) {
      if (token[at] === '.') continue
      const moved = token.replace('.', '')
      if (at !== dot) expect(isRefused(`${moved.slice(0, at)}.${moved.slice(at)}`)).toBe(true)
    }
  })

  it('CVE-2016-1000236 a MAC is refused whichever of its characters is wrong', () => {
    for (const at of places(mac)) {
      const wrong = mac[at] === 'A' ? 'B' : 'A'
      expect(open(`${signed}.${mac.slice(0, at)}${wrong}${mac.slice(at + 1)}`)).toBe(
        'bad-signature'
      )
    }
  })
})
