/**
 * Bundles an app that uses the packed package with each bundler, minified, runs each bundle where
 * it belongs, and prints the engine that it found and the bytes that it has, Hono's included. The
 * app is also imported and required, without a bundler, in each runtime. Arguments are the starts
 * of the names of those that are wanted.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { installPacked } from './packed.js'
import { bunProgram, denoProgram, install, nodeProgram, wranglerFolder } from './runtimes.js'

const sources = fileURLToPath(new URL('../adapters/runtimes/bundlers', import.meta.url))

const bundlers = () =>
  install('bundlers', [
    '@rollup/plugin-node-resolve@16.0.3',
    '@rollup/plugin-terser@1.0.2',
    'esbuild@0.28.2',
    'hono@4.13.19',
    'rolldown@1.3.2',
    'rollup@4.68.7',
    'vite@8.3.8',
    'webpack@5.112.2',
    'webpack-cli@7.3.1',
  ])

const binary = (folder, name) => join(folder, 'node_modules', '.bin', name)

/** The programs that are not programs of `bundlers()`. */
const PROGRAMS = {
  node: () => [process.execPath],
  'node-20': () => [nodeProgram(20)],
  'node-22': () => [nodeProgram(22)],
  'node-24': () => [nodeProgram(24)],
  'node-26': () => [nodeProgram(26)],
  bun: () => [bunProgram()],
  deno: () => [denoProgram()],
  wrangler: () => [nodeProgram(24), binary(wranglerFolder(), 'wrangler')],
  workerd: () => [nodeProgram(24), join(sources, 'run-worker.js'), wranglerFolder()],
}

const INLINE = /^wasm: .*\(inline\)$/
const IMPORTED = /^wasm: .*\(workerd\)$/
const FORBIDDEN = /^portable: .*Wasm code generation disallowed by embedder/

const ESBUILD = 'esbuild main.js --bundle --minify'
const WORKER = 'esbuild worker.js --bundle --minify --format=esm --outfile=OUT/worker.js'
const WEBPACK = 'webpack-cli build --entry ./main.js --mode production'
const BUN = 'bun build main.js --minify --outfile=OUT/main.js'

/**
 * How each bundle is written to `OUT`, how it is run, and the engine that it must find. The plain
 * workers lack the condition "workerd": their core is compiled from bytes, while the worker starts,
 * which workerd allows from 2025-06-01 on.
 */
const CASES = {
  'esbuild-node': [
    `${ESBUILD} --platform=node --format=esm --outfile=OUT/main.js`,
    'node OUT/main.js',
  ],
  'esbuild-browser': [
    `${ESBUILD} --platform=browser --format=esm --outfile=OUT/main.js`,
    'node OUT/main.js',
  ],
  'esbuild-neutral': [`${ESBUILD} --platform=neutral --outfile=OUT/main.js`, 'node OUT/main.js'],
  'esbuild-cjs': [
    `${ESBUILD} --platform=node --format=cjs --outfile=OUT/main.cjs`,
    'node OUT/main.cjs',
  ],
  'esbuild-workerd': [
    `${WORKER} --conditions=workerd --loader:.wasm=copy`,
    'workerd OUT/worker.js 2024-09-23',
    IMPORTED,
  ],
  'esbuild-plain-worker': [WORKER, 'workerd OUT/worker.js 2025-06-01'],
  'esbuild-plain-worker-old': [WORKER, 'workerd OUT/worker.js 2025-05-31', FORBIDDEN],
  rollup: ['rollup main.js -p node-resolve -p terser --file OUT/main.js', 'node OUT/main.js'],
  rolldown: ['rolldown main.js --minify --file OUT/main.js', 'node OUT/main.js'],
  'vite-lib': ['vite build --outDir OUT', 'node OUT/main.js'],
  'vite-ssr': ['vite build --ssr main.js --outDir OUT', 'node OUT/main.js'],
  'webpack-node': [
    `${WEBPACK} --target node --output-path OUT --output-filename main.cjs`,
    'node OUT/main.cjs',
  ],
  'webpack-webworker': [
    `${WEBPACK} --target webworker --output-path OUT --output-filename main.cjs`,
    'node OUT/main.cjs',
  ],
  'bun-bun': [`${BUN} --target=bun`, 'bun OUT/main.js'],
  'bun-node': [`${BUN} --target=node`, 'node OUT/main.js'],
  'deno-bundle': ['deno bundle main.js --minify --output OUT/main.js', 'deno run OUT/main.js'],
  wrangler: [
    'wrangler deploy --dry-run --minify --outdir OUT',
    'workerd OUT/worker.js 2026-11-01',
    IMPORTED,
  ],
  ...Object.fromEntries(
    ['node-20', 'node-22', 'node-24', 'node-26', 'bun'].flatMap((runtime) => [
      [`import-${runtime}`, [null, `${runtime} main.js`]],
      [`require-${runtime}`, [null, `${runtime} main.cjs`]],
    ])
  ),
  'import-deno': [null, 'deno run main.js'],
  'require-deno': [null, 'deno run --allow-read main.cjs'],
}

/** A project that has installed the packed package, in a folder of its own. */
function createProject(folder) {
  const project = join(folder, 'project')
  cpSync(sources, project, { recursive: true })
  const hono = join('node_modules', 'hono')
  cpSync(join(bundlers(), hono), join(project, hono), { recursive: true })
  installPacked(project)
  for (const place of [folder, project]) {
    writeFileSync(join(place, 'package.json'), '{ "private": true, "type": "module" }\n')
  }
  return project
}

/** Runs a command of the table; gives what it printed. */
function run(command, project, out) {
  const [name, ...args] = command.split(' ').map((word) => word.replace('OUT', out))
  const [program, ...first] = PROGRAMS[name]?.() ?? [process.execPath, binary(bundlers(), name)]
  const { status, stdout, stderr, error } = spawnSync(program, [...first, ...args], {
    cwd: project,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
    env: {
      ...process.env,
      TUILE_ENGINE: undefined,
      NO_COLOR: '1',
      WRANGLER_LOG_PATH: join(project, 'wrangler.log'),
    },
  })
  if (status !== 0) throw new Error(`${command}\n${error ?? ''}${stdout}${stderr}`)
  return stdout
}

/** The bytes of the code in a folder, and those when it is gzipped. */
function measure(out) {
  const files = readdirSync(out).filter((name) => /\.(?:js|cjs|wasm)$/.test(name))
  const code = files.map((name) => readFileSync(join(out, name)))
  const sum = (buffers) => buffers.reduce((bytes, { length }) => bytes + length, 0)
  return [sum(code), sum(code.map((bytes) => gzipSync(bytes, { level: 9 })))]
}

/** Bundles and runs one; throws unless it counted the visits on the engine that it should find. */
function test(name, project) {
  const [bundle, command, expected = INLINE] = CASES[name]
  const out = join(project, '..', name)
  if (bundle !== null) run(bundle, project, out)
  const { engine, reason, visits } = JSON.parse(run(command, project, out))
  const found = `${engine}: ${reason}`
  if (visits !== 2) throw new Error(`It counted ${visits} visits, not 2`)
  if (!expected.test(found)) throw new Error(`The engine is not as expected, but ${found}`)
  return [engine, ...(bundle === null ? [] : measure(out))]
}

const wanted = process.argv.slice(2)
const names = Object.keys(CASES).filter(
  (name) => wanted.length === 0 || wanted.some((word) => name.startsWith(word))
)
const line = (name, result, cells) =>
  console.log(
    [name.padEnd(25), result.padEnd(6), ...cells.map((cell) => `${cell}`.padStart(8))].join(' ')
  )

const folder = mkdtempSync(join(tmpdir(), 'tuile-bundlers-'))
let passed = 0
try {
  const project = createProject(folder)
  line('', '', ['engine', 'min', 'gzip'])
  for (const name of names) {
    try {
      line(name, 'ok', test(name, project))
      passed++
    } catch (error) {
      line(name, 'FAILED', [`\n${error.message.slice(-4000)}`])
    }
  }
} finally {
  rmSync(folder, { recursive: true })
}
console.log(`bundlers: ${passed} passed, ${names.length - passed} failed`)
process.exitCode = passed > 0 && passed === names.length ? 0 : 1
