/**
 * Tokens against forged requests (CSRF), bound to a session without being kept in it.
 *
 * ```text
 * T fff salt digest . mac    salt: 12 characters, another one each time
 *                            digest: SHA-256 of salt and binding, 43 characters
 * ```
 *
 * The binding is made from the session's id, so a token ends with that: at sign-in, when the session
 * gets a new one. A visitor without a session is bound to a number of their own, kept in a cookie. The salt makes
 * every token another text, so that the compression of a page tells nothing of it (BREACH), and the
 * digest shows no id. The MAC is under the keys of the purpose `csrf`.
 *
 * @module
 */
import { defaultEngine } from './codec/select.ts'
import { createId } from './id.ts'
import { stateOf, type Session } from './session.ts'

const SALT_SIZE = 12
/** What could be one: no separator of cookies is among it. */
const TOKEN = /^T[\w-]{58}\.[\w-]{43}$/

// biome-ignore lint/suspicious/noExplicitAny: of any data
type AnySession = Session<any, any>

const contentOf = (salt: string, binding: string): string =>
  salt + defaultEngine.sha256Text(salt + binding)

/** Makes a token of a session for a binding. */
export function createCsrfToken(session: AnySession, binding: string): string {
  const salt = createId(defaultEngine).slice(0, SALT_SIZE)
  return stateOf(session).csrf.ring.signText(contentOf(salt, binding), 'T')
}

/** Whether a text is a token for a binding, whatever it is. */
export function isCsrfToken(session: AnySession, binding: string, token: unknown): boolean {
  if (typeof token !== 'string' || !TOKEN.test(token)) return false
  const { name, ring } = stateOf(session).csrf
  const opened = ring.open(`${name}=${token}`)
  // That it is ours is known now; what it is for can be compared as any text.
  return (
    typeof opened === 'object' &&
    opened.text === contentOf(opened.text.slice(0, SALT_SIZE), binding)
  )
}
