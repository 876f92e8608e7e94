/**
 * Environment variables, on hosts that have them.
 *
 * @module
 */

/** The value of an environment variable, or `undefined` where there is none, or none may be read. */
export function readEnvironment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  try {
    return process?.env?.[name]
  } catch {
    return undefined // Deno asks for a permission for each variable.
  }
}
