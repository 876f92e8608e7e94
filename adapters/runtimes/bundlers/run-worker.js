/**
 * Runs a bundled Worker in workerd and prints its answer:
 * `node run-worker.js <folder that has Miniflare> <file> <compatibility date>`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, extname, join } from 'node:path'

const [tools, file, compatibilityDate] = process.argv.slice(2)
const { Miniflare } = createRequire(join(tools, 'package.json'))('miniflare')

const TYPES = { '.js': 'esm', '.wasm': 'wasm' }
const modulesRoot = dirname(file)
const modules = {}
for (const name of readdirSync(modulesRoot)) {
  const type = TYPES[extname(name)]
  if (type === undefined) continue
  const bytes = readFileSync(join(modulesRoot, name))
  modules[name] = { type, contents: type === 'esm' ? `${bytes}` : new Uint8Array(bytes) }
}

const manifest = { mainModule: basename(file), modulesRoot, modules }
const miniflare = new Miniflare({
  cf: false,
  enableDevRegistry: false,
  workers: [{ config: { name: 'tuile-bundlers', compatibilityDate, manifest } }],
})
try {
  const response = await miniflare.dispatchFetch('http://localhost/')
  console.log(await response.text())
} finally {
  await miniflare.dispose()
}
