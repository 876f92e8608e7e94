/**
 * A trial: one session that is made, changed twice at once, and ended, as visitors do.
 *
 * @module
 */
import type { Sessions } from '../../bindings/sessions.ts'
import { type Finding, findingsOf } from './findings.ts'

/** The value that the session has meanwhile. */
const KEY = 'tuile-doctor'

type TrialSessions = Pick<Sessions, 'read' | 'commit' | 'ready' | 'storage'>

/** Why something failed, and its cause: neither has a secret, but a client may name its address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message
}

/** Makes the trial; `line` is the Set-Cookie line that a visitor got, if it came so far. */
export async function tryOut(
  sessions: TrialSessions
): Promise<{ readonly line: string | null; readonly findings: Finding[] }> {
  const { list: findings, add } = findingsOf('trial')
  const visit = async (cookie: string | null, use: (session: VisitorSession) => void) => {
    const session = (await sessions.read(cookie)) as unknown as VisitorSession
    use(session)
    return sessions.commit(session as never)
  }
  let line: string | null = null
  try {
    await sessions.ready()
    line = (await visit(null, (session) => session.set(KEY, 0)))[0] ?? null
    if (line === null) throw new Error('a session was set, but no cookie')
    const cookie = line.slice(0, line.indexOf(';'))
    const add1 = (n = 0): number => n + 1
    if ('stateless' in sessions.storage) {
      const session = (await sessions.read(cookie)) as unknown as VisitorSession
      if (session.isNew) throw new Error('the session that was just made is not accepted')
    } else {
      const [one, two] = [await sessions.read(cookie), await sessions.read(cookie)]
      for (const session of [one, two]) (session as never as VisitorSession).update(KEY, add1)
      await sessions.commit(one)
      await sessions.commit(two)
      const after = (await sessions.read(cookie)) as unknown as VisitorSession
      const count = after.get(KEY)
      if (count !== 2) add('problem', `Two changes at once: one of them was lost (${count} of 2)`)
    }
    await visit(cookie, (session) => session.destroy())
    const ended = (await sessions.read(cookie)) as unknown as VisitorSession
    if (!('stateless' in sessions.storage) && !ended.isNew) {
      add('problem', 'A session that was ended can still be read')
    }
    if (findings.length === 0) add('ok', 'A session was made, changed and ended')
  } catch (error) {
    add('problem', `A session could not be made, changed and ended: ${reasonOf(error)}`)
  }
  return { line, findings }
}

/** What is used of a session, of whatever data. */
interface VisitorSession {
  readonly isNew: boolean
  get(key: string): unknown
  set(key: string, value: unknown): void
  update(key: string, change: (value: number | undefined) => number): unknown
  destroy(): void
}
