/**
 * Sizes: the core, and what a bundler makes of the public entries, minified and gzipped. With
 * `--parts`, also what each file contributes to a bundle.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { analyzeMetafile, build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What is bundled: the source of an app that uses nothing else of the package. */
const ENTRIES = {
  'tuile/hono': "export { session } from 'tuile/hono'",
  'tuile/codec': "export * from 'tuile/codec'",
}

async function bundle(source) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    write: false,
    metafile: true,
    // The package's own imports, not the paths of its tsconfig.json, which lead to the sources.
    tsconfigRaw: {},
  })
  return { bytes: outputFiles[0].contents, metafile }
}

/**
 * Measures the built package: the core and each bundle, and what esbuild says of a bundle's parts.
 *
 * @typedef {import('esbuild').Metafile} Metafile
 *
 * @returns {Promise<{ name: string, size: number, gzipped: number, metafile?: Metafile }[]>}
 */
export async function measureSizes() {
  const core = { name: 'core.wasm', bytes: readFileSync(`${root}dist/wasm/core.wasm`) }
  const bundles = Object.entries(ENTRIES).map(async ([name, source]) => ({
    name,
    ...(await bundle(source)),
  }))
  return [core, ...(await Promise.all(bundles))].map(({ name, bytes, metafile }) => ({
    name,
    size: bytes.length,
    gzipped: gzipSync(bytes, { level: 9 }).length,
    metafile,
  }))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sizes = await measureSizes()
  console.table(
    Object.fromEntries(sizes.map(({ name, size, gzipped }) => [name, { bytes: size, gzipped }]))
  )
  if (process.argv.includes('--parts')) {
    for (const { metafile } of sizes) if (metafile) console.log(await analyzeMetafile(metafile))
  }
}
