/** Where a result comes from: runtime, machine, commit. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

const folder = new URL('.', import.meta.url)

function runtime() {
  const { Bun, Deno } = globalThis
  if (Bun) return { runtime: 'bun', version: Bun.version }
  if (Deno) return { runtime: 'deno', version: Deno.version.deno }
  return { runtime: 'node', version: process.versions.node }
}

/** What this runtime's program needs to run a file. */
export function programArguments(file) {
  return [...(globalThis.Deno ? ['run', '--allow-all'] : []), fileURLToPath(file)]
}

/** Whether the CPU hashes SHA-256 in hardware, which decides how native code compares. */
export function shaExtensions() {
  const info = '/proc/cpuinfo'
  return existsSync(info)
    ? /^(?:flags|Features)\s*:.*\b(?:sha_ni|sha2)\b/m.test(readFileSync(info, 'utf8'))
    : null
}

/** The value of `OPENSSL_ia32cap` that hides the SHA extensions from OpenSSL and BoringSSL. */
export const WITHOUT_SHA = ':~0x20000000'

/** The commit, with `-dirty` behind it if anything but what runs before have written has changed; or `null`. */
function commit() {
  const options = { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }
  const git = (...args) => execFileSync('git', args, options).trim()
  try {
    const changed = git('status', '--porcelain', '--', ':/', ':!/bench/results', ':!/README.md')
    return git('rev-parse', '--short=12', 'HEAD') + (changed === '' ? '' : '-dirty')
  } catch {
    return null // not in a clone
  }
}

/** Describes this run. */
export function describeEnvironment() {
  const { dependencies } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'))
  return {
    ...runtime(),
    cpu: cpus()[0].model,
    shaExtensions: shaExtensions(),
    opensslMasked: process.env.OPENSSL_ia32cap === WITHOUT_SHA,
    date: new Date().toISOString(),
    commit: commit(),
    nodeEnv: process.env.NODE_ENV,
    packages: dependencies,
  }
}
