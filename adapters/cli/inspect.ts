/**
 * `tuile inspect`: what is inside of a cookie, and why it does or does not verify.
 *
 * @module
 */
import { parseArgs } from 'node:util'
import { checkCookieName } from '../../bindings/cookie.ts'
import { checkSecrets } from '../../bindings/keyring.ts'
import { type Command, type CommandResult, type Host, UsageError } from './command.ts'
import { findToken } from './token-input.ts'
import { reportToken } from './token-report.ts'

const HELP = `Usage: tuile inspect <cookie> [--secret-env NAME]... [--name NAME]

Says what is inside of a cookie, and why it does or does not verify.

  <cookie>            a token, name=value, a Cookie header or a Set-Cookie line, or the header of a
                      client without cookies, such as 'Authorization: Bearer …';
                      - reads it from the standard input, so that no shell remembers it
  --secret-env NAME   the environment variable with a secret, the newest first;
                      SESSION_SECRET, or SESSION_SECRETS with commas between, by default
  --name NAME         the cookie's name; SESSION_COOKIE or __Host-session by default

Ends with 0 if it verifies and its session is not over, 1 if not, 2 if the command is wrong.`

/** The secrets of variables; SESSION_SECRETS alone holds several. */
function secretsOf(host: Host, names: readonly string[]): string[] | null {
  const known = ['SESSION_SECRETS', 'SESSION_SECRET'].filter((name) => host.env[name]?.trim())
  const wanted = names.length > 0 ? names : known.slice(0, 1)
  if (wanted.length === 0) return null
  const secrets = wanted.flatMap((name) => {
    const value = host.env[name]?.trim()
    if (!value) throw new UsageError(`The environment variable ${name} is not set`)
    return name === 'SESSION_SECRETS' ? value.split(',').map((secret) => secret.trim()) : [value]
  })
  checkSecrets(secrets)
  return secrets
}

async function run(words: readonly string[], host: Host): Promise<CommandResult> {
  const { values, positionals } = parseArgs({
    args: [...words],
    options: { 'secret-env': { type: 'string', multiple: true }, name: { type: 'string' } },
    allowPositionals: true,
  })
  const [word] = positionals
  if (word === undefined || positionals.length > 1) {
    throw new UsageError('One cookie is needed; put it into quotes if it has spaces')
  }
  if (values.name !== undefined) checkCookieName(values.name)
  const secrets = secretsOf(host, values['secret-env'] ?? [])
  const token = findToken(word === '-' ? await host.readInput() : word, values.name)
  if (token === null) throw new UsageError('There is no such cookie in that text')
  const name = token.name ?? values.name ?? (host.env.SESSION_COOKIE?.trim() || '__Host-session')
  if (!name.startsWith('header:')) checkCookieName(name)
  const { lines, good } = reportToken({ ...token, name }, secrets)
  const width = Math.max(...lines.map(([label]) => label.length))
  const output = lines.map(([label, text]) => `${label.padEnd(width)}  ${text}`).join('\n')
  return { output, code: good ? 0 : 1 }
}

/** The command. */
export const inspect: Command = { help: HELP, run }
