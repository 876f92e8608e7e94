/**
 * Bundles what each page of the demo runs in the browser into one module, and that as text into
 * another, so that the demo can be served where there are no files.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

for (const page of ['bench', 'live']) {
  const { outputFiles } = await build({
    entryPoints: [`${root}adapters/demo/${page}/client.ts`],
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
    `${root}adapters/demo/${page}/client.generated.ts`,
    `/** client.ts and what it imports, by scripts/build-demo.js. */\nexport const CLIENT = ${JSON.stringify(text)}\n`
  )
  console.log(`demo ${page}: ${text.length} bytes`)
}
