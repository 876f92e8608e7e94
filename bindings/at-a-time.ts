/**
 * Work on many things, some at a time.
 *
 * @module
 */

/** Does work on each of some things, so many at a time that a storage still answers others. */
export async function atATime<Item>(
  limit: number,
  items: Iterable<Item>,
  work: (item: Item) => Promise<unknown>
): Promise<void> {
  // One iterator for all workers: each takes the next that nobody has taken.
  const rest = items[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (let next = rest.next(); !next.done; next = rest.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: limit }, worker))
}
