/**
 * Calls of the file system, with what every one of them needs here: patience, and a plain answer
 * where a file is not there.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, rename, rmdir, unlink } from 'node:fs/promises'

/** Milliseconds before a call is done again that something else was in the way of. */
const PAUSES = [5, 20, 80]
/** Windows: a virus scanner or an indexer has the file open for a moment. */
const IN_THE_WAY = new Set(['EPERM', 'EBUSY'])
/** A file, or a folder above it, that is not there. */
const MISSING = new Set(['ENOENT', 'ENOTDIR'])
/** A folder that has something in it. Windows says EPERM or EACCES to a rename onto any folder. */
const OCCUPIED = new Set(['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'])

const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException)?.code)

async function patiently<Result>(call: () => Promise<Result>): Promise<Result> {
  for (const pause of PAUSES) {
    try {
      return await call()
    } catch (error) {
      if (!IN_THE_WAY.has(codeOf(error))) throw error
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
  return call()
}

/** What a call gives; `null` if the file, or a folder above it, is not there. */
export async function orNull<Result>(call: () => Promise<Result>): Promise<Result | null> {
  try {
    return await patiently(call)
  } catch (error) {
    if (MISSING.has(codeOf(error))) return null
    throw error
  }
}

/** A name that was never used before. In lower case: some file systems see no other. */
export function newName(): string {
  return randomBytes(12).toString('hex')
}

/** The names in a folder; `null` if there is none. */
export function list(folder: string): Promise<string[] | null> {
  return orNull(() => readdir(folder))
}

/** Makes a folder, and those above it. */
export async function makeFolder(path: string): Promise<void> {
  await patiently(() => mkdir(path, { recursive: true, mode: 0o700 }))
}

/** Writes a new file and waits until it is on the disk; `false` if its folder is not there. */
export async function writeNew(path: string, text: string): Promise<boolean> {
  const file = await orNull(() => open(path, 'wx', 0o600))
  if (file === null) return false
  try {
    if (text !== '') {
      await file.writeFile(text)
      await file.sync()
    }
  } finally {
    await file.close()
  }
  return true
}

/** Gives a file another name in its folder; `false` if it is not there (any more). */
export async function move(from: string, to: string): Promise<boolean> {
  return (await orNull(() => rename(from, to))) !== null
}

/** Moves a folder to where none is, or an empty one. */
export async function moveFolder(
  from: string,
  to: string
): Promise<'moved' | 'occupied' | 'missing'> {
  try {
    return (await move(from, to)) ? 'moved' : 'missing'
  } catch (error) {
    if (OCCUPIED.has(codeOf(error)) && (await list(to)) !== null) return 'occupied'
    throw error
  }
}

/** Removes a file, or says `false` if it is not there. */
export async function remove(path: string): Promise<boolean> {
  return (await orNull(() => unlink(path))) !== null
}

/** Removes what nobody needs any more. If that fails, sweeping comes by again. */
export async function discard(...paths: string[]): Promise<void> {
  for (const path of paths) await unlink(path).catch(() => undefined)
}

/** Removes a folder if it is empty. */
export async function discardFolder(path: string): Promise<void> {
  await rmdir(path).catch(() => undefined)
}

/** Waits until the names in a folder are on the disk. Windows has no such call, and needs none. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await orNull(() => open(path, 'r'))
  if (folder === null) return
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
