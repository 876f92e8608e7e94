/**
 * What the tests of sessions share.
 *
 * @module
 */
import type { SessionEvent } from './events.ts'
import type { Session } from './session.ts'
import { createSessions, type Sessions } from './sessions.ts'
import type { SessionsOptions } from './options.ts'
import type { SessionStorage } from './storage/contract.ts'
import { memoryStorage } from './storage/memory.ts'

/** A secret that is good enough. */
export const SECRET = 'test: a secret of more than 32 bytes, for nobody'

/** Another one. */
export const OTHER_SECRET = 'test: another secret, also more than 32 bytes long'

/** A memory storage that answers after a while, as one across a network does, and counts its calls. */
export function remoteStorage(delay = 1): SessionStorage & { readonly calls: string[] } {
  const memory = memoryStorage()
  const calls: string[] = []
  const later = async <Result>(call: string, run: () => Result): Promise<Result> => {
    calls.push(call)
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
    return run()
  }
  return {
    atomic: true,
    calls,
    read: (key) => later('read', () => memory.read(key)),
    write: (key, value, options) => later('write', () => memory.write(key, value, options)),
    destroy: (key) => later('destroy', () => memory.destroy(key)),
    touch: (key, expiresAt, ifVersion) =>
      later('touch', () => memory.touch(key, expiresAt, ifVersion)),
    sweep: (limit) => later('sweep', () => memory.sweep(limit)),
  }
}

/** Sessions whose events are kept. */
export function recordedSessions(options: Partial<SessionsOptions<object>> = {}): {
  readonly sessions: Sessions
  readonly events: SessionEvent[]
} {
  const events: SessionEvent[] = []
  const onEvent = (event: SessionEvent): void => void events.push(event)
  const sessions = createSessions({ secrets: SECRET, onEvent, ...options } as never) as Sessions
  return { sessions, events }
}

/** The `name=value` of a `Set-Cookie` line, as a browser sends it back. */
export function cookieOf(lines: readonly string[]): string {
  const pair = lines[0]?.split(';')[0]
  if (pair === undefined) throw new Error('no cookie was set')
  return pair
}

/** One request: reads, uses and commits a session; gives the lines. */
export async function visit(
  sessions: Sessions,
  cookie: string | null,
  use: (session: Session) => unknown
): Promise<string[]> {
  const session = await sessions.read(cookie)
  await use(session)
  return sessions.commit(session)
}

/** The cookie of a new session with some values. */
export async function cookieWith(
  sessions: Sessions,
  values: Record<string, unknown> = { x: 1 }
): Promise<string> {
  const lines = await visit(sessions, null, (session) => {
    for (const [key, value] of Object.entries(values)) session.set(key, value)
  })
  return cookieOf(lines)
}
