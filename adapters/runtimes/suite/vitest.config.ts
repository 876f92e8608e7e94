/**
 * Runs the suite in the process that runs vitest: Node, Bun or Deno.
 */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['*.test.ts'],
    testTimeout: 30_000,
    // The package is used as it was packed, not as source to be transformed.
    server: { deps: { external: [/node_modules\/tuile/] } },
  },
})
