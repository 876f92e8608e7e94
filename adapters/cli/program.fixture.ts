/**
 * The program, as a process of its own.
 *
 * @module
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What a run gave. */
export interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The program, bundled from its sources into a folder that lasts until `remove`. */
export interface Program {
  /** Runs it with an environment that has nothing else in it but the PATH. */
  run(words: readonly string[], env?: Record<string, string>, input?: string): Run
  /** Writes a module that may import `./tuile.mjs`; gives its path. */
  module(name: string, source: string): string
  remove(): void
}

/** Bundles the program, and the library for modules to import. */
export async function buildProgram(): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), 'tuile-cli-'))
  for (const [source, target] of [
    ['adapters/cli/tuile.ts', 'program.mjs'],
    ['bindings/index.ts', 'tuile.mjs'],
  ] as const) {
    await build({
      entryPoints: [root + source],
      outfile: join(folder, target),
      bundle: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      tsconfig: `${root}tsconfig.json`,
      logLevel: 'error',
    })
  }
  return {
    run(words, env = {}, input = '') {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ['--no-warnings', join(folder, 'program.mjs'), ...words],
        { env: { PATH: process.env.PATH, ...env }, input, encoding: 'utf8', timeout: 60_000 }
      )
      return { code: status, stdout, stderr }
    },
    module(name, source) {
      writeFileSync(join(folder, name), source)
      return join(folder, name)
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}
