/**
 * Clients of databases, which apps install: found when they are needed, and never bundled.
 *
 * @module
 */
import { ConfigurationError } from '../errors.ts'

/** Whether a package is there. A bundle may not be able to say; importing it will. */
function isInstalled(name: string): boolean {
  if (typeof import.meta.resolve !== 'function') return true
  try {
    import.meta.resolve(name)
    return true
  } catch {
    return false
  }
}

/**
 * The first of some packages that is installed.
 *
 * @throws ConfigurationError that says what to install.
 */
export function findClient(variable: string, names: readonly [string, ...string[]]): string {
  const found = names.find(isInstalled)
  if (found !== undefined) return found
  const [first, ...others] = names
  const or = others.length > 0 ? ` (or ${others.join(' or ')})` : ''
  throw new ConfigurationError(`${variable} needs a package: npm install ${first}${or}`)
}

/** Lets code load while the app starts, so that the first request need not wait for it. */
export function early<Code>(loading: Promise<Code>): Promise<Code> {
  loading.catch(() => undefined) // who waits for it is told
  return loading
}

/** Imports a client by a name that no bundler sees. */
// biome-ignore lint/suspicious/noExplicitAny: its types come with it, if it is installed
export function importClient(name: string): Promise<any> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ name)
}
