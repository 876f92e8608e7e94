/**
 * One value for each identity of a storage, however many objects of that storage there are.
 *
 * An app may make its storage anew for each request, as on Workers, where the options come from the
 * context. What orders the requests of a process must be found again then, so it hangs on what the
 * storages are made of: a client, a namespace, a driver, or the path of a directory.
 *
 * @module
 */

/** An object or a string that things share, and a name within it. */
export type Identity = readonly [root: object | string, name: string]

/** What a map of either kind can do. */
interface Roots<Value> {
  get(root: unknown): Map<string, Value> | undefined
  set(root: unknown, values: Map<string, Value>): unknown
}

/**
 * Gives a function that finds the value of an identity, and creates it if there is none.
 *
 * Values of an object end with it. Those of a string stay: an app has few directories.
 */
export function byIdentity<Value>(create: () => Value): (identity: Identity) => Value {
  const ofObjects = new WeakMap<object, Map<string, Value>>()
  const ofStrings = new Map<string, Map<string, Value>>()

  const valuesOf = (root: object | string): Map<string, Value> => {
    const roots: Roots<Value> = typeof root === 'string' ? ofStrings : ofObjects
    const values = roots.get(root) ?? new Map<string, Value>()
    roots.set(root, values)
    return values
  }

  return ([root, name]) => {
    const values = valuesOf(root)
    const known = values.get(name)
    if (known !== undefined) return known
    const value = create()
    values.set(name, value)
    return value
  }
}
