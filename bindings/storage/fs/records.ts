/**
 * Records: a cell each, whose value is `<version>-<expiresAt>-<file>-<tag>`, and whose one file holds
 * the text.
 *
 * A write puts a new file beside the old one, waits until it is on the disk, and then names it in the
 * head. A reader therefore sees whole texts only, and a write that fails leaves the old text as it
 * was. `touch` is a new head that names the same file.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoredRecord, WriteOptions } from '../contract.ts'
import type { Cells } from './cells.ts'
import { discard, discardFolder, newName, orNull, syncFolder, writeNew } from './files.ts'

const HEAD = /^(\d{1,16})-(\d{1,16})-(data-[0-9a-f]{24})-[0-9a-f]{24}$/
/** Changes of others that may come between ours; each is one that somebody has made. */
const MAX_TRIES = 1000

/** What the head of a record says. */
interface Head {
  readonly version: number
  readonly expiresAt: number
  /** The name of the file that holds the text. */
  readonly file: string
}

function formatHead({ version, expiresAt, file }: Head): string {
  const end = Math.min(Math.max(Math.floor(expiresAt), 0), Number.MAX_SAFE_INTEGER)
  return `${version}-${end}-${file}-${newName()}`
}

/** What a head says; `null` if the record has ended, or this is no head. */
function liveHead(text: string | null): Head | null {
  const match = text === null ? null : HEAD.exec(text)
  if (match === null || Number(match[2]) <= Date.now()) return null
  return { version: Number(match[1]), expiresAt: Number(match[2]), file: match[3]! }
}

/** The text of a file: a checksum bound to the record's name and version, and the value. */
function seal(folder: string, version: number, value: string): string {
  const name = folder.slice(-SEALED_NAME)
  const sum = createHash('sha256').update(`${name} ${version}\n${value}`).digest('hex')
  return `tuile/1 ${sum}\n${value}`
}

/** Characters at the end of a folder's path that are made from its key. */
const SEALED_NAME = 62

function unseal(folder: string, version: number, text: string): string | null {
  const value = text.slice(text.indexOf('\n') + 1)
  return seal(folder, version, value) === text ? value : null
}

/** The text of a file; `null` if there is none, or a folder is in its place. */
async function readText(path: string): Promise<string | null> {
  try {
    return await orNull(() => readFile(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') return null
    throw error
  }
}

/** The records of a storage. A record is asked for by the folder of its cell. */
export class Records {
  readonly #cells: Cells
  readonly #durable: boolean

  constructor(cells: Cells, durable: boolean) {
    this.#cells = cells
    this.#durable = durable
  }

  async read(folder: string): Promise<StoredRecord | null> {
    let absent: string | null = null
    for (;;) {
      const { head: text } = await this.#cells.look(folder)
      const head = liveHead(text)
      if (head === null) return null
      const { version, expiresAt, file } = head
      const sealed = await readText(join(folder, file))
      if (sealed !== null) {
        const value = unseal(folder, version, sealed)
        return value === null ? null : { value, version, expiresAt }
      }
      // A writer may have been faster than we: only the same head again means a broken record.
      if (text === absent) return null
      absent = text
    }
  }

  write(folder: string, value: string, { expiresAt, ifVersion }: WriteOptions): Promise<boolean> {
    return this.#until(async () => {
      const cell = await this.#cells.look(folder)
      const current = liveHead(cell.head)
      if ((current?.version ?? null) !== ifVersion) return false
      if (expiresAt <= Date.now()) {
        return cell.head === null || (await this.#cells.remove(folder, cell.head)) || null
      }
      if (cell.dead) await this.#cells.clear(folder)
      const version = (ifVersion ?? 0) + 1
      const file = `data-${newName()}`
      const head = formatHead({ version, expiresAt, file })
      const text = seal(folder, version, value)
      const written =
        cell.head === null
          ? await this.#cells.create(folder, head, [file, text])
          : await this.#replace(folder, cell.head, head, file, text)
      if (!written) return null
      // The text before, and what killed writers have left: no head will ever name these.
      await discard(...cell.files.map((name) => join(folder, name)))
      return true
    })
  }

  /** Puts a file in place and names it; `false` if another has changed the record. */
  async #replace(
    folder: string,
    from: string,
    to: string,
    file: string,
    text: string
  ): Promise<boolean> {
    const path = join(folder, file)
    let named = false
    try {
      if (!(await writeNew(path, text))) return false
      if (this.#durable) await syncFolder(folder)
      named = await this.#cells.change(folder, from, to)
    } finally {
      if (!named) await discard(path)
    }
    if (named && this.#durable) await syncFolder(folder)
    return named
  }

  destroy(folder: string): Promise<boolean> {
    return this.#until(async () => {
      const { head, dead } = await this.#cells.look(folder)
      if (head !== null) return (await this.#cells.remove(folder, head)) || null
      if (dead) await this.#cells.clear(folder)
      return false
    })
  }

  touch(folder: string, expiresAt: number, ifVersion?: number): Promise<boolean> {
    return this.#until(async () => {
      const { head } = await this.#cells.look(folder)
      const live = liveHead(head)
      if (head === null || live === null) return false
      if (live.version !== (ifVersion ?? live.version)) return false
      return (await this.#renew(folder, head, { ...live, expiresAt })) || null
    })
  }

  /** Removes a record if it has ended, else what killed writers have left in it. */
  async sweep(folder: string, isLeft: (path: string) => Promise<boolean>): Promise<boolean> {
    const { head, dead, files } = await this.#cells.look(folder)
    const live = liveHead(head)
    if (head !== null && live === null) return this.#cells.remove(folder, head)
    if (dead) await this.#cells.clear(folder)
    const left: string[] = []
    for (const name of files) {
      const path = join(folder, name)
      if (name !== live?.file && (await isLeft(path))) left.push(path)
    }
    // With another head, no writer that was stopped can name its file any more.
    const safe = left.length > 0 && (head === null || (await this.#renew(folder, head, live!)))
    if (safe) await discard(...left)
    if (head === null) await discardFolder(folder)
    return false
  }

  #renew(folder: string, head: string, live: Head): Promise<boolean> {
    return this.#cells.change(folder, head, formatHead(live))
  }

  /** Does something again until it has an answer: others have changed the record meanwhile. */
  async #until(attempt: () => Promise<boolean | null>): Promise<boolean> {
    for (let i = 0; i < MAX_TRIES; i++) {
      const result = await attempt()
      if (result !== null) return result
    }
    throw new Error('fsStorage: the folder of a record is in the way, or others never stop')
  }
}
