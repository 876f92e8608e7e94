/**
 * Sessions in a folder, shared by all processes of a machine.
 *
 * ```text
 * sessions/ab/cdef…/        a record: a cell (fs/cells.ts)
 *   head-3-1763700000000-data-…   its value: version, end, file
 *   data-…                        the text, with a checksum (fs/records.ts)
 * owners/ab/cdef…/          the index of an owner: a file per key (fs/owners.ts)
 * locks/…/  queues/…/       a lock: a cell, and those who wait for it (fs/locks.ts)
 * temp/                     cells in the making
 * ```
 *
 * Nothing is changed in place. Every change is the rename of a file whose name is never used twice,
 * so it fails if another process has changed the same record first, and a process that is killed
 * leaves what was or what is to be. `fs/cells.ts` says how, and why no lock is needed for that.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { accessSync, constants, mkdirSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ConfigurationError } from '../errors.ts'
import type {
  LockOptions,
  OwnerIndex,
  SessionStorage,
  StorageLock,
  StoredRecord,
  WriteOptions,
} from './contract.ts'
import { Cells } from './fs/cells.ts'
import { Locks } from './fs/locks.ts'
import { createOwners } from './fs/owners.ts'
import { Records } from './fs/records.ts'
import { Sweeper } from './fs/sweeper.ts'

/** The options of `fsStorage`. */
export interface FsStorageOptions {
  /**
   * Whether a write, or the end of a session, has survived a power cut once it is acknowledged.
   *
   * Without, a power cut or a crash of the kernel takes back the last seconds before it, a sign-out
   * among them; it leaves whole sessions. A crash or a kill of the process takes back nothing either
   * way. It costs two more `fsync` per write.
   *
   * @default false
   */
  readonly durable?: boolean
}

/** A `SessionStorage` in a folder, with everything that a storage may have. */
export interface FsStorage extends SessionStorage {
  read(key: string): Promise<StoredRecord | null>
  write(key: string, value: string, options: WriteOptions): Promise<boolean>
  destroy(key: string): Promise<boolean>
  touch(key: string, expiresAt: number, ifVersion?: number): Promise<boolean>
  sweep(limit: number): Promise<number>
  lock(key: string, options: LockOptions): Promise<StorageLock>
  readonly owners: OwnerIndex
}

/** Makes the folder; only its owner may look into it. */
function openFolder(directory: string): string {
  if (typeof directory !== 'string' || directory === '') {
    throw new ConfigurationError('fsStorage: the directory must be a path, and not empty')
  }
  const root = resolve(directory)
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 })
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new ConfigurationError(
      `fsStorage: "${directory}" is no folder that can be written to: ${(error as Error).message}`
    )
  }
  return root
}

/**
 * The name of a key's folder: a hash in hexadecimal, so that no key leads out of the directory, is too
 * long, or differs from another in case alone.
 */
function hashOf(key: string): string {
  return createHash('sha256').update(Buffer.from(key, 'utf16le')).digest('hex')
}

/**
 * Keeps sessions in a folder of this machine: they outlast a restart, and all processes of the machine
 * may use the same folder at once, on Node, Bun and Deno. Files are for their owner alone (0600).
 *
 * A text that was cut or changed is no session: it is read as none. Records that have ended are
 * removed by `sessions.sweep()`. The folder must be on a local disk: a network file system may report
 * a rename as failed that was done.
 *
 * @param directory The folder. It is created if it is not there.
 * @throws ConfigurationError if the path is empty, a file, or not writable.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { createSessions } from 'tuile'
 * import { fsStorage } from 'tuile/storage/fs'
 *
 * const folder = await mkdtemp(join(tmpdir(), 'sessions-'))
 * const sessions = createSessions({ storage: fsStorage(folder), secrets })
 *
 * const session = await sessions.read(null)
 * session.set('userId', 42)
 * const [cookie] = await sessions.commit(session)
 *
 * const restarted = createSessions({ storage: fsStorage(folder), secrets })
 * const next = await restarted.read(cookie!.split(';')[0])
 * assert.equal(next.get('userId'), 42)
 * ```
 */
export function fsStorage(
  directory: string,
  { durable = false }: FsStorageOptions = {}
): FsStorage {
  const root = openFolder(directory)
  const folders = {
    sessions: join(root, 'sessions'),
    owners: join(root, 'owners'),
    locks: join(root, 'locks'),
    queues: join(root, 'queues'),
    temp: join(root, 'temp'),
  }
  const sharded = (folder: string, key: string): string => {
    const hash = hashOf(key)
    return join(folder, hash.slice(0, 2), hash.slice(2))
  }
  const recordOf = (key: string): string => sharded(folders.sessions, key)

  const records = new Records(new Cells(folders.temp, durable), durable)
  // What a power cut leaves of a lock or a ticket is of no use.
  const locks = new Locks(new Cells(folders.temp, false))
  const sweeper = new Sweeper(folders, records, locks)

  return {
    atomic: true,
    consistency: 'strong',
    // Another path may lead to the same directory, through a link.
    identity: [realpathSync(root), ''],
    read: (key) => records.read(recordOf(key)),
    write: (key, value, options) => records.write(recordOf(key), value, options),
    destroy: (key) => records.destroy(recordOf(key)),
    touch: (key, expiresAt, ifVersion) => records.touch(recordOf(key), expiresAt, ifVersion),
    sweep: (limit) => sweeper.sweep(limit),
    lock(key, options) {
      const hash = hashOf(key)
      return locks.lock(join(folders.locks, hash), join(folders.queues, hash), options)
    },
    owners: createOwners((owner) => sharded(folders.owners, owner), durable),
  }
}
