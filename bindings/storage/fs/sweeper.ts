/**
 * Removes what has ended and what killed processes have left, a part at a time.
 *
 * @module
 */
import { opendir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { newName, move, orNull } from './files.ts'
import type { Locks } from './locks.ts'
import { pruneOwner } from './owners.ts'
import type { Records } from './records.ts'

/** Milliseconds after which what lies about was left by a process that is gone. */
const LEFT = 600_000
/** Records that a call looks at for each that it may remove, so that no call takes long. */
const LOOKS = 20

/** The folders that a storage is made of. */
export interface Folders {
  readonly sessions: string
  readonly owners: string
  readonly locks: string
  readonly queues: string
  readonly temp: string
}

/** The names of a folder's shards: the first byte of a hash. */
const SHARDS = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))

/** The paths in a folder, of which there may be very many. */
async function* pathsIn(folder: string): AsyncGenerator<string> {
  const handle = await orNull(() => opendir(folder))
  if (handle === null) return
  for await (const { name } of handle) yield join(folder, name)
}

async function isLeft(path: string): Promise<boolean> {
  const status = await orNull(() => stat(path))
  // A time in the future is of a clock that was set back since: who was at work then is gone too.
  return status !== null && Math.abs(Date.now() - status.mtimeMs) > LEFT
}

/** The sweeper of a storage. It goes on where it has stopped. */
export class Sweeper {
  readonly #folders: Folders
  readonly #records: Records
  readonly #locks: Locks
  #next = 0

  constructor(folders: Folders, records: Records, locks: Locks) {
    this.#folders = folders
    this.#records = records
    this.#locks = locks
  }

  /** Removes at most `limit` records that have ended, and says how many. */
  async sweep(limit: number): Promise<number> {
    await this.#sweepTemp()
    await this.#sweepLocks()
    const { sessions, owners } = this.#folders
    let [removed, looks] = [0, 0]
    for (let i = 0; i < SHARDS.length && looks <= limit * LOOKS; i++) {
      const shard = SHARDS[this.#next]!
      for await (const folder of pathsIn(join(sessions, shard))) {
        if (removed >= limit) return removed
        looks++
        if (await this.#records.sweep(folder, isLeft)) removed++
      }
      for await (const folder of pathsIn(join(owners, shard))) {
        looks++
        await pruneOwner(folder)
      }
      this.#next = (this.#next + 1) % SHARDS.length
    }
    return removed
  }

  /** A cell in the making is moved away first: who made it must not put a half of it in place. */
  async #sweepTemp(): Promise<void> {
    const { temp } = this.#folders
    for await (const path of pathsIn(temp)) {
      const away = join(temp, newName())
      if ((await isLeft(path)) && (await move(path, away))) {
        await rm(away, { recursive: true, force: true })
      }
    }
  }

  async #sweepLocks(): Promise<void> {
    const { locks, queues } = this.#folders
    for await (const folder of pathsIn(locks)) await this.#locks.sweep(folder, LEFT)
    for await (const queue of pathsIn(queues)) await this.#locks.sweepQueue(queue)
  }
}
