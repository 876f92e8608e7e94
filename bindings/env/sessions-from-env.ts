/**
 * Sessions that the environment configures.
 *
 * @module
 */
import { checkCookieName } from '../cookie.ts'
import { ConfigurationError } from '../errors.ts'
import { checkSecrets } from '../keyring.ts'
import type { SessionsOptions } from '../options.ts'
import { createSessionCookies, type SessionCookieOptions } from '../session-cookie.ts'
import type { DefaultFlash, UntypedData } from '../session.ts'
import { createSessions, type Sessions } from '../sessions.ts'
import { openStorage } from './registry.ts'
import { named, Variables } from './variables.ts'

/** Seconds of the longest lifetime: browsers keep no cookie for more than 400 days. */
const MAX_LIFETIME = 34_560_000

function secretsOf(variables: Variables): string | string[] | undefined {
  const [one, many] = [variables.text('SESSION_SECRET'), variables.text('SESSION_SECRETS')]
  if (one !== undefined && many !== undefined) {
    throw new ConfigurationError(
      'SESSION_SECRET and SESSION_SECRETS are both set: keep the list, the newest first'
    )
  }
  const name = many === undefined ? 'SESSION_SECRET' : 'SESSION_SECRETS'
  const secrets = many?.split(',').map((secret) => secret.trim()) ?? one
  named(name, () => checkSecrets(secrets))
  return secrets
}

function lifetimeOf(variables: Variables): number | undefined {
  const minutes = variables.number('SESSION_LIFETIME')
  if (minutes === undefined) return undefined
  const seconds = minutes * 60
  if (seconds >= 1 && seconds <= MAX_LIFETIME) return seconds
  throw new ConfigurationError(
    `SESSION_LIFETIME is in minutes, at most ${MAX_LIFETIME / 60}; it is ${minutes}`
  )
}

function secureOf(variables: Variables): boolean | 'auto' | undefined {
  const isAuto = variables.text('SESSION_SECURE')?.toLowerCase() === 'auto'
  return isAuto ? 'auto' : variables.flag('SESSION_SECURE')
}

function cookieOf(variables: Variables, given: SessionCookieOptions): SessionCookieOptions {
  const secure = given.secure ?? secureOf(variables)
  // The default has the prefix of Secure cookies.
  const byDefault = secure === false ? 'session' : undefined
  const name = given.name ?? variables.text('SESSION_COOKIE') ?? byDefault
  const cookie: SessionCookieOptions = {
    ...given,
    ...(name !== undefined && { name }),
    ...(secure !== undefined && { secure }),
  }
  if (name !== undefined) named('SESSION_COOKIE', () => checkCookieName(name))
  named('SESSION_COOKIE and SESSION_SECURE', () => createSessionCookies(cookie, 1))
  return cookie
}

/**
 * Makes the manager of sessions from variables of the environment. A variable that is not set, or
 * empty, leaves the default of `createSessions`. Call it once, when the app starts.
 *
 * | variable | meaning |
 * | --- | --- |
 * | `SESSION_SECRET` | the secret, at least 32 bytes |
 * | `SESSION_SECRETS` | instead: several, with commas between, the newest first |
 * | `SESSION_DRIVER` | `cookie` (the default), `memory`, `file`, `redis`, `database`, or a name of `registerStorage` |
 * | `SESSION_LIFETIME` | minutes that a session lives |
 * | `SESSION_COOKIE` | the cookie's name |
 * | `SESSION_SECURE` | `true`, `false` or `auto`, see `cookie.secure` |
 * | `SESSION_LOCKING` | `true` locks each session, see `lock` |
 * | `SESSION_PATH` | the folder of `file`; `./storage/sessions` by default |
 * | `REDIS_URL` | of `redis`; `redis://localhost:6379` by default |
 * | `DATABASE_URL` | of `database`: `postgres:`, `mysql:` or `sqlite:` |
 *
 * `file`, `redis` and `database` open by themselves on Node, Bun and Deno, when they are first used.
 * `database` makes its tables if they are not there.
 *
 * @param env `process.env`, or the bindings of a Worker.
 * @param options Options of `createSessions`; one that is given is not looked for in the environment.
 *
 * @throws ConfigurationError that names the variable if a value is wrong, and the package to install if
 * a client is missing. It never holds a secret or an address.
 *
 * @example
 * ```ts
 * import { sessionsFromEnv } from 'tuile'
 *
 * const env = { SESSION_SECRET: secrets, SESSION_LIFETIME: '120', SESSION_DRIVER: 'memory' }
 * const sessions = sessionsFromEnv<{ userId: number }>(env, { idleTimeout: 900 })
 * const session = await sessions.read(null)
 * session.set('userId', 42)
 * assert.match((await sessions.commit(session))[0], /Max-Age=7200/)
 * ```
 */
export function sessionsFromEnv<
  Data extends object = UntypedData,
  Flash extends object = DefaultFlash<Data>,
>(env: object, options: Partial<SessionsOptions<Data>> = {}): Sessions<Data, Flash> {
  const variables = new Variables(env)
  const secrets = options.secrets ?? secretsOf(variables)
  const storage = options.storage ?? openStorage(variables)
  const lock = options.lock ?? variables.flag('SESSION_LOCKING')
  if (lock && options.lock === undefined && 'stateless' in storage) {
    throw new ConfigurationError('SESSION_LOCKING needs a SESSION_DRIVER other than cookie')
  }
  return createSessions<Data, Flash>({
    ...options,
    secrets: secrets!,
    storage,
    lock,
    lifetime: options.lifetime ?? lifetimeOf(variables),
    cookie: cookieOf(variables, options.cookie ?? {}),
  })
}
