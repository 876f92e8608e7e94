/**
 * The promises of the five systems that are about the package: that it installs, and what its entries
 * bring along.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { beforeAll, expect, it } from 'vitest'

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const run = promisify(execFile)

interface Manifest {
  readonly exports: Record<string, { readonly default: string } | string>
  readonly dependencies?: Record<string, string>
  readonly optionalDependencies?: Record<string, string>
}

let manifest: Manifest
/** The source of each entry. */
let entries: Map<string, string>

beforeAll(async () => {
  manifest = JSON.parse(await readFile(at('package.json'), 'utf8')) as Manifest
  entries = new Map(
    Object.entries(manifest.exports).flatMap(([entry, target]) =>
      typeof target === 'string'
        ? []
        : [[entry, target.default.replace(/^\.\/dist\/(.*)\.js$/, '$1.ts')]]
    )
  )
})

/** The files that a bundler takes in for an entry, and what it leaves to the host. */
async function bundle(source: string): Promise<{ files: string[]; externals: string[] }> {
  const { metafile } = await build({
    entryPoints: [at(source)],
    absWorkingDir: at(''),
    alias: {
      '#core-module': at('bindings/codec/module.inline.ts'),
      '#storages': at('bindings/env/storages.none.ts'),
    },
    packages: 'external',
    bundle: true,
    format: 'esm',
    write: false,
    metafile: true,
    logLevel: 'silent',
  })
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
  return {
    files: Object.keys(metafile.inputs),
    externals: imports.flatMap(({ path, external }) => (external ? [path] : [])),
  }
}

const APP = `
import { Hono } from 'hono'
import { createSessions, memoryStorage } from 'tuile'
import { createSigner } from 'tuile/codec'
import { session } from 'tuile/hono'

const secrets = 'k7Yp0nXwLq3sVd9TfJr2BhMz6CgEa8UoRi1NtWx4SvQ'
const sessions = createSessions({ secrets, storage: memoryStorage() })
const app = new Hono().use(session(sessions)).get('/', (c) => {
  c.var.session.update('visits', (visits = 0) => visits + 1)
  return c.text(String(c.var.session.get('visits')))
})
const first = await app.request('https://shop.example/')
const Cookie = first.headers.get('Set-Cookie').split(';')[0]
const second = await app.request('https://shop.example/', { headers: { Cookie } })
const signer = createSigner(secrets, { name: 'n' })
console.log(await second.text(), signer.verify('n=' + signer.sign('signed')))
`

it('A01 the packed package installs in an empty project, without a network, and works', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tuile-'))
  try {
    const options = { cwd: folder, env: { ...process.env, NODE_OPTIONS: '' } }
    await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
    await writeFile(join(folder, 'app.js'), APP)
    const pack = ['pack', at(''), '--ignore-scripts', '--json']
    const packed = JSON.parse((await run('npm', pack, options)).stdout)
    const [{ filename }] = Array.isArray(packed) ? packed : Object.values(packed)
    const offline = ['--offline', '--legacy-peer-deps', '--no-audit', '--no-fund']
    await run('npm', ['install', `./${filename}`, ...offline], options)
    await symlink(at('node_modules/hono'), join(folder, 'node_modules/hono'), 'junction')
    const { stdout } = await run(process.execPath, ['app.js'], options)
    expect(stdout.trim()).toBe('2 signed')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

it('R32 nothing but the package itself is needed for sessions', async () => {
  expect(manifest.dependencies ?? {}).toEqual({})
  expect(manifest.optionalDependencies ?? {}).toEqual({})
  const { externals } = await bundle('bindings/index.ts')
  expect(externals).toEqual([])
})

it('K34 each entry can be imported, and the root brings no client of a store', async () => {
  const storages = ['cookie', 'memory', 'encrypted', 'fs'].map((name) => `./storage/${name}`)
  const wanted = ['.', './codec', './hono', ...storages, './testing']
  expect([...entries.keys()]).toEqual(expect.arrayContaining(wanted))
  for (const source of entries.values()) {
    expect(Object.keys(await import(/* @vite-ignore */ at(source))), source).not.toEqual([])
  }
  const { files, externals } = await bundle('bindings/index.ts')
  expect(externals).toEqual([])
  expect(files.filter((file) => /adapters|fs|redis|sql|kv|durable|unstorage/.test(file))).toEqual(
    []
  )
})

it('X15 the entry of a storage brings that storage alone, and nothing of Node but files', async () => {
  for (const name of ['cookie', 'memory', 'fs']) {
    const { files, externals } = await bundle(entries.get(`./storage/${name}`)!)
    const own = new RegExp(`^bindings/(errors|storage/${name}(/.+)?)\\.ts$`)
    expect(files.filter((file) => !own.test(file))).toEqual([])
    expect(files).toContain(`bindings/storage/${name}.ts`)
    expect(externals.filter((external) => name !== 'fs' || !external.startsWith('node:'))).toEqual(
      []
    )
  }
})
