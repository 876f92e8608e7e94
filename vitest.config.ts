import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const results = process.env.TEST_RESULTS

/** Tests run from source; only the core must have been built. */
const config: ViteUserConfig = defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'hono/jsx' } },
  resolve: {
    alias: {
      '#core-module': at('bindings/codec/module.inline.ts'),
      '#storages': at('bindings/env/storages.server.ts'),
    },
  },
  test: {
    include: [
      'bindings/**/*.test.ts',
      'adapters/**/*.test.ts',
      'scripts/**/*.test.ts',
      'bench/rust/*.test.js',
    ],
    // scripts/counts.js reads what ran and what was skipped.
    reporters: results ? ['default', ['json', { outputFile: results }]] : ['default'],
    exclude: ['adapters/runtimes/suite/**'],
    testTimeout: 30_000,
    // Much of the time is waiting, for deadlines and servers: two files at a time also on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
})

export default config
