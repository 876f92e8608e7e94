/**
 * Which records in memory belong to whom.
 *
 * @module
 */
import type { OwnerIndex } from '../contract.ts'

/** Entries that each `add` looks at to drop what is stale, so that at most half of all are. */
const LOOKS_PER_ADD = 2
/** Milliseconds for which the record of a new entry may still be on its way. */
const UNDER_WAY = 60_000

interface Entry {
  readonly owner: string
  readonly key: string
  readonly expiresAt: number
  readonly addedAt: number
}

/** An index in memory, whose methods all return at once. */
export interface MemoryOwners extends OwnerIndex {
  /** How many keys the owner has, of which some may have ended and not been dropped yet. */
  add(owner: string, key: string, expiresAt: number): number
  remove(owner: string, key: string): void
  keys(owner: string): string[]
}

/** Makes the index. `lives` says whether there is a record of a key. */
export function createOwners(lives: (key: string) => boolean): MemoryOwners {
  // Those that were looked at longest ago come first.
  const entries = new Map<string, Entry>()
  const keysOf = new Map<string, Set<string>>()

  const remove = (owner: string, key: string): void => {
    const keys = keysOf.get(owner)
    if (keys?.delete(key) && keys.size === 0) keysOf.delete(owner)
    entries.delete(owner + key)
  }

  const isStale = ({ key, expiresAt, addedAt }: Entry, now: number): boolean =>
    expiresAt <= now || (addedAt + UNDER_WAY < now && !lives(key))

  const dropStale = (now: number): void => {
    for (let i = 0; i < LOOKS_PER_ADD; i++) {
      const next = entries.entries().next().value
      if (next === undefined) return
      const [name, entry] = next
      entries.delete(name)
      if (isStale(entry, now)) remove(entry.owner, entry.key)
      else entries.set(name, entry)
    }
  }

  return {
    add(owner, key, expiresAt) {
      const now = Date.now()
      const keys = keysOf.get(owner) ?? new Set()
      keysOf.set(owner, keys.add(key))
      entries.set(owner + key, { owner, key, expiresAt, addedAt: now })
      dropStale(now)
      return keys.size
    },
    remove,
    keys(owner) {
      const now = Date.now()
      const live = (key: string): boolean => entries.get(owner + key)!.expiresAt > now
      return [...(keysOf.get(owner) ?? [])].filter(live)
    },
  }
}
