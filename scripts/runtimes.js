/**
 * The runtimes that tests run in, installed from the package registry into a cache outside of this
 * package (`TUILE_CACHE`, or `~/.cache/tuile`), each at an exact version.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const cache = process.env.TUILE_CACHE ?? join(homedir(), '.cache', 'tuile')
const platform = `${process.platform}-${process.arch}`

/** The folder of packages that are in the cache already, or `undefined`. */
export function findInstalled(name, packages) {
  const folder = join(cache, name)
  const done = join(folder, '.installed')
  const found = existsSync(done) && readFileSync(done, 'utf8') === packages.join('\n')
  return found ? folder : undefined
}

/** Installs packages into a folder of the cache, once; gives the folder. */
export function install(name, packages, { scripts = false } = {}) {
  const found = findInstalled(name, packages)
  if (found !== undefined) return found
  const folder = join(cache, name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  const options = ['--no-audit', '--no-fund', '--save-exact', `--ignore-scripts=${!scripts}`]
  execFileSync('npm', ['install', ...options, ...packages], { cwd: folder, stdio: 'pipe' })
  writeFileSync(join(folder, '.installed'), packages.join('\n'))
  return folder
}

const binary = (folder, name) => folder && join(folder, 'node_modules', '.bin', name)

function node(version, locate) {
  const [major] = version.split('.')
  if (process.version === `v${version}`) return process.execPath
  return binary(locate(`node-${major}-${version}`, [`node-${platform}@${version}`]), 'node')
}

/** What the project has that runs the suite, beside the packed package. */
export const SUITE_PACKAGES = [
  'vitest@4.1.12',
  'vite@8.3.8',
  '@cloudflare/vitest-plugin@1.5.0',
  'hono@4.13.19',
]

/** The folder of wrangler, which wants Node 22 or later, and of the workerd that it brings. */
export const wranglerFolder = () =>
  install('wrangler-4.164.0', ['wrangler@4.164.0', 'hono@4.13.19'])

/** The newest of each supported line of Node. */
const NODES = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' }

/**
 * The program of a Node line, by its major version. As the programs below it is installed if need be;
 * with `findInstalled` it is `undefined` instead.
 */
export const nodeProgram = (major, locate = install) => node(NODES[major], locate)

/** The program `bun`. Its own script puts the binary in place. */
export const bunProgram = (locate = install) =>
  binary(locate('bun-1.4.5', ['bun@1.4.5'], { scripts: true }), 'bun')

/** The program `deno`. */
export const denoProgram = (locate = install) =>
  binary(locate('deno-2.9.6', ['deno@2.9.6']), 'deno')

/** The folder of databases that run within a process, too large to be installed with this package. */
export const databasesFolder = (locate = install) =>
  locate('databases-1', ['@electric-sql/pglite@0.5.16', 'miniflare@4.20260426.0'])
