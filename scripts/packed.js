/** The package as its users get it: packed, and installed from the tarball. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Packs the built package into a folder; gives the path of the tarball. */
export function packPackage(folder) {
  const json = execFileSync(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
    { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] }
  )
  // A list, or with some versions of npm an object by the name of the package.
  const [{ filename }] = Object.values(JSON.parse(json))
  return join(folder, filename)
}

/** Packs the built package and installs it into a project, in place of what it has. */
export function installPacked(project) {
  const folder = mkdtempSync(join(tmpdir(), 'tuile-'))
  try {
    const target = join(project, 'node_modules', 'tuile')
    rmSync(target, { recursive: true, force: true })
    mkdirSync(target, { recursive: true })
    execFileSync('tar', ['-xzf', packPackage(folder), '-C', target, '--strip-components=1'])
  } finally {
    rmSync(folder, { recursive: true })
  }
}
