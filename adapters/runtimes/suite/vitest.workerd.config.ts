/**
 * Runs the suite inside workerd, at the compatibility date in `COMPATIBILITY_DATE`.
 */
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [
    cloudflareTest({
      miniflare: {
        compatibilityDate: process.env.COMPATIBILITY_DATE!,
        // Without a wrangler configuration the plugin has to be told what a .wasm is.
        modulesRules: [{ type: 'CompiledWasm', include: ['**/*.wasm'] }],
      },
    }),
  ],
  test: { include: ['*.test.ts'], testTimeout: 30_000 },
})
