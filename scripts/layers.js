/**
 * Checks that imports run one way: adapters → entries → sessions → session, record, token, … → codec
 * → errors; that nothing imports in a circle; and that a storage imports its contract, the lowest
 * layer and the folder of its own name only.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The layers, the lowest first: a file may import from its own layer and those below. */
const LAYERS = [
  ['errors', /^bindings\/(errors|awaitable|timer|at-a-time|by-identity)\.ts$/],
  ['codec', /^bindings\/codec\//],
  ['storage', /^bindings\/storage\//],
  [
    'parts',
    /^bindings\/(session|session-state|session-cookie|carrier|chunked-carrier|record|token|sealer|verified-cache|keyring|dated-secrets|secrets|rotating-secrets|cookie|id|events|explanation|explain-reasons)\.ts$/,
  ],
  [
    'sessions',
    /^bindings\/(sessions|backend|committer|channel|transport|csrf-token|source|owners|revocations|lock|lock-queue|sweeper|options|storage-guard|session-conformance(-\w+)?)\.ts$|^bindings\/(keeper|env|live)\//,
  ],
  ['entries', /^bindings\/(index|codec|testing|bus)\.ts$/],
  ['adapters', /^adapters\//],
]

/** What a storage may import besides packages: its contract, its own parts, and the lowest layer. */
const STORAGE_IMPORTS = /^bindings\/(storage\/(contract|driver)|errors|awaitable|by-identity)\.ts$/

const layerOf = (file) => LAYERS.findIndex(([, pattern]) => pattern.test(file))

function sourcesBelow(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sourcesBelow(path)
    return /\.tsx?$/.test(path) && !/\.(test|test-d|fixture|d)\.tsx?$/.test(path) ? [path] : []
  })
}

/** The files of ours that a file imports, type imports and re-exports included. */
function importsOf(file) {
  const source = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  const specifiers = source.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s+['"](\.[^'"]+)['"]/g
  )
  return [...specifiers]
    .map(([, specifier]) => normalize(join(dirname(file), specifier.replace(/\?.*$/, ''))))
    .filter((target) => /\.tsx?$/.test(target))
}

const files = [...sourcesBelow('bindings'), ...sourcesBelow('adapters')]
const graph = new Map(files.map((file) => [file, importsOf(file)]))
const problems = []

for (const [file, imports] of graph) {
  const layer = layerOf(file)
  if (layer === -1) problems.push(`${file} is in no layer: add it to scripts/layers.js`)
  for (const target of imports) {
    if (layerOf(target) > layer) {
      problems.push(
        `${file} (${LAYERS[layer]?.[0]}) imports ${target} (${LAYERS[layerOf(target)]?.[0]})`
      )
    }
    const [, storage] = /^bindings\/storage\/(?!contract|conformance)([\w-]+)/.exec(file) ?? []
    const own = target.startsWith(`bindings/storage/${storage}/`)
    if (storage !== undefined && !own && !STORAGE_IMPORTS.test(target)) {
      problems.push(`${file} is a storage and imports ${target}`)
    }
  }
}

const done = new Set()
function visit(file, path) {
  if (path.includes(file)) {
    problems.push(`a circle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`)
    return
  }
  if (done.has(file)) return
  for (const target of graph.get(file) ?? []) visit(target, [...path, file])
  done.add(file)
}
for (const file of graph.keys()) visit(file, [])

for (const problem of problems) console.error(problem)
console.log(`layers: ${files.length} files, ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0
