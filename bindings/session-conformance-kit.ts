/**
 * What the conformance tests of sessions share.
 *
 * @module
 */
import type { Awaitable } from './awaitable.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'
import { assert } from './storage/conformance-kit.ts'

/** A browser, as far as one cookie goes. */
export class Visitor {
  cookie: string | null = null
  readonly sessions: Sessions

  constructor(sessions: Sessions) {
    this.sessions = sessions
  }

  /** One request: reads the session, uses it, commits it, keeps the cookie. */
  async visit<Result>(use: (session: Session) => Awaitable<Result>): Promise<Result> {
    const session = await this.sessions.read(this.cookie)
    const result = await use(session)
    this.keep(await this.sessions.commit(session))
    return result
  }

  keep(lines: readonly string[]): void {
    const pair = lines[0]?.split(';')[0]
    if (pair !== undefined) this.cookie = pair.endsWith('=') ? null : pair
  }
}

/** A secret that is good enough. */
export const SECRET: string = 'conformance: a secret of more than 32 bytes'

/** Rejects a test that got something else. */
export function assertEqual(actual: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)]
  assert(left === right, `got ${left}, not ${right}`)
}

/** A test. */
export type Check = (visitor: Visitor) => Promise<void>

/** What a commit fails with, or `null`. */
export async function commitError(visitor: Visitor, session: Session): Promise<unknown> {
  try {
    await visitor.sessions.commit(session)
    return null
  } catch (error) {
    return error
  }
}
