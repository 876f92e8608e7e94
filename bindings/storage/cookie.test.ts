import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '../errors.ts'
import { sessionConformance } from '../session-conformance.ts'
import { cookieStorage } from './cookie.ts'

describe.each(['sealed', 'signed'] as const)('cookieStorage keeps %s sessions', (mode) => {
  const cases = sessionConformance(() => cookieStorage({ mode }), { server: false })
  for (const { name, run } of cases) it(name, run)
})

describe('cookieStorage', () => {
  it('refuses a mode that it does not have, above all an unsigned one', () => {
    for (const mode of ['plain', 'encrypted', '', null, 'SEALED']) {
      expect(() => cookieStorage({ mode: mode as never })).toThrow(ConfigurationError)
    }
    expect(() => cookieStorage({ mode: 'plain' as never })).toThrow(/no mode "plain"/)
  })

  it('seals, unless it is told to sign', () => {
    expect(cookieStorage().mode).toBe('sealed')
    expect(cookieStorage({ mode: 'signed' }).mode).toBe('signed')
  })

  it('accepts modes that it has, those alone', () => {
    expect(cookieStorage().accept).toEqual([])
    expect(cookieStorage({ accept: ['signed', 'sealed'] }).accept).toEqual(['signed', 'sealed'])
    for (const accept of [['plain'], ['signed', ''], [undefined], 'signed', null, {}]) {
      expect(() => cookieStorage({ accept: accept as never })).toThrow(ConfigurationError)
    }
    const list: ('sealed' | 'signed')[] = []
    const storage = cookieStorage({ accept: list })
    list.push('signed')
    expect(storage.accept).toEqual([])
  })
})
