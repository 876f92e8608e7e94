/**
 * What is used of Deno KV.
 *
 * @module
 */

/** An entry of Deno KV; both are `null` if there is none. */
export interface DenoKvEntry {
  readonly key: readonly unknown[]
  readonly value: unknown
  readonly versionstamp: string | null
}

/** An atomic operation of Deno KV, as it is put together. */
export interface DenoKvChange {
  /** Makes it depend on an entry being as it was read. */
  check(entry: { key: readonly string[]; versionstamp: string | null }): DenoKvChange
  /** Writes a value that Deno drops some time after `expireIn` milliseconds. */
  set(key: readonly string[], value: unknown, options: { expireIn: number }): DenoKvChange
  /** Removes a key. */
  delete(key: readonly string[]): DenoKvChange
  /** Does it; `ok` is false if a check did not hold and nothing was done. */
  commit(): Promise<{ readonly ok: boolean }>
}

/** What is used of a `Deno.Kv`. */
export interface DenoKv {
  /** Reads an entry. */
  get(key: readonly string[]): Promise<DenoKvEntry>
  /** Lists entries by how their keys begin. */
  list(selector: { prefix: readonly string[] }): AsyncIterable<DenoKvEntry>
  /** Begins an atomic operation. */
  atomic(): DenoKvChange
  /** Tells entries, and tells them again when they change. */
  watch(keys: readonly (readonly string[])[]): ReadableStream<unknown>
}

/** Tries of a write to a local file that other processes write to as well, a few seconds in all. */
const TRIES = 100
/** Milliseconds of the longest pause between them. */
const PAUSE = 50

/**
 * Does an atomic operation. Where several processes share a local file, Deno does not wait for its turn
 * (measured: 2.9.6) but throws, with nothing done.
 */
export async function commit(change: DenoKvChange, tries: number = TRIES): Promise<boolean> {
  try {
    return (await change.commit()).ok
  } catch (error) {
    if (tries === 1 || !/database is locked/.test(String(error))) throw error
  }
  await new Promise((resolve) => setTimeout(resolve, Math.random() * PAUSE))
  return commit(change, tries - 1)
}
