/**
 * Whether the conformance suites find what is wrong with a storage.
 *
 * @module
 */
import { describe, expect, it } from 'vitest'
import { sessionConformance } from './session-conformance.ts'
import type { ConformanceCase } from './storage/conformance.ts'
import type { SessionStorage } from './storage/contract.ts'
import { memoryStorage } from './storage/memory.ts'

async function failuresOf(cases: readonly ConformanceCase[], word: string): Promise<string[]> {
  const failures: string[] = []
  for (const { name, run } of cases.filter(({ name }) => name.includes(word))) {
    await run().catch((error: Error) => failures.push(`${name}: ${error.message}`))
  }
  return failures
}

describe('the races of the conformance suite', () => {
  /** As most drivers of most libraries write: whatever is there, or not there any more. */
  function blindStorage(): SessionStorage {
    const storage = memoryStorage()
    return {
      ...storage,
      write(key, value, options) {
        const ifVersion = storage.read(key)?.version ?? null
        return storage.write(key, value, { ...options, ifVersion })
      },
    }
  }

  it.each(['destroy', 'expiry', 'regenerate'])('find what brings back after %s', async (end) => {
    const cases = sessionConformance(blindStorage, { interleavings: 100 })
    const [failure, ...others] = await failuresOf(cases, `saving with ${end}`)
    expect(others).toEqual([])
    expect(failure).toMatch(/came back|opens the session|is lost/)
  })
})
