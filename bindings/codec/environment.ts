/**
 * Environment variables, on hosts that have them.
 *
 * @module
 */

interface Host {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> }
  readonly Deno?: {
    readonly permissions: {
      querySync(what: { name: 'env'; variable: string }): { readonly state: string }
    }
  }
}

/** The value of an environment variable, or `undefined` where there is none, or none may be read. */
export function readEnvironment(name: string): string | undefined {
  const { process, Deno } = globalThis as Host
  // Deno wants a permission for each variable, and on a terminal it would stop and ask.
  const permission = Deno?.permissions.querySync({ name: 'env', variable: name })
  if (permission !== undefined && permission.state !== 'granted') return undefined
  return process?.env?.[name]
}
