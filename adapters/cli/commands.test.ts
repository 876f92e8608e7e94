import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkSecrets } from '../../bindings/keyring.ts'
import { buildProgram, type Program } from './program.fixture.ts'

let program: Program
beforeAll(async () => void (program = await buildProgram()), 60_000)
afterAll(() => program.remove())

describe('tuile keygen', () => {
  it('prints a secret that is accepted, and another one each time', () => {
    const secrets = Array.from({ length: 3 }, () => program.run(['keygen']).stdout.trim())
    expect(new Set(secrets).size).toBe(3)
    for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/)
    expect(checkSecrets(secrets)).toHaveLength(3)
  })

  it('takes no words', () => {
    const { code, stdout, stderr } = program.run(['keygen', '64'])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('keygen takes no words')
  })
})

describe('tuile', () => {
  it('prints its commands, and those of one command', () => {
    expect(program.run(['--help'])).toMatchObject({ code: 0, stderr: '' })
    expect(program.run(['--help']).stdout).toMatch(/keygen[\s\S]*doctor[\s\S]*inspect/)
    for (const command of ['keygen', 'doctor', 'inspect']) {
      const { code, stdout } = program.run([command, '--help'])
      expect([code, stdout.startsWith(`Usage: tuile ${command}`)]).toEqual([0, true])
    }
  })

  it.each([
    [[], /^Usage/],
    [['keygn'], /^Unknown command: keygn/],
    [['\u001b[2Jkeygen'], /^Unknown command: \\u\{1b\}\[2Jkeygen/],
    [['__proto__'], /^Unknown command/],
    [['constructor'], /^Unknown command/],
    [['doctor', '--wrong'], /^Unknown option '--wrong'/],
    [['doctor', 'a', 'b'], /^One module/],
    [['inspect'], /^One cookie/],
    [['inspect', 'a=b', 'c=d'], /^One cookie/],
    [['inspect', 'a=b', '--name'], /argument missing/],
    [['inspect', 'a=b', '--name', 'a b'], /name/],
    [['inspect', 'a=b', '--name', 'c'], /no such cookie/],
    [['inspect', 'a=b', '--secret-env', 'NOT_THERE'], /NOT_THERE is not set/],
    [['inspect', ''], /no such cookie/],
  ])('ends with 2 for %o', (words, message) => {
    const { code, stdout, stderr } = program.run(words)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/\n {4}at /)
    expect(stderr).not.toContain('\u001b')
  })
})
