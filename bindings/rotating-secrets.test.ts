import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SecretList } from './dated-secrets.ts'
import { ConfigurationError, SessionSecretsError } from './errors.ts'
import { rotatingSecrets, type RotatingSecretsOptions } from './rotating-secrets.ts'
import {
  cookieOf,
  cookieWith,
  OTHER_SECRET,
  recordedSessions,
  SECRET,
  visit,
} from './sessions.fixture.ts'
import { createSessions } from './sessions.ts'

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 5, 1) }))
afterEach(() => void vi.useRealTimers())

const never = new Promise<never>(() => undefined)
const goOn = (seconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(seconds * 1000)

/** Sessions whose secrets are loaded by a function that can be exchanged, and how often it was asked. */
function loading(
  first: (signal: AbortSignal) => Promise<SecretList>,
  options: RotatingSecretsOptions = { refreshEvery: 60, timeout: 5 }
) {
  let load = first
  let asked = 0
  const secrets = rotatingSecrets((signal) => {
    asked++
    return load(signal)
  }, options)
  const recorded = recordedSessions({ secrets })
  return {
    ...recorded,
    secrets,
    change: (next: typeof load) => void (load = next),
    asked: () => asked,
    errors: () => recorded.events.flatMap((event) => (event.type === 'error' ? [event.error] : [])),
  }
}

const gives = (list: SecretList) => async () => list
const fails = (message: string) => () => Promise.reject(new Error(message))

describe('rotatingSecrets()', () => {
  it('P26 loads secrets, and uses new ones while it runs', async () => {
    const { sessions, change, asked } = loading(gives(SECRET))
    expect(asked()).toBe(0)
    await sessions.ready()
    const first = await cookieWith(sessions)
    expect(asked()).toBe(1)

    change(gives([OTHER_SECRET, SECRET]))
    await goOn(59)
    expect(await visit(sessions, first, (session) => session.get('x'))).toEqual([])
    expect(asked()).toBe(1)
    await goOn(1)
    // This one starts to load, and goes on with the old list.
    expect(await visit(sessions, first, (session) => session.get('x'))).toEqual([])
    await goOn(0)
    expect(asked()).toBe(2)
    const second = cookieOf(await visit(sessions, first, (session) => session.get('x')))
    expect((await recordedSessions({ secrets: OTHER_SECRET }).sessions.read(second)).isNew).toBe(
      false
    )

    change(gives(OTHER_SECRET))
    await goOn(60)
    await sessions.ready()
    expect((await sessions.read(first)).isNew).toBe(true)
    expect((await sessions.read(second)).isNew).toBe(false)
    expect(asked()).toBe(3)
  })

  it('loads once for all who wait', async () => {
    const { sessions, asked } = loading(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1000))
      return SECRET
    })
    const waiting = Promise.all([
      sessions.ready(),
      sessions.ready(),
      sessions.pending,
      sessions.with(null, (session) => session.set('x', 1)),
    ])
    await goOn(1)
    const [, , , { setCookie }] = await waiting
    expect(setCookie).toHaveLength(1)
    expect(asked()).toBe(1)
    expect(sessions.pending).toBe(null)
  })

  it('is an error with a type at the request, where nothing was ever loaded', async () => {
    const { sessions, change, asked } = loading(fails('the vault is closed'))
    expect(() => sessions.read('a=b')).toThrow(SessionSecretsError)
    await goOn(0)
    for (const request of [
      () => sessions.ready(),
      () => sessions.with(null, () => 1),
      async () => sessions.read(null),
    ]) {
      const error = await request().catch((error: unknown) => error)
      expect(error).toBeInstanceOf(SessionSecretsError)
      expect(error).toMatchObject({
        code: 'SESSION_SECRETS',
        cause: { message: 'the vault is closed' },
      })
      expect((error as SessionSecretsError).getResponse().status).toBe(503)
    }
    expect(asked()).toBe(1)
    // A second later it is tried again.
    change(gives(SECRET))
    await goOn(1)
    await sessions.ready()
    expect((await sessions.read(null)).isNew).toBe(true)
    expect(asked()).toBe(2)
  })

  it.each<[string, (signal: AbortSignal) => Promise<unknown>, RegExp]>([
    ['rejects', fails('the vault is closed'), /the vault is closed/],
    [
      'throws',
      () => {
        throw new Error('the vault is closed')
      },
      /the vault is closed/,
    ],
    ['gives nothing', async () => undefined, /secrets is missing/],
    ['gives an empty list', async () => [], /secrets is missing/],
    ['gives a short one', async () => [SECRET, 'hunter2'], /secrets\[1\] has 7 bytes/],
    ['gives what is over', async () => [{ secret: SECRET, retireAt: '2026-01-01' }], /is retired/],
    ['does not answer', () => never, /No answer within 5 s/],
  ])('keeps the last good list where loading %s, and tells it', async (_, broken, message) => {
    const { sessions, change, errors, asked } = loading(gives(SECRET))
    await sessions.ready()
    const cookie = await cookieWith(sessions)
    change(broken as () => Promise<SecretList>)
    await goOn(60)
    expect((await sessions.read(cookie)).isNew).toBe(false)
    await goOn(5)
    expect((await sessions.read(cookie)).isNew).toBe(false)
    expect((await sessions.read(cookie)).isNew).toBe(false)
    // One for each failure, however many requests see it.
    expect(errors().length).toBeGreaterThanOrEqual(1)
    expect(errors().length).toBeLessThan(asked())
    const [error] = errors() as [SessionSecretsError]
    expect(error).toBeInstanceOf(SessionSecretsError)
    expect((error.cause as Error).message).toMatch(message)
    expect(`${String(error)} ${String(error.cause)}`).not.toMatch(/hunter2|for nobody/)

    change(gives(OTHER_SECRET))
    await goOn(10)
    await sessions.ready()
    expect((await sessions.read(cookie)).isNew).toBe(true)
  })

  it('aborts what it gives up on, and drops its answer', async () => {
    let answer: (list: SecretList) => void = () => undefined
    let aborted: unknown
    const { sessions, change } = loading((signal) => {
      signal.addEventListener('abort', () => void (aborted = signal.reason))
      return new Promise((resolve) => void (answer = resolve))
    })
    const waiting = sessions.ready().catch((error: unknown) => error)
    await goOn(5)
    expect(await waiting).toBeInstanceOf(SessionSecretsError)
    expect(aborted).toMatchObject({ name: 'TimeoutError' })
    change(gives(SECRET))
    await goOn(1)
    await sessions.ready()
    answer(OTHER_SECRET)
    await goOn(0)
    const foreign = await cookieWith(recordedSessions({ secrets: OTHER_SECRET }).sessions)
    expect((await sessions.read(foreign)).isNew).toBe(true)
  })

  it('loads again where the host has dropped the work of an earlier request, with its timer', async () => {
    const { sessions, change, asked } = loading(gives(SECRET))
    await sessions.ready()
    change(() => never)
    await goOn(60)
    void (await sessions.read(null))
    const now = Date.now() + 6000
    vi.clearAllTimers() // it sets the clock back, too
    vi.setSystemTime(now)
    change(gives(OTHER_SECRET))
    void (await sessions.read(null))
    await goOn(0)
    expect(asked()).toBe(3)
    const cookie = await cookieWith(recordedSessions({ secrets: OTHER_SECRET }).sessions)
    expect((await sessions.read(cookie)).isNew).toBe(false)
  })

  it('a request after a long rest waits for the new list', async () => {
    const { sessions, change } = loading(gives(SECRET))
    await sessions.ready()
    const cookie = await cookieWith(sessions)
    change(gives(OTHER_SECRET))
    await goOn(119)
    expect(sessions.pending).toBe(null)
    await goOn(1)
    expect(sessions.pending).not.toBe(null)
    const { result } = await sessions.with(cookie, (session) => session.isNew)
    expect(result).toBe(true)
  })

  it('retires by date between two loads', async () => {
    const retireAt = new Date(Date.now() + 30_000)
    const { sessions } = loading(gives([OTHER_SECRET, { secret: SECRET, retireAt }]))
    await sessions.ready()
    const cookie = await cookieWith(recordedSessions().sessions)
    await goOn(29)
    expect((await sessions.read(cookie)).isNew).toBe(false)
    await goOn(1)
    expect((await sessions.read(cookie)).isNew).toBe(true)
  })

  it('serves managers of several cookies, each of which tells a failure', async () => {
    const secrets = rotatingSecrets(async () => SECRET, { refreshEvery: 60 })
    const [one, two] = ['one', 'two'].map((name) =>
      recordedSessions({ secrets, cookie: { name: `__Host-${name}` } })
    )
    await one!.sessions.ready()
    const cookie = await cookieWith(one!.sessions)
    expect((await two!.sessions.read(cookie.replace('one', 'two'))).isNew).toBe(true)
    expect((await one!.sessions.read(cookie)).isNew).toBe(false)
  })

  it.each([
    [{ refreshEvery: 0 }],
    [{ refreshEvery: -1 }],
    [{ refreshEvery: Number.NaN }],
    [{ refreshEvery: Infinity }],
    [{ timeout: '5' }],
    [{ timeout: 0 }],
    [{ timeout: 1e10 }],
  ])('refuses the options %o', (options) => {
    const make = () => rotatingSecrets(async () => SECRET, options as RotatingSecretsOptions)
    expect(make).toThrow(ConfigurationError)
  })

  it('refuses what is no function, and keeps options of the default', () => {
    expect(() => rotatingSecrets(SECRET as never)).toThrow(ConfigurationError)
    expect(createSessions({ secrets: rotatingSecrets(async () => SECRET) }).pending).not.toBe(null)
  })
})
