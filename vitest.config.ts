import { fileURLToPath } from 'node:url'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Tests run from source; only the core must have been built. */
const config: ViteUserConfig = defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'hono/jsx' } },
  resolve: {
    alias: { '#core-module': at('bindings/codec/module.inline.ts') },
  },
  test: {
    include: ['bindings/**/*.test.ts', 'adapters/**/*.test.ts', 'scripts/**/*.test.ts'],
    // In CI, scripts/counts.js reads what ran and what was skipped.
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: '.test-results.json' }]]
      : ['default'],
    exclude: ['adapters/runtimes/suite/**'],
    testTimeout: 30_000,
  },
})

export default config
