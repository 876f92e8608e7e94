import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSealer, createSigner } from '../../bindings/codec.ts'
import { SessionClients } from '../../bindings/live/clients.ts'
import { cookieWith, recordedSessions, visit } from '../../bindings/sessions.fixture.ts'
import { cookieStorage } from '../../bindings/storage/cookie.ts'
import { memoryStorage } from '../../bindings/storage/memory.ts'
import { buildProgram, type Program, type Run } from './program.fixture.ts'

const [NEW, OLD] = [
  'new: a secret of more than 32 bytes ...',
  'old: a secret of more than 32 bytes ...',
]
const name = '__Host-session'
const SESSION_SECRETS = `${NEW},${OLD}`

let program: Program
beforeAll(async () => void (program = await buildProgram()), 60_000)
afterAll(() => program.remove())

/** What the program says of a cookie, by label. */
function inspect(words: string[], env: Record<string, string> = { SESSION_SECRETS }, input = '') {
  const run: Run = program.run(['inspect', ...words], env, input)
  const lines = run.stdout.trimEnd().split('\n')
  const parts = lines.map((line) => /^([a-z]+(?: [a-z]+)?)\s{2,}(.*)$/.exec(line) ?? [])
  return { ...run, ...Object.fromEntries(parts.map(([, label, text]) => [label, text])) } as Run &
    Record<string, string>
}

const signed = { storage: cookieStorage({ mode: 'signed' }) }

describe('tuile inspect', () => {
  it('shows a signed id, and not the whole of it', async () => {
    const storage = memoryStorage()
    const { sessions } = recordedSessions({ secrets: NEW, storage })
    const cookie = await cookieWith(sessions)
    const shown = inspect([cookie])
    expect(shown).toMatchObject({
      code: 0,
      cookie: expect.stringMatching(/^__Host-session, \d+ of 4096 bytes$/),
      format: expect.stringMatching(/^T: a session id/),
      key: expect.stringMatching(/^fingerprint [\w-]{3}, that of secret 1 of 2$/),
      verifies: 'yes, with the newest secret',
      'stored as': sessions.keyOf(await sessions.read(cookie)),
    })
    const id = cookie.slice(cookie.indexOf('=') + 5, cookie.indexOf('.'))
    expect(shown.stdout).not.toContain(id)
  })

  it.each([
    ['sealed', 'S', undefined],
    ['signed', 'P', signed],
  ])('shows a session in a %s cookie', async (_, letter, options) => {
    const { sessions } = recordedSessions({ secrets: OLD, ...options })
    const cookie = await cookieWith(sessions, { name: 'Ada', cart: [1, 2] })
    expect(inspect([cookie])).toMatchObject({
      code: 0,
      format: expect.stringMatching(new RegExp(`^${letter}: `)),
      verifies: 'yes, with secret 2: it is renewed',
      session: expect.stringMatching(/^[\w-]{4}…$/),
      rotation: '0',
      created: expect.stringMatching(/^\d{4}-.*Z$/),
      ends: expect.stringMatching(/^\d{4}-.*Z$/),
      data: '{"name":"Ada","cart":[1,2]}',
    })
  })

  it('shows flash messages, an owner, and that a message waits', async () => {
    const { sessions } = recordedSessions({
      secrets: NEW,
      storage: cookieStorage({ revocations: memoryStorage() }),
    })
    const [line] = await visit(sessions, null, (session) => {
      session.flash('notice' as never, 'Saved' as never)
      session.owner = 'user-42'
    })
    expect(inspect([`Set-Cookie: ${line}`])).toMatchObject({
      code: 0,
      format: expect.stringMatching(/^s: /),
      mark: 'a flash message waits',
      flash: '{"notice":"Saved"}',
      owner: '"user-42"',
    })
  })

  it.each([
    [
      'U',
      () => createSigner(NEW, { name, mac: 'blake3' }).sign('an-id'),
      'value',
      'an-i…, 5 characters',
    ],
    ['Q', () => createSigner(NEW, { name, mac: 'blake3' }).sign('a value'), 'payload', 'a value'],
    ['T', () => createSigner(NEW, { name }).sign('an-id'), 'value', 'an-i…, 5 characters'],
    ['P', () => createSigner(NEW, { name }).sign('a value'), 'payload', 'a value'],
    ['S', () => createSealer(NEW, { name }).seal('a value'), 'payload', 'a value'],
  ])('shows what the codec makes: %s', (letter, make, label, text) => {
    const shown = inspect([make()])
    expect([shown.code, shown.format?.[0], shown[label]]).toEqual([0, letter, text])
    expect(shown.kind).toMatch(/^a value of createSigner.*, not a session$/)
    expect(shown.key).toMatch(/that of secret 1 of 2$/)
  })

  it.each([
    ['signed', () => createSigner(OLD).sign('a value')],
    ['signed with BLAKE3', () => createSigner(OLD, { mac: 'blake3' }).sign('a value')],
    ['sealed', () => createSealer(OLD).seal('a value')],
  ])('shows a bare value that is %s', (_, make) => {
    expect(inspect([make()])).toMatchObject({
      code: 0,
      kind: expect.stringMatching(/^a bare value of createSigner.*, not a session$/),
      verifies: 'yes, with secret 2',
      payload: 'a value',
    })
  })

  it('shows the record of a codec as a value: no session takes it', () => {
    const record = JSON.stringify({ c: 1, e: 2, i: 'A'.repeat(24), d: {} })
    const shown = inspect([createSigner(NEW, { name }).sign(record)])
    expect(shown).toMatchObject({ code: 0, payload: record })
    expect(shown.session).toBeUndefined()
  })

  it('shows the id of a client', () => {
    const { sessions } = recordedSessions({ secrets: NEW, storage: memoryStorage() })
    const { clientId, setCookie } = new SessionClients(sessions).identify(null)
    expect(inspect([`Set-Cookie: ${setCookie}`])).toMatchObject({
      code: 0,
      kind: 'a client id of the socket.io bridge, not a session',
      id: `${clientId.slice(0, 4)}…, 24 characters`,
    })
  })

  it('says why one does not verify', async () => {
    const cookie = await cookieWith(recordedSessions({ secrets: NEW, ...signed }).sessions)
    const changed = `${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'B' : 'A'}`
    for (const [given, env, verdict] of [
      [changed, { SESSION_SECRETS }, /bad-signature/],
      [cookie.slice(0, -20), { SESSION_SECRETS }, /malformed/],
      [cookie, { SESSION_SECRET: OLD }, /unknown-key/],
      [`${name}=nonsense`, { SESSION_SECRETS }, /malformed/],
      [`${name}=${'T'.repeat(5000)}`, { SESSION_SECRETS }, /malformed|oversize/],
      [cookie, {}, /not known: no secret was given/],
    ] as const) {
      const shown = inspect([given], env as Record<string, string>)
      expect([shown.code, shown.verifies]).toEqual([1, expect.stringMatching(verdict)])
    }
    // What a signed cookie says can be read all the same, and is marked.
    expect(inspect([cookie], {})).toMatchObject({
      data: '{"x":1}',
      claims: 'what follows is not verified',
    })
  })

  it('finds a cookie that was renamed', async () => {
    const { sessions } = recordedSessions({ secrets: NEW, cookie: { name: 'session' } })
    const cookie = await cookieWith(sessions)
    expect(inspect([cookie.replace('session', name)])).toMatchObject({
      code: 1,
      hint: 'it verifies as the cookie session: was it renamed?',
    })
  })

  it('says that a session is over', async () => {
    const { sessions } = recordedSessions({ secrets: NEW, lifetime: 1 })
    const cookie = await cookieWith(sessions)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect(inspect([cookie])).toMatchObject({
      code: 1,
      session: 'is over (expired-idle or expired-absolute)',
    })
  })

  it('takes the cookie of a whole header, from the standard input, by a variable of any name', async () => {
    const { sessions } = recordedSessions({ secrets: NEW, cookie: { name: '__Host-shop' } })
    const cookie = await cookieWith(sessions)
    const header = `Cookie: theme=dark; ${cookie}; other=1`
    const words = ['-', '--secret-env', 'SHOP', '--secret-env', 'SHOP_OLD']
    const env = { SHOP: NEW, SHOP_OLD: OLD, SESSION_SECRET: 'not this one' }
    expect(inspect(words, env, header)).toMatchObject({ code: 0, data: '{"x":1}' })
    const token = cookie.slice(cookie.indexOf('=') + 1)
    expect(inspect([token, '--name', '__Host-shop'])).toMatchObject({ code: 0 })
    expect(inspect([token], { SESSION_SECRETS, SESSION_COOKIE: '__Host-shop' }).code).toBe(0)
  })

  it('joins a token that is in several cookies', async () => {
    const { sessions } = recordedSessions({ secrets: NEW, cookie: { chunks: 3 } })
    const lines = await visit(sessions, null, (session) => session.set('x', 'x'.repeat(5000)))
    const pairs = lines.map((line) => line.split(';')[0]!)
    expect(pairs.length).toBeGreaterThan(1)
    const whole = inspect(['-'], { SESSION_SECRETS }, `Cookie: ${pairs.join('; ')}`)
    expect([whole.code, whole.cookie]).toEqual([
      0,
      expect.stringMatching(/^__Host-session, \d+ bytes in 2 cookies$/),
    ])
    expect(whole.data).toContain('xxxxxxxx')
    expect(inspect([pairs[0]!])).toMatchObject({ code: 1, verifies: expect.stringMatching(/^no/) })
  })

  it.each([
    ['bearer', 'Authorization: Bearer '],
    ['bearer', 'bearer '],
    [{ header: 'X-Session' }, 'x-session: '],
  ] as const)('takes the header of a client without cookies: %o', async (transport, before) => {
    const { sessions } = recordedSessions({ secrets: NEW, transport: ['cookie', transport] })
    const header = (name: string): string | undefined =>
      name.toLowerCase() === 'cookie' ? undefined : before.startsWith('x') ? '' : 'Bearer'
    const session = await sessions.read(null, { header })
    session.set('x', 1)
    await sessions.commit(session)
    const [, value] = sessions.answerOf(session).header!
    const token = value.replace(/^Bearer /, '')
    expect(inspect([before + token])).toMatchObject({ code: 0, data: '{"x":1}' })
    expect(inspect([`__Host-session=${token}`]).code).toBe(1)
  })

  it('§2.25 tells no secret, also of one that is refused', () => {
    const short = inspect(['T', '--secret-env', 'X'], { X: 'hunter2' })
    expect([short.code, short.stdout]).toEqual([2, ''])
    expect(short.stderr).toMatch(/secrets\[0\] has 7 bytes/)
    expect(short.stderr).not.toContain('hunter2')
    const shown = inspect(['Tabc.x'])
    expect(shown.stdout + shown.stderr).not.toMatch(/a secret of more/)
  })

  it('does nothing to the terminal, whatever is in a cookie', () => {
    const hostile = '\u001b]0;title\u0007\u001b[2J\u202e\u2028\ud800 end'
    const sealed = createSealer(NEW, { name }).seal(hostile.replace('\ud800', ''))
    const record = JSON.stringify({
      c: Date.now(),
      d: { '\u001b[2J': '\u202eevil' },
      i: '\u001b[31m',
    })
    for (const value of [sealed, createSigner(NEW, { name }).sign(record)]) {
      const { stdout, stderr, code } = inspect([value])
      expect(stdout).not.toMatch(/[^\P{Cc}\n]|\p{Cf}|\p{Zl}/u)
      expect([stderr, code]).toEqual(['', 0])
    }
    for (const given of [
      hostile,
      `${name}=${hostile}`,
      `${hostile}=x`,
      '=',
      ';',
      'a=',
      '%00',
      '="',
    ]) {
      const { stdout, stderr, code } = inspect([given])
      expect([1, 2]).toContain(code)
      expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n]|\p{Cf}|\p{Zl}|\n {4}at /u)
    }
  })

  it('copes with a header of any size', () => {
    const { code, stderr } = inspect(['-'], { SESSION_SECRETS }, `a=${'x'.repeat(1_000_000)}; b=T`)
    expect([1, 2]).toContain(code)
    expect(stderr).not.toMatch(/\n {4}at /)
  })
})
