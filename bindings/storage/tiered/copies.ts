/**
 * Copies of records in a fast storage that may fail, be late, or be shared with other processes.
 *
 * @module
 */
import type { SessionStorage, StoredRecord } from '../contract.ts'

/** Copies by key. None of the methods ever rejects. */
export interface Copies {
  /** A copy that is neither too old nor of a record that has ended; `null` if there is none. */
  get(key: string): Promise<StoredRecord | null>
  /** Keeps a copy, unless there is one of a later version. */
  put(key: string, record: StoredRecord): Promise<void>
  /** Forgets a copy. */
  drop(key: string): Promise<void>
  /**
   * Forgets a copy, and lets nobody put it back: a request that has read the record before it ended may
   * only come to make its copy now.
   */
  end(key: string): Promise<void>
}

/** Milliseconds for which a storage that has failed is left alone. */
const PAUSE = 1000
/** Tries to keep a copy while others keep theirs of the same record. */
const TRIES = 3
/** The version of a record that has ended: none is later. */
const ENDED = Number.MAX_SAFE_INTEGER

/** The record of a copy, or `null` if the fast storage holds something else there. */
function decode(text: string): StoredRecord | null {
  try {
    const { value, version, expiresAt } = JSON.parse(text)
    const fits =
      typeof value === 'string' && Number.isInteger(version) && Number.isInteger(expiresAt)
    return fits ? { value, version, expiresAt } : null
  } catch {
    return null
  }
}

/** Makes the copies; `maxAge` and `timeout` in milliseconds. */
export function createCopies(
  fast: SessionStorage,
  maxAge: number,
  timeout: number,
  onError: ((error: unknown) => void) | undefined
): Copies {
  let pausedUntil = 0

  /** What the fast storage says, or `null` if it fails. */
  const attempt = async <Result>(ask: () => Promise<Result>): Promise<Result | null> => {
    if (Date.now() < pausedUntil) return null
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      const error = new Error(`The fast storage did not answer within ${timeout} ms`)
      timer = setTimeout(() => reject(error), timeout)
    })
    try {
      return await Promise.race([ask(), late])
    } catch (error) {
      pausedUntil = Date.now() + PAUSE
      try {
        onError?.(error)
      } catch {
        // A listener is no reason for a request to fail.
      }
      return null
    } finally {
      clearTimeout(timer)
    }
  }

  const replace = async (key: string, record: StoredRecord): Promise<void> => {
    const options = { expiresAt: Math.min(record.expiresAt, Date.now() + maxAge) }
    for (let i = 0; i < TRIES; i++) {
      const current = await fast.read(key)
      const copy = current && decode(current.value)
      if (copy !== null && copy.version >= record.version) return
      const ifVersion = current?.version ?? null
      if (await fast.write(key, JSON.stringify(record), { ...options, ifVersion })) return
    }
    await fast.destroy(key)
  }

  const replaceOrPause = async (key: string, record: StoredRecord): Promise<void> => {
    await attempt(() => replace(key, record))
  }

  return {
    get: (key) =>
      attempt(async () => {
        const stored = await fast.read(key)
        const record = stored && decode(stored.value)
        const isLive = record !== null && record.version !== ENDED && record.expiresAt > Date.now()
        return isLive ? record : null
      }),

    put: replaceOrPause,

    async drop(key) {
      await attempt(async () => fast.destroy(key))
    },

    end: (key) =>
      replaceOrPause(key, { value: '', version: ENDED, expiresAt: Number.MAX_SAFE_INTEGER }),
  }
}
