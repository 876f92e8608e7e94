/**
 * Cells: values in a file system that many processes change, each change in one step.
 *
 * A cell is a folder, and its value is the *name* of one empty file in it, its head. Every change
 * gives the head another name, which was never used before and never will be. So the one call that
 * changes a cell, `rename(old head, new head)`, is a compare-and-set: it fails with ENOENT exactly if
 * anybody has changed the cell since its head was seen, in whatever process, however long ago.
 *
 * There is no lock to be left behind and no clock to be trusted. A process that is killed, at any
 * moment, leaves the old value or the new one; one that was stopped and goes on finds its old name
 * gone, and changes nothing.
 *
 * A cell is made as a folder in `temp` and moved to its place, which fails if a cell is there. It is
 * removed by renaming its head to a tombstone; from then on it is dead, whoever clears it away.
 *
 * @module
 */
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  discard,
  discardFolder,
  list,
  makeFolder,
  move,
  moveFolder,
  newName,
  orNull,
  syncFolder,
  writeNew,
} from './files.ts'

const HEAD = 'head-'
const TOMBSTONE = 'gone-'
/** POSIX does not promise that a listing shows a file that is renamed meanwhile; Linux shows it. */
const LISTINGS = 5

/** What is in the folder of a cell. */
export interface Cell {
  /** The value; `null` if there is none (any more). */
  readonly head: string | null
  /** Whether it was removed, and has to be cleared away. */
  readonly dead: boolean
  /** The names of the other files in it. */
  readonly files: readonly string[]
}

const NOTHING: Cell = { head: null, dead: false, files: [] }

/** The cells of a storage. */
export class Cells {
  readonly #temp: string
  readonly #durable: boolean

  constructor(temp: string, durable: boolean) {
    this.#temp = temp
    this.#durable = durable
  }

  /** What is in a cell now. */
  async look(folder: string): Promise<Cell> {
    let cell = NOTHING
    for (let i = 0; i < LISTINGS; i++) {
      const names = await list(folder)
      if (names === null || names.length === 0) return NOTHING
      const head = names.find((name) => name.startsWith(HEAD))
      cell = {
        head: head === undefined ? null : head.slice(HEAD.length),
        dead: head === undefined && names.some((name) => name.startsWith(TOMBSTONE)),
        files: names.filter((name) => name !== head),
      }
      if (cell.head !== null || cell.dead) break
    }
    return cell
  }

  /** Makes a cell with a value, and one file if given; `false` if there is one, or try again. */
  async create(folder: string, head: string, file?: readonly [string, string]): Promise<boolean> {
    const temp = join(this.#temp, newName())
    const names = [HEAD + head, ...(file ? [file[0]] : [])]
    let outcome: 'moved' | 'occupied' | 'missing' | 'failed' = 'failed'
    try {
      if ((await orNull(() => mkdir(temp, { mode: 0o700 }))) !== null) {
        if (file) await writeNew(join(temp, file[0]), file[1])
        await writeNew(join(temp, HEAD + head), '')
        if (this.#durable) await syncFolder(temp)
        outcome = await moveFolder(temp, folder)
      }
    } finally {
      if (outcome !== 'moved') {
        await discard(...names.map((name) => join(temp, name)))
        await discardFolder(temp)
      }
    }
    const shard = dirname(folder)
    // A folder that was cleared away but for itself: Windows moves none in its place.
    if (outcome === 'occupied') await discardFolder(folder)
    if (outcome === 'missing' || outcome === 'failed') {
      for (const path of [this.#temp, shard]) await makeFolder(path)
      if (this.#durable) await syncFolder(dirname(shard))
    }
    if (outcome === 'moved' && this.#durable) await syncFolder(shard)
    return outcome === 'moved'
  }

  /** Gives a cell another value; `false` if it has not the one that was seen. */
  async change(folder: string, from: string, to: string): Promise<boolean> {
    return move(join(folder, HEAD + from), join(folder, HEAD + to))
  }

  /** Removes a cell; `false` if it has not the value that was seen. */
  async remove(folder: string, head: string): Promise<boolean> {
    const tombstone = join(folder, TOMBSTONE + newName())
    if (!(await move(join(folder, HEAD + head), tombstone))) return false
    if (this.#durable) await syncFolder(folder)
    // It is gone, whether or not its files are by now.
    await this.clear(folder).catch(() => undefined)
    return true
  }

  /**
   * Clears a dead cell away, as far as it goes. Only names that were listed are removed, the
   * tombstone last: should another cell have come in its place, it loses nothing.
   */
  async clear(folder: string): Promise<void> {
    const { dead, files } = await this.look(folder)
    if (!dead) return
    const last = (name: string): number => (name.startsWith(TOMBSTONE) ? 1 : 0)
    const ordered = [...files].sort((a, b) => last(a) - last(b))
    await discard(...ordered.map((name) => join(folder, name)))
    await discardFolder(folder)
  }
}
