/**
 * Checks the package as registries and type checkers see it: "Are the types wrong?" on the tarball,
 * `deno check` of a program that uses it, and a dry run of publishing to JSR.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installPacked, packPackage } from './packed.js'
import { denoProgram, install, SUITE_PACKAGES } from './runtimes.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Runs a program; gives its output if it fails. */
function problemOf(program, args, cwd) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' })
  return status === 0 ? null : `${stdout}${stderr}`.slice(-3000)
}

const CHECKS = {
  'attw: the types of every entry resolve'() {
    const folder = mkdtempSync(join(tmpdir(), 'tuile-'))
    const tools = install('attw-0.18.5', ['@arethetypeswrong/cli@0.18.5'])
    const program = join(tools, 'node_modules/@arethetypeswrong/cli/dist/index.js')
    try {
      const args = [program, packPackage(folder), '--profile', 'esm-only']
      return problemOf(process.execPath, args, folder)
    } finally {
      rmSync(folder, { recursive: true })
    }
  },

  'deno check: a program that uses the package has types'() {
    const project = install('suite', SUITE_PACKAGES)
    installPacked(project)
    cpSync(join(root, 'adapters/runtimes/suite'), project, { recursive: true })
    writeFileSync(join(project, 'environment.ts'), 'export const SECRETS: readonly string[] = []\n')
    return problemOf(denoProgram(), ['check', 'middleware.test.ts', 'sessions.test.ts'], project)
  },

  'deno publish: the package is ready for JSR'() {
    return problemOf(denoProgram(), ['publish', '--dry-run', '--allow-dirty'], root)
  },
}

let failed = 0
for (const [name, check] of Object.entries(CHECKS)) {
  const problem = check()
  console.log(problem === null ? `ok      ${name}` : `failed  ${name}\n${problem}`)
  if (problem !== null) failed++
}
console.log(`publish: ${Object.keys(CHECKS).length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
