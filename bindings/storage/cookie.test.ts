import { describe, expect, it } from 'vitest'
import { sessionConformance } from '../session-conformance.ts'
import { cookieStorage } from './cookie.ts'

describe('cookieStorage keeps sessions', () => {
  const cases = sessionConformance(() => cookieStorage(), { server: false })
  for (const { name, run } of cases) it(name, run)
})

describe('cookieStorage', () => {
  it('refuses a mode that it does not have, above all an unsigned one', () => {
    expect(() => cookieStorage({ mode: 'plain' as never })).toThrow(/no mode "plain"/)
  })
})
