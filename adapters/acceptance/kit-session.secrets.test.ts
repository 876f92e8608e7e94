/**
 * The promises of kit-session that Tuile keeps: where secrets come from, and what is said of weak ones.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSessions, rotatingSecrets, sessionsFromEnv } from '../../bindings/index.ts'
import { buildProgram, type Program } from '../cli/program.fixture.ts'

let program: Program
beforeAll(async () => void (program = await buildProgram()), 60_000)
afterAll(() => program.remove())

describe('K35 secrets come from the environment or a secrets manager', () => {
  it('K35 keygen makes one, the environment has it, and the doctor is content', () => {
    const SESSION_SECRET = program.run(['keygen']).stdout.trim()
    expect(sessionsFromEnv({ SESSION_SECRET }).cookieName).toBe('__Host-session')
    const { code, stdout } = program.run(['doctor'], { SESSION_SECRET, NODE_ENV: 'production' })
    expect([code, stdout]).toEqual([0, expect.stringContaining('0 problems')])
  })

  it('K35 the doctor says how to make one where it is missing, and where it can be guessed', () => {
    for (const env of [{}, { SESSION_SECRET: 'secret' }, { SESSION_SECRET: 'abc'.repeat(20) }]) {
      const { code, stdout } = program.run(['doctor'], env as Record<string, string>)
      expect([code, stdout]).toEqual([1, expect.stringContaining('tuile keygen')])
    }
  })

  it('K35 a secrets manager gives them while the app runs', async () => {
    const manager = { read: async () => [program.run(['keygen']).stdout.trim()] }
    const sessions = createSessions({ secrets: rotatingSecrets(() => manager.read()) })
    await sessions.ready()
    const { setCookie } = await sessions.with(null, (session) => session.set('userId', 42))
    const session = await sessions.read(setCookie[0]!.split(';')[0])
    expect(session.get('userId')).toBe(42)
  })
})
