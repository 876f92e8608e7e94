/**
 * Bundles what the demo's page `/bench` runs in the browser into one module, and that as text into
 * another, so that the demo can be served where there are no files.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

const { outputFiles } = await build({
  entryPoints: [`${root}adapters/demo/bench/client.ts`],
  alias: { '#core-module': `${root}bindings/codec/module.inline.ts` },
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  write: false,
  logLevel: 'error',
})
const [{ text }] = outputFiles
writeFileSync(
  `${root}adapters/demo/bench/client.generated.ts`,
  `/** client.ts and what it imports, by scripts/build-demo.js. */\nexport const CLIENT = ${JSON.stringify(text)}\n`
)
console.log(`demo bench: ${text.length} bytes`)
