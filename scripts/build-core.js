/**
 * Builds the core: `core/*.ts` to `dist/wasm/core.wasm`, and its bytes as text to the module that
 * hosts without `.wasm` imports load. With `--lock`, writes `core/core.lock`, which a test compares
 * with a fresh build: the same source gives the same bytes.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const root = fileURLToPath(new URL('..', import.meta.url))
const at = (path) => `${root}${path}`

/** Compiles a target of `asconfig.json`; gives the path of the module. */
export async function compileCore(outFile = 'dist/wasm/core.wasm', target = 'release') {
  const passes = target === 'release' ? ['--transform', './core/passes.js'] : []
  const textFile = outFile.replace(/\.wasm$/, '.wat')
  const options = ['--baseDir', root, '--target', target, ...passes]
  const { error, stderr } = await asc.main([
    ...options,
    '--outFile',
    outFile,
    '--textFile',
    textFile,
  ])
  if (error) throw new Error(`asc failed: ${error.message}\n${stderr}`)
  return at(outFile)
}

/** What `core.lock` holds of a module. */
export function lockOf(bytes) {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return `${JSON.stringify({ bytes: bytes.length, sha256 }, null, 2)}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bytes = readFileSync(await compileCore())
  const lock = lockOf(bytes)
  writeFileSync(
    at('bindings/codec/core.generated.ts'),
    `/** dist/wasm/core.wasm, by scripts/build-core.js. */\nexport const CORE_HEX = '${bytes.toString('hex')}'\n`
  )
  if (process.argv.includes('--lock')) writeFileSync(at('core/core.lock'), lock)
  if (process.argv.includes('--debug')) await compileCore('dist/wasm/core.debug.wasm', 'debug')
  console.log(`core.wasm: ${bytes.length} bytes`)
}
