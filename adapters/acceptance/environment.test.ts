/**
 * The promises of arika and rudder that Tuile keeps: sessions set up by the environment, storages by
 * name.
 *
 * @module
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  ConfigurationError,
  fromDriver,
  registerStorage,
  type SessionStorage,
  sessionsFromEnv,
} from '../../bindings/index.ts'
import { serviceOf } from '../../bindings/storage/services.fixture.ts'
import { SECRET, Site, visitorOf } from './jar.fixture.ts'

const hasSqlite = process.getBuiltinModule?.('node:sqlite') !== undefined

const built = pathToFileURL('dist/bindings/index.js').href

const PROGRAM = `
const { sessionsFromEnv } = await import(process.env.TUILE)
const sessions = sessionsFromEnv(process.env, { timeout: 20 }) // on a machine that is busy
const session = await sessions.read(process.env.COOKIE ?? null)
session.update('visits', (visits = 0) => visits + 1)
const visits = session.get('visits')
const [line = ''] = await sessions.commit(session)
console.log(JSON.stringify({ visits, line, locking: sessions.locking }))
await sessions.storage.close?.()
`

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tuile-acceptance-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Result {
  readonly visits: number
  readonly line: string
  readonly locking: boolean
}

/** One request in a process of its own, in the folder, with variables and nothing else. */
function run(env: Record<string, string>, tuile: string = built): Result {
  const output = execFileSync(
    process.execPath,
    ['--no-warnings', '--input-type=module', '-e', PROGRAM],
    {
      cwd: folder,
      env: { SESSION_SECRET: SECRET, TUILE: tuile, ...env },
      encoding: 'utf8',
      stdio: 'pipe',
    }
  )
  return JSON.parse(output)
}

const cookieOf = ({ line }: Result): string => line.split(';')[0]!

/** What is left of a session's life, rounded: the write may take a while. */
const minutesOf = (line: string): number => Math.ceil(Number(/Max-Age=(\d+)/.exec(line)?.[1]) / 60)

/** The files below a folder. */
const filesOf = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true, encoding: 'utf8' }).flatMap((entry) =>
    entry.isFile() ? [entry.name] : []
  )

it('A13 a manager is built from the keys of the configuration file', async () => {
  const config = {
    driver: 'file',
    lifetime: 120,
    cookie: 'arika_session',
    path: join(folder, 'sessions'),
    secure: false,
    httpOnly: true,
    locking: true,
    lockTimeout: 10,
    gcProbability: 0.01,
  }
  const sessions = sessionsFromEnv(
    {
      SESSION_SECRET: SECRET,
      SESSION_DRIVER: config.driver,
      SESSION_LIFETIME: String(config.lifetime),
      SESSION_COOKIE: config.cookie,
      SESSION_PATH: config.path,
      SESSION_SECURE: String(config.secure),
      SESSION_LOCKING: String(config.locking),
    },
    {
      cookie: { httpOnly: config.httpOnly },
      lockTimeout: config.lockTimeout,
      sweepProbability: config.gcProbability,
    }
  )
  const { setCookie } = await sessions.with(null, (session) => session.set('n', 1))
  expect(setCookie[0]).toMatch(/^arika_session=T.*HttpOnly/)
  expect(minutesOf(setCookie[0]!)).toBe(120)
  expect(setCookie[0]).not.toContain('Secure')
  expect(sessions.locking).toBe(true)
  expect(filesOf(config.path).length).toBeGreaterThan(0)
})

it('A14 the driver is file if SESSION_DRIVER says so, and the cookie without it', () => {
  const byDefault = run({})
  expect(byDefault.line).toMatch(/^__Host-session=S/)
  expect(readdirSync(folder)).toEqual([])
  run({ SESSION_DRIVER: 'file' })
  expect(filesOf(folder).length).toBeGreaterThan(0)
})

it('A15 SESSION_LIFETIME is in minutes', () => {
  expect(minutesOf(run({ SESSION_LIFETIME: '120' }).line)).toBe(120)
})

it('A16 SESSION_COOKIE is the name of the cookie', () => {
  expect(run({ SESSION_COOKIE: 'arika_session' }).line).toMatch(/^arika_session=/)
})

it('A17 sessions are in ./storage/sessions, or in SESSION_PATH, which is made', () => {
  run({ SESSION_DRIVER: 'file' })
  expect(filesOf(join(folder, 'storage/sessions')).length).toBeGreaterThan(0)
  run({ SESSION_DRIVER: 'file', SESSION_PATH: './data/elsewhere' })
  expect(filesOf(join(folder, 'data/elsewhere')).length).toBeGreaterThan(0)
})

it('A22 each variable overrides a default, and the next process finds the session', () => {
  const env = {
    SESSION_DRIVER: 'file',
    SESSION_LIFETIME: '30',
    SESSION_COOKIE: 'sid',
    SESSION_PATH: './sessions',
    SESSION_LOCKING: 'true',
  }
  const first = run(env)
  expect(first).toMatchObject({ visits: 1, locking: true })
  expect(first.line).toMatch(/^sid=T/)
  expect(minutesOf(first.line)).toBe(30)
  expect(run({ ...env, COOKIE: cookieOf(first) }).visits).toBe(2)
  expect(run({ ...env, SESSION_LOCKING: 'false' }).locking).toBe(false)
  expect(() => run({ ...env, SESSION_LIFETIME: 'soon' })).toThrow(/SESSION_LIFETIME must be/)
})

it('A29 the driver is one variable, and nothing else changes with it', () => {
  const [REDIS_URL, POSTGRES_URL] = [serviceOf('REDIS_URL'), serviceOf('POSTGRES_URL')]
  const environments: Record<string, string>[] = [
    { SESSION_DRIVER: 'cookie' },
    { SESSION_DRIVER: 'file' },
    ...(REDIS_URL ? [{ SESSION_DRIVER: 'redis', REDIS_URL }] : []),
    ...(POSTGRES_URL ? [{ SESSION_DRIVER: 'database', DATABASE_URL: POSTGRES_URL }] : []),
  ]
  if (hasSqlite) environments.push({ SESSION_DRIVER: 'database', DATABASE_URL: 'sqlite:./x.db' })
  for (const env of environments) {
    const first = run(env)
    const second = run({ ...env, COOKIE: cookieOf(first) })
    expect([env.SESSION_DRIVER, first.visits, second.visits]).toEqual([env.SESSION_DRIVER, 1, 2])
  }
})

it('R04 the driver comes from SESSION_DRIVER, and is cookie without it', () => {
  expect(run({}).line).toMatch(/=S/)
  expect(run({ SESSION_DRIVER: 'memory' }).line).toMatch(/=T/)
  expect(() => run({ SESSION_DRIVER: 'nonsense' })).toThrow(/SESSION_DRIVER is "nonsense"/)
})

it('R02 without a client of Redis the cookie works, and redis says what to install', () => {
  cpSync('dist', join(folder, 'dist'), { recursive: true })
  cpSync('package.json', join(folder, 'package.json'))
  const alone = pathToFileURL(join(folder, 'dist/bindings/index.js')).href
  expect(run({}, alone).visits).toBe(1)
  expect(() => run({ SESSION_DRIVER: 'redis' }, alone)).toThrow(
    /SESSION_DRIVER=redis needs a package: npm install redis \(or ioredis\)/
  )
  const DATABASE_URL = 'postgres://me:hunter2@host/x'
  expect(() => run({ SESSION_DRIVER: 'database', DATABASE_URL }, alone)).toThrow(
    /npm install kysely/
  )
})

/** A driver of three asynchronous methods, as arika's users write it. */
class MongoSessionDriver {
  readonly table = new Map<string, string>()
  readonly #delay: number

  constructor(delay = 0) {
    this.#delay = delay
  }

  async load(id: string): Promise<unknown> {
    await this.#pause()
    return JSON.parse(this.table.get(id) ?? 'null')
  }

  async save(id: string, data: unknown): Promise<void> {
    await this.#pause()
    this.table.set(id, JSON.stringify(data))
  }

  async destroy(id: string): Promise<void> {
    await this.#pause()
    this.table.delete(id)
  }

  #pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, this.#delay))
}

it('A30 a class with load, save and destroy is a storage', async () => {
  const driver = new MongoSessionDriver()
  const visitor = visitorOf({ storage: fromDriver(driver) })
  await visitor.send((session) => session.set('cart', ['tea']))
  expect(driver.table.size).toBe(1)
  expect(await visitor.send((session) => session.get('cart'))).toEqual(['tea'])
  await visitor.send((session) => session.destroy())
  expect(driver.table.size).toBe(0)
})

describe('A31 a driver gets a name', () => {
  it('A31 which the configuration then uses', async () => {
    const made: MongoSessionDriver[] = []
    registerStorage('mongo-of-arika', () => {
      made.push(new MongoSessionDriver())
      return made[0]!
    })
    expect(made).toEqual([])
    const env = { SESSION_SECRET: SECRET, SESSION_DRIVER: 'mongo-of-arika' }
    const visitor = new Site(sessionsFromEnv(env)).visitor()
    for (let visits = 1; visits <= 3; visits++) {
      const count = await visitor.send((session) => {
        session.update('visits', (before = 0) => before + 1)
        return session.get('visits')
      })
      expect(count).toBe(visits)
    }
    expect(made).toHaveLength(1)
    expect(made[0]!.table.size).toBe(1)
  })

  it('A31 an unknown one is an error that lists those that are known', () => {
    const env = { SESSION_SECRET: SECRET, SESSION_DRIVER: 'cassandra' }
    expect(() => sessionsFromEnv(env)).toThrow(ConfigurationError)
    expect(() => sessionsFromEnv(env)).toThrow(/"cassandra".*cookie, database, file, memory/)
  })
})

it('A32 parallel requests on such a driver keep each other’s changes', async () => {
  const storage: SessionStorage = fromDriver(new MongoSessionDriver(20))
  const visitor = visitorOf({ storage })
  await visitor.send((session) => session.set('n', 0))
  const requests = Array.from({ length: 20 }, (_, i) =>
    visitor.send((session) => session.set(`key${i}`, i))
  )
  await Promise.all(requests)
  expect(Object.keys(await visitor.send((session) => session.all()))).toHaveLength(21)
})
