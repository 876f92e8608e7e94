import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { ConfigurationError } from '../errors.ts'
import { sessionConformance } from '../session-conformance.ts'
import { cookieOf, SECRET, visit } from '../sessions.fixture.ts'
import type { SessionStorage } from '../storage/contract.ts'
import { storageConformance } from '../storage/conformance.ts'
import { memoryStorage } from '../storage/memory.ts'
import { describeService } from '../storage/services.fixture.ts'
import { deferStorage } from './deferred.ts'
import { registerStorage } from './registry.ts'
import { sessionsFromEnv } from './sessions-from-env.ts'
import { storages } from './storages.none.ts'
import { Variables } from './variables.ts'

const withSecret = (env: object) => ({ SESSION_SECRET: SECRET, ...env })
const make = (env: object, options = {}) => sessionsFromEnv(withSecret(env), options)

/** The attributes of the cookie that an environment gives. */
async function lineOf(env: object, options = {}): Promise<string> {
  const lines = await visit(make(env, options), null, (session) => session.set('x', 1))
  return lines[0]!
}

describe('sessionsFromEnv', () => {
  it('without anything but a secret is createSessions({ secrets })', async () => {
    expect(await lineOf({})).toMatch(/^__Host-session=S.*Max-Age=86400.*HttpOnly; Secure/)
  })

  it('takes what is empty for what is not set, and spaces off', async () => {
    const empty = {
      SESSION_DRIVER: '',
      SESSION_LIFETIME: ' ',
      SESSION_COOKIE: '',
      SESSION_SECURE: '',
    }
    expect(await lineOf(empty)).toMatch(/^__Host-session=S.*Max-Age=86400/)
    expect(await lineOf({ SESSION_LIFETIME: ' 120 ' })).toContain('Max-Age=7200')
  })

  it('takes a list of secrets, the newest first; a single one may have commas', async () => {
    const [old, fresh] = ['x7'.repeat(16), 'x8'.repeat(16)]
    const cookieBy = async (env: object) =>
      cookieOf(await visit(sessionsFromEnv(env), null, (session) => session.set('x', 1)))
    const both = { SESSION_SECRETS: `${fresh}, ${old}` }
    for (const env of [{ SESSION_SECRET: old }, { SESSION_SECRET: fresh }]) {
      expect((await sessionsFromEnv(both).read(await cookieBy(env))).get('x')).toBe(1)
    }
    const single = sessionsFromEnv({ SESSION_SECRET: fresh })
    expect((await single.read(await cookieBy(both))).get('x')).toBe(1)
    expect(SECRET).toContain(',')
    expect((await make({}).read(await cookieBy(withSecret({})))).get('x')).toBe(1)
  })

  it('lets options win over the environment', async () => {
    const env = { SESSION_LIFETIME: '120', SESSION_COOKIE: 'sid', SESSION_DRIVER: 'nonsense' }
    const options = { lifetime: 60, cookie: { name: 'other' }, storage: memoryStorage() }
    expect(await lineOf(env, options)).toMatch(/^other=T.*Max-Age=60;/)
    expect(await lineOf({ SESSION_COOKIE: 'sid' }, { cookie: { path: '/a' } })).toMatch(
      /^sid=.*Path=\/a;/
    )
  })

  it('gives a cookie without Secure a name that allows it', async () => {
    expect(await lineOf({ SESSION_SECURE: 'false' })).toMatch(/^session=(?!.*Secure)/)
    expect(make({ SESSION_SECURE: 'AUTO' }).secureOnly).toBe(false)
  })

  it('locks if told to', () => {
    expect(make({ SESSION_DRIVER: 'memory', SESSION_LOCKING: 'true' }).locking).toBe(true)
    expect(make({ SESSION_DRIVER: 'memory', SESSION_LOCKING: 'off' }).locking).toBe(false)
  })

  it.each([
    ['SESSION_DRIVER', 'nonsense'],
    ['SESSION_DRIVER', 'constructor'],
    ['SESSION_LIFETIME', '2h'],
    ['SESSION_LIFETIME', '-1'],
    ['SESSION_LIFETIME', '0'],
    ['SESSION_LIFETIME', '0.001'],
    ['SESSION_LIFETIME', '576001'],
    ['SESSION_LIFETIME', 'Infinity'],
    ['SESSION_COOKIE', 'a b'],
    ['SESSION_COOKIE', 'a\r\nSet-Cookie: b'],
    ['SESSION_SECURE', 'maybe'],
    ['SESSION_LOCKING', 'toString'],
    ['SESSION_LOCKING', 'true'], // of the cookie
    ['SESSION_DRIVER', 42],
  ])('names %s if it is %j', (name, value) => {
    expect(() => make({ [name]: value })).toThrow(ConfigurationError)
    expect(() => make({ [name]: value })).toThrow(name)
  })

  it.each([
    [{}, 'SESSION_SECRET'],
    [{ SESSION_SECRET: 'hunter2' }, 'SESSION_SECRET'],
    [{ SESSION_SECRET: 'change-me-in-production-change-me' }, 'SESSION_SECRET'],
    [{ SESSION_SECRETS: `${'x7'.repeat(20)},hunter2` }, 'SESSION_SECRETS'],
    [{ SESSION_SECRETS: `${'x7'.repeat(20)},` }, 'SESSION_SECRETS'],
    [{ SESSION_SECRET: 'x7'.repeat(20), SESSION_SECRETS: 'x8'.repeat(20) }, 'SESSION_SECRETS'],
    [withSecret({ SESSION_DRIVER: 'database' }), 'DATABASE_URL'],
    [
      withSecret({ SESSION_DRIVER: 'database', DATABASE_URL: 'oracle://me:hunter2@host/x' }),
      'DATABASE_URL',
    ],
    [withSecret({ SESSION_DRIVER: 'redis', REDIS_URL: 'me:hunter2@host' }), 'REDIS_URL'],
  ])('names the variable, and tells no secret: case %#', (env, name) => {
    expect(() => sessionsFromEnv(env)).toThrow(ConfigurationError)
    expect(() => sessionsFromEnv(env)).toThrow(name)
    expect(() => sessionsFromEnv(env)).not.toThrow(/hunter2|x7x7|x8x8|change-me/)
  })

  it('SESSION_COOKIE and SESSION_SECURE that contradict each other are both named', () => {
    const env = { SESSION_COOKIE: '__Host-sid', SESSION_SECURE: 'false' }
    expect(() => make(env)).toThrow(/^SESSION_COOKIE and SESSION_SECURE: /)
  })

  it.each([null, undefined, 'SESSION_SECRET=x'])('refuses %j for an environment', (env) => {
    expect(() => sessionsFromEnv(env as never)).toThrow(ConfigurationError)
  })
})

describe('registerStorage', () => {
  it('makes the storage when it is named, with the environment, and not before', () => {
    const factory = vi.fn((_env: Readonly<Record<string, string | undefined>>) => memoryStorage())
    registerStorage('lazy', factory)
    make({ SESSION_DRIVER: 'memory' })
    expect(factory).not.toHaveBeenCalled()
    make({ SESSION_DRIVER: 'lazy', LAZY_URL: 'here' })
    expect(factory).toHaveBeenCalledTimes(1)
    expect(factory.mock.calls[0]![0].LAZY_URL).toBe('here')
  })

  it('lists the names that are known', () => {
    registerStorage('mongo', () => memoryStorage())
    expect(() => make({ SESSION_DRIVER: 'mango' })).toThrow(/cookie, .*memory, mongo/)
  })

  it.each(['', 'a b', 7])('refuses the name %j', (name) => {
    expect(() => registerStorage(name as never, () => memoryStorage())).toThrow(ConfigurationError)
  })

  it('refuses a factory that is none, that makes nothing, or that makes a promise', () => {
    expect(() => registerStorage('none', 7 as never)).toThrow(ConfigurationError)
    for (const made of [undefined, {}, { load: () => null }, Promise.resolve(memoryStorage())]) {
      registerStorage('bad', () => made as never)
      expect(() => make({ SESSION_DRIVER: 'bad' })).toThrow(ConfigurationError)
    }
  })
})

describe('the storages that open by themselves', () => {
  it('file: in a folder, which is made when the first session is kept', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tuile-env-'))
    const SESSION_PATH = join(folder, 'a', 'sessions')
    const sessions = make({ SESSION_DRIVER: 'file', SESSION_PATH })
    expect(readdirSync(folder)).toEqual([])
    const cookie = cookieOf(await visit(sessions, null, (session) => session.set('x', 1)))
    const others = make({ SESSION_DRIVER: 'file', SESSION_PATH })
    expect((await others.read(cookie)).get('x')).toBe(1)
    rmSync(folder, { recursive: true })
  })

  it.each(['file', 'redis', 'database'] as const)('%s elsewhere: says what to do', (name) => {
    expect(() => storages[name](new Variables({}))).toThrow(`registerStorage('${name}'`)
  })

  describeService('REDIS_URL', 'redis', (REDIS_URL) => {
    const open = () => make({ SESSION_DRIVER: 'redis', REDIS_URL }).storage as SessionStorage
    const cases = [...storageConformance(open), ...sessionConformance(open, { interleavings: 5 })]
    for (const { name, run } of cases) it(name, run)
  })

  it('redis that is down is an error that has a type, and holds no address', async () => {
    const REDIS_URL = 'redis://me:hunter2@127.0.0.1:1'
    const sessions = make({ SESSION_DRIVER: 'redis', REDIS_URL }, { timeout: 0.1 })
    const work = visit(sessions, null, (session) => session.set('x', 1))
    await expect(work).rejects.toThrow(/failed to write/)
    await expect(work).rejects.not.toThrow(/hunter2/)
  })
})

describe('a deferred storage', () => {
  it('opens once, however many calls wait, and again after a failure', async () => {
    const open = vi.fn(async () => ({ storage: memoryStorage(), close: () => undefined }))
    open.mockRejectedValueOnce(new Error('down'))
    const storage = deferStorage(open, true)
    expect(open).not.toHaveBeenCalled()
    await expect(storage.read('key')).rejects.toThrow('down')
    await Promise.all(Array.from({ length: 10 }, () => storage.read('key')))
    expect(open).toHaveBeenCalledTimes(2)
  })

  it('closes what it has opened, and opens nothing for that', async () => {
    const close = vi.fn()
    const open = vi.fn(async () => ({ storage: memoryStorage(), close }))
    const storage = deferStorage(open, false)
    await storage.close!()
    expect(open).not.toHaveBeenCalled()
    await storage.read('key')
    await storage.close!()
    expect(close).toHaveBeenCalledTimes(1)
    expect(storage.sweep).toBeUndefined()
  })
})
