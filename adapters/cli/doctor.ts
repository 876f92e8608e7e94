/**
 * `tuile doctor`: checks a configuration.
 *
 * @module
 */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { defaultEngineInfo } from '../../bindings/codec/select.ts'
import { sessionsFromEnv } from '../../bindings/env/sessions-from-env.ts'
import { Variables } from '../../bindings/env/variables.ts'
import type { SecretList } from '../../bindings/dated-secrets.ts'
import type { SessionsOptions } from '../../bindings/options.ts'
import { createSessions, type Sessions } from '../../bindings/sessions.ts'
import { checkCookie } from './check-cookie.ts'
import { checkStrength } from './check-secrets.ts'
import { checkServer, checkStorage } from './check-storage.ts'
import { type Command, type CommandResult, type Host, UsageError } from './command.ts'
import { type Finding, findingsOf, formatFindings } from './findings.ts'
import { tryOut } from './trial.ts'

const HELP = `Usage: tuile doctor [MODULE] [--no-trial]

Checks a configuration for production: how strong the secrets are, the cookie's attributes and
size, what the storage guarantees; and makes one session, changes it and ends it again.

  MODULE       a module that exports sessions, made by createSessions, or their options;
               without one, the environment, as sessionsFromEnv reads it
  --no-trial   makes no session, and asks the storage nothing

Ends with 0 if there is no problem, 1 if there is one, 2 if the command is wrong.`

/** Milliseconds that a module, or the trial, may take. */
const PATIENCE = 15_000

/** What is checked: the manager, and its secrets if they can be seen. */
interface Subject {
  readonly sessions: Sessions
  readonly secrets: SecretList | null
}

async function within<Result>(what: string, work: Promise<Result>): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    const giveUp = (): void => reject(new Error(`${what} took longer than ${PATIENCE / 1000} s`))
    timer = setTimeout(giveUp, PATIENCE)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Not by class: the module has a copy of its own of this package. */
function isSessions(value: unknown): value is Sessions {
  return typeof value === 'object' && value !== null && 'defer' in value && 'commit' in value
}

function isOptions(value: unknown): value is SessionsOptions<object> {
  return typeof value === 'object' && value !== null && 'secrets' in value
}

function isList(secrets: unknown): secrets is SecretList {
  return typeof secrets === 'string' || Array.isArray(secrets)
}

async function subjectsOf(module: string): Promise<Subject[]> {
  const url = pathToFileURL(resolve(module)).href
  const exported: object = await within('Loading the module', import(url))
  const subjects = [...new Set(Object.values(exported))].flatMap((value): Subject[] => {
    if (isSessions(value)) return [{ sessions: value, secrets: null }]
    if (!isOptions(value)) return []
    const { secrets } = value
    const sessions = createSessions(value) as unknown as Sessions
    return [{ sessions, secrets: isList(secrets) ? secrets : null }]
  })
  if (subjects.length > 0) return subjects
  throw new Error('It exports no sessions, and no options with secrets')
}

/** The environment, where `sessionsFromEnv` has taken it already. */
function subjectOfEnvironment(env: Host['env']): Subject {
  const sessions = sessionsFromEnv(env) as unknown as Sessions
  const variables = new Variables(env)
  const many = variables
    .text('SESSION_SECRETS')
    ?.split(',')
    .map((secret) => secret.trim())
  return { sessions, secrets: many ?? variables.text('SESSION_SECRET')! }
}

function checkEnvironment(env: Host['env']): Finding[] {
  const { list, add } = findingsOf('host')
  if (env.NODE_ENV !== 'production') {
    add('warning', 'NODE_ENV is not production: responses on localhost explain themselves')
  }
  const { REDIS_URL: redis } = env
  if (env.SESSION_DRIVER === 'redis' && !redis) {
    add('warning', 'REDIS_URL is not set, so Redis is looked for on this machine')
  } else if (env.SESSION_DRIVER === 'redis' && /^(?:redis|valkey):/.test(redis!)) {
    add('warning', 'REDIS_URL has no TLS (rediss:): sessions cross the network as they are')
  }
  const { name, reason } = defaultEngineInfo as { name: string; reason?: string }
  if (name !== 'wasm') add('warning', `The portable engine runs: ${reason}`)
  return list
}

async function check({ sessions, secrets }: Subject, trial: boolean): Promise<Finding[]> {
  const findings = secrets === null ? [] : checkStrength(secrets)
  const { storage } = sessions
  findings.push(...checkStorage(storage))
  // One in a cookie leaves nothing behind.
  if (!trial && !('stateless' in storage)) {
    return [
      ...findings,
      { severity: 'ok', about: 'trial', text: 'Not made; the cookie is not seen' },
    ]
  }
  const { line, findings: tried } = await within('The trial', tryOut(sessions))
  findings.push(...tried)
  if (trial) findings.push(...(await within('Asking the server', checkServer(storage))))
  if (line !== null) {
    const mode = 'stateless' in storage ? storage.mode : null
    findings.push(...checkCookie({ line, auto: !sessions.secureOnly, mode }))
  }
  return findings
}

async function run(words: readonly string[], host: Host): Promise<CommandResult> {
  const { values, positionals } = parseArgs({
    args: [...words],
    options: { 'no-trial': { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const [module] = positionals
  if (positionals.length > 1) throw new UsageError('One module can be checked at a time')
  const findings = checkEnvironment(host.env)
  try {
    const subjects =
      module === undefined ? [subjectOfEnvironment(host.env)] : await subjectsOf(module)
    for (const subject of subjects) {
      findings.push(...(await check(subject, !values['no-trial'])))
      const { storage } = subject.sessions
      if (!('stateless' in storage)) await storage.close?.()
    }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    findings.push({ severity: 'problem', about: module === undefined ? 'env' : 'module', text })
  }
  const failed = findings.some(({ severity }) => severity === 'problem')
  return { output: formatFindings(findings), code: failed ? 1 : 0 }
}

/** The command. */
export const doctor: Command = { help: HELP, run }
