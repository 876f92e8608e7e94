import { describe, expect, it } from 'vitest'
import { engines } from './engines.fixture.ts'
import {
  countNonces,
  type FuzzReport,
  fuzzBase64,
  fuzzHeaders,
  fuzzSealed,
  fuzzTokens,
} from './fuzz.fixture.ts'

// A new seed on every run: what fails is printed with it, and `scripts/fuzz-engines.js` repeats it.
const seed = Date.now() % 0x7fff_ffff

function expectNoDifference({ differences, kept }: FuzzReport): void {
  expect({ seed, differences, kept }).toEqual({ seed, differences: 0, kept: [] })
}

describe('the two engines', () => {
  it('B4 the engines agree on 20,000 fuzzed Cookie headers, and open no forged token', () => {
    const report = fuzzHeaders({ engines, count: 20_000, seed })
    expectNoDifference(report)
    // Each answer was given: the fuzzer reaches what it is meant to reach.
    const reasons = ['bad-signature', 'malformed', 'none', 'opened', 'oversize', 'unknown-key']
    expect(Object.keys(report.answers).sort()).toEqual(reasons)
  })

  it('A7 the engines and Buffer agree on 20,000 fuzzed texts of base64url', () => {
    const report = fuzzBase64({ engines, count: 20_000, seed })
    expectNoDifference(report)
    expect(report.answers.decoded).toBeGreaterThan(1000)
    expect(report.answers.refused).toBeGreaterThan(1000)
  })

  it('A7 the engines agree on 3,000 messages that they encrypt, decrypt and refuse', () => {
    const report = fuzzSealed({ engines, count: 3000, seed })
    expectNoDifference(report)
    expect(report.answers.agreed).toBe(3000)
  })

  it('C9 of 20,000 sealed tokens no two have one nonce', () => {
    const report = countNonces({ engines, count: 20_000, seed })
    expectNoDifference(report)
    expect(report.answers.sealed).toBe(20_000)
  })

  it('C1 the engines open none of the tamperings of 24 tokens, signed and sealed', () => {
    const report = fuzzTokens({ engines, count: 24, seed })
    expectNoDifference(report)
    expect(report.answers.opened ?? 0).toBe(0)
    expect(report.answers['bad-signature']).toBeGreaterThan(25_000)
  })
})
