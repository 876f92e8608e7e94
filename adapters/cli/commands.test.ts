import { describe, expect, it } from 'vitest'
import { checkSecrets } from '../../bindings/keyring.ts'
import { runCommand } from './commands.ts'

describe('tuile keygen', () => {
  it('prints a secret that is accepted, and another one each time', () => {
    const secrets = Array.from({ length: 3 }, () => runCommand(['keygen']).output)
    expect(new Set(secrets).size).toBe(3)
    for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/)
    expect(checkSecrets(secrets)).toHaveLength(3)
  })
})

describe('tuile', () => {
  it('prints its commands, and fails for one that it does not know', () => {
    expect(runCommand(['--help'])).toMatchObject({ code: 0 })
    expect(runCommand([])).toMatchObject({ code: 2 })
    expect(runCommand(['keygn'])).toMatchObject({ code: 2 })
    expect(runCommand(['keygn']).output).toContain('Unknown command: keygn')
  })
})
