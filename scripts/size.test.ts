/** Checks the budgets of the core and of a bundled middleware. */
import { beforeAll, describe, expect, it } from 'vitest'

interface Size {
  readonly name: string
  readonly size: number
  readonly gzipped: number
}

const script = new URL('./size.js', import.meta.url).href

describe('sizes', () => {
  const sizes = new Map<string, Size>()

  beforeAll(async () => {
    const { measureSizes } = (await import(script)) as { measureSizes(): Promise<Size[]> }
    for (const size of await measureSizes()) sizes.set(size.name, size)
  })

  // 12 KiB without BLAKE3, 14 without XChaCha20-Poly1305: sealing is the default of cookieStorage.
  it('the core is at most 20 KiB', () => {
    expect(sizes.get('core.wasm')!.size).toBeLessThanOrEqual(20_480)
  })

  // 18 KiB until there were locks, policies for outages, sweeping, owners and revocations; 26 until
  // there were maxSize and what `bus` and `watch` hang on (the buses themselves are passed in). Sealing
  // in both engines takes 5, secrets that change, transports in headers and reasons 3 more; the four
  // lanes of BLAKE3 are 0.8 of the last. Rotations, fenced locks and owners that make progress take 4.
  it('the middleware with everything that it needs is at most 41 KiB gzipped', () => {
    expect(sizes.get('tuile/hono')!.gzipped).toBeLessThanOrEqual(41_984)
  })
})
