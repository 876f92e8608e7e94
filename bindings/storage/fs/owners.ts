/**
 * The index of owners: a folder per owner, and in it an empty file per key, `<key in hex>-<deadline>`.
 *
 * A file is added before the ones that it replaces are removed, and only those are removed that were
 * there before: of two processes that add a key at once, neither loses it.
 *
 * @module
 */
import { join } from 'node:path'
import type { OwnerIndex } from '../contract.ts'
import { discard, discardFolder, list, makeFolder, orNull, remove, syncFolder } from './files.ts'
import { writeFile } from 'node:fs/promises'

const ENTRY = /^((?:[0-9a-f]{2})+)-(\d+)$/

interface Entry {
  readonly name: string
  readonly key: string
  readonly expiresAt: number
}

const hexOf = (key: string): string => Buffer.from(key).toString('hex')

async function entriesOf(folder: string): Promise<Entry[]> {
  const names = (await list(folder)) ?? []
  return names.flatMap((name) => {
    const match = ENTRY.exec(name)
    if (match === null) return []
    return [{ name, key: Buffer.from(match[1]!, 'hex').toString(), expiresAt: Number(match[2]) }]
  })
}

/** The keys of an owner that are not over, each once. */
async function liveKeys(folder: string): Promise<string[]> {
  const now = Date.now()
  const live = (await entriesOf(folder)).filter(({ expiresAt }) => expiresAt > now)
  return [...new Set(live.map(({ key }) => key))]
}

/** Removes the entries of an owner that are over, and the folder of one who has none left. */
export async function pruneOwner(folder: string): Promise<void> {
  const now = Date.now()
  const over = (await entriesOf(folder)).filter(({ expiresAt }) => expiresAt <= now)
  await discard(...over.map(({ name }) => join(folder, name)))
  await discardFolder(folder)
}

/** Makes the index. */
export function createOwners(folderOf: (owner: string) => string, durable: boolean): OwnerIndex {
  return {
    async add(owner, key, expiresAt) {
      const folder = folderOf(owner)
      const name = `${hexOf(key)}-${Math.max(Math.floor(expiresAt), 0)}`
      const before = (await entriesOf(folder)).filter((entry) => entry.key === key)
      const put = () => orNull(() => writeFile(join(folder, name), '', { mode: 0o600 }))
      while ((await put()) === null) await makeFolder(folder)
      if (durable) await syncFolder(folder)
      const replaced = before.filter((entry) => entry.name !== name)
      await discard(...replaced.map((entry) => join(folder, entry.name)))
      // After our own: of those who add at once, the last one to count has counted all.
      return (await liveKeys(folder)).length
    },

    async remove(owner, key) {
      const folder = folderOf(owner)
      for (const entry of await entriesOf(folder)) {
        if (entry.key === key) await remove(join(folder, entry.name))
      }
      await discardFolder(folder)
    },

    async keys(owner) {
      return liveKeys(folderOf(owner))
    },
  }
}
