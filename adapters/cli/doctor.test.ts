import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildProgram, type Program } from './program.fixture.ts'

const SESSION_SECRET = 'Zq3vN8xK1mB7cT5yR2wL9pF4hJ6dG0sA_uEoIiVeXk'
const GOOD = { SESSION_SECRET, NODE_ENV: 'production' }

let program: Program
beforeAll(async () => void (program = await buildProgram()), 60_000)
afterAll(() => program.remove())

/** The findings of the doctor, one line each. */
function doctor(words: string[], env: Record<string, string> = GOOD) {
  const { code, stdout, stderr } = program.run(['doctor', ...words], env)
  const lines = stdout.trimEnd().split('\n')
  return {
    code,
    stderr,
    stdout,
    problems: lines.filter((line) => line.startsWith('problem')),
    warnings: lines.filter((line) => line.startsWith('warning')),
    summary: lines.at(-1),
  }
}

describe('K35 tuile doctor', () => {
  it('K35 finds no problem in good settings of the environment', () => {
    const { code, stderr, problems, warnings, stdout } = doctor([])
    expect([code, stderr, problems]).toEqual([0, '', []])
    expect(warnings).toEqual([expect.stringMatching(/storage .*after sign-out/)])
    expect(stdout).toMatch(/ok +secrets +1 of at least 32 bytes, none of which looks guessable/)
    expect(stdout).toMatch(/ok +cookie +__Host-session: only this very host/)
    expect(stdout).toMatch(/ok +cookie +A session may have about 2\d{3} bytes/)
    expect(stdout).toMatch(/ok +trial/)
  })

  it.each<[string, Record<string, string>, RegExp]>([
    ['no secret', {}, /secrets is missing/],
    ['a short one', { SESSION_SECRET: 'hunter2' }, /SESSION_SECRET: .*7 bytes/],
    ['a placeholder', { SESSION_SECRET: 'change-me-hunter2'.repeat(3) }, /well-known placeholder/],
    ['one character', { SESSION_SECRET: 'h'.repeat(40) }, /short text that repeats/],
    ['a text that repeats', { SESSION_SECRET: 'hunter2!'.repeat(5) }, /short text that repeats/],
    ['a sequence', { SESSION_SECRET: 'abcdefghijklmnopqrstuvwxyz0123456789' }, /sequence/],
    ['few characters', { SESSION_SECRET: '0990900990090990900909900990900990909' }, /bits at most/],
    ['one secret twice', { SESSION_SECRETS: `${SESSION_SECRET},${SESSION_SECRET}` }, /twice/],
    ['an unknown storage', { SESSION_SECRET, SESSION_DRIVER: 'hunter2' }, /SESSION_DRIVER/],
    ['memory', { SESSION_SECRET, SESSION_DRIVER: 'memory' }, /memory of one process/],
    ['no Secure', { SESSION_SECRET, SESSION_SECURE: 'false' }, /Secure is off/],
    [
      'a prefix without Secure',
      { SESSION_SECRET, SESSION_SECURE: 'no', SESSION_COOKIE: '__Host-x' },
      /SESSION_COOKIE/,
    ],
    ['a name that is none', { SESSION_SECRET, SESSION_COOKIE: 'a b\u001b[2J' }, /SESSION_COOKIE/],
    ['a lifetime that is none', { SESSION_SECRET, SESSION_LIFETIME: '-1' }, /SESSION_LIFETIME/],
    ['no database', { SESSION_SECRET, SESSION_DRIVER: 'database' }, /needs DATABASE_URL/],
    [
      'a client that is not installed',
      { SESSION_SECRET, SESSION_DRIVER: 'redis', REDIS_URL: 'redis://127.0.0.1:1' },
      /needs a package: npm install redis/,
    ],
  ])('K35 ends with 1 for %s, and tells no secret', (_, env, message) => {
    const { code, problems, stdout, stderr } = doctor([], { NODE_ENV: 'production', ...env })
    expect(problems).toContainEqual(expect.stringMatching(message))
    expect(code).toBe(1)
    // The library itself warns of memory, on the standard error.
    expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n]|\n {4}at /u)
    for (const secret of [env.SESSION_SECRET, env.SESSION_SECRETS]) {
      if (secret) expect(stdout).not.toContain(secret.slice(0, 30))
    }
  })

  it.each<[string, Record<string, string>, RegExp]>([
    ['a proxy, with secure auto', { SESSION_SECURE: 'auto' }, /behind a proxy/],
    ['a name without prefix', { SESSION_COOKIE: 'sid' }, /no prefix __Host-/],
    ['a long life', { SESSION_LIFETIME: '100000' }, /lives for 69 days/],
    [
      'words',
      { SESSION_SECRET: 'correct horse battery staple and more of them' },
      /looks like words/,
    ],
    ['quotes', { SESSION_SECRET: `"${SESSION_SECRET}"` }, /begins and ends with quotes/],
    ['no production', { NODE_ENV: '' }, /NODE_ENV is not production/],
  ])('K35 warns of %s', (_, env, message) => {
    const { code, warnings } = doctor([], { ...GOOD, ...env })
    expect(warnings).toContainEqual(expect.stringMatching(message))
    expect(code).toBe(0)
  })

  it('K35 checks a module that exports sessions, and ends though it holds a connection', () => {
    const path = program.module(
      'sessions.mjs',
      `import { createSessions, memoryStorage } from './tuile.mjs'
      setInterval(() => undefined, 1000)
      const storage = { ...memoryStorage(), volatile: false, atomic: true, consistency: 'strong' }
      export default createSessions({ secrets: '${SESSION_SECRET}', storage,
        cookie: { httpOnly: false, sameSite: 'none', name: '__Secure-a', domain: 'example.com' } })`
    )
    const { code, problems, warnings } = doctor([path])
    expect(problems).toEqual([expect.stringMatching(/HttpOnly is off/)])
    expect(code).toBe(1)
    expect(warnings.join()).toMatch(/SameSite=None[\s\S]*Domain/)
  })

  it('K35 checks a module that exports options, and their secrets', () => {
    const path = program.module(
      'options.mjs',
      `export const options = { secrets: ['${SESSION_SECRET}', { secret: '${'x'.repeat(40)}' }] }`
    )
    const { code, problems } = doctor([path])
    expect(problems).toEqual([expect.stringMatching(/secret 2 of 2 is a short text/)])
    expect(code).toBe(1)
  })

  it('K35 finds a storage that loses changes, fails, or lets a session live on', () => {
    const of = (body: string) =>
      doctor([
        program.module(
          'storage.mjs',
          `import { createSessions, memoryStorage } from './tuile.mjs'
          const memory = memoryStorage()
          const storage = { read: memory.read, write: memory.write, destroy: memory.destroy, ${body} }
          export const sessions = createSessions({ secrets: '${SESSION_SECRET}', storage })`
        ),
      ])
    expect(of('').problems).toEqual([])
    expect(of('').warnings.join()).toMatch(/not atomic[\s\S]*no locks[\s\S]*no owners/)
    const blind = `write: (k, v, o) => memory.write(k, v, {...o,
      ifVersion: o.ifVersion === null ? null : memory.read(k).version }),`
    expect(of(blind).problems.join()).toMatch(/one of them was lost \(1 of 2\)/)
    expect(of('destroy() {}').problems.join()).toMatch(/can still be read/)
    const down = `read() { throw new Error('down\\u001b[2J') }`
    expect(of(down).problems.join()).toMatch(/failed to read: down\\u\{1b\}\[2J/)
    expect(of(`consistency: 'eventual'`).warnings.join()).toMatch(/may be old/)
  })

  it.each([
    ['is not there', null, /Cannot find module/],
    ['throws', `throw new Error('no database')`, /no database/],
    ['has an error', 'export const = 1', /Unexpected token/],
    ['throws nothing', 'throw undefined', /undefined/],
    ['exports nothing', 'export const app = { fetch() {} }', /exports no sessions/],
    ['exports bad options', `export default { secrets: 'hunter2' }`, /has 7 bytes/],
    ['exports null', 'export default null', /exports no sessions/],
  ])('K35 ends with 1 for a module that %s', (_, source, message) => {
    const path = source === null ? 'not-there.mjs' : program.module('bad.mjs', source)
    const { code, problems, stderr, stdout } = doctor([path])
    expect(problems).toContainEqual(expect.stringMatching(message))
    expect([code, stderr]).toEqual([1, ''])
    expect(stdout).not.toContain('hunter2')
  })

  it('K35 asks the storage nothing where no trial is wanted', () => {
    const path = program.module(
      'asked.mjs',
      `import { createSessions } from './tuile.mjs'
      const fail = () => { console.log('asked'); throw new Error('asked') }
      const storage = { read: fail, write: fail, destroy: fail, atomic: true }
      export default createSessions({ secrets: '${SESSION_SECRET}', storage })`
    )
    const { code, stdout } = doctor([path, '--no-trial'])
    expect([code, stdout.includes('asked')]).toEqual([0, false])
    expect(doctor([path]).code).toBe(1)
  })
})
