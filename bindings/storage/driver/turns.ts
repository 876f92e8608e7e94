/**
 * The order of what is done to one key within a process.
 *
 * @module
 */
import type { StoredRecord } from '../contract.ts'

/** What is under way on one key. */
export interface Turn {
  /** The record as the last call has left or found it; `undefined` if nobody knows. */
  last: StoredRecord | null | undefined
}

interface Line extends Turn {
  /** The last write, until it is done. */
  write: Promise<unknown>
  /** The reads that were asked for since, until they are done. */
  reads: Set<Promise<unknown>>
  /** A read that has not begun: who asks now gets its answer. */
  nextRead: Promise<StoredRecord | null> | null
  /** How many wait or work. */
  count: number
}

type Work<Result> = (turn: Turn) => Promise<Result>

/**
 * Runs work on one key in the order of asking: reads side by side, a write by itself, since a driver may
 * show what is half written, as the files of unstorage do. What fails holds up nobody.
 *
 * Many who want to write at once would load the record again and again, each for the one of them that
 * wins. So reads that wait for the same write are one, and a turn remembers what the call before has
 * left, for as long as one call follows the other.
 */
export class Turns {
  readonly #lines = new Map<string, Line>()

  read(key: string, work: Work<StoredRecord | null>): Promise<StoredRecord | null> {
    const line = this.#lineOf(key)
    if (line.nextRead !== null) return line.nextRead
    const result = this.#run(key, line, line.write, (turn) => {
      if (line.nextRead === result) line.nextRead = null
      return work(turn)
    })
    line.nextRead = result
    const leave = (): void => void line.reads.delete(done)
    const done: Promise<unknown> = result.then(leave, leave)
    line.reads.add(done)
    return result
  }

  write<Result>(key: string, work: Work<Result>): Promise<Result> {
    const line = this.#lineOf(key)
    const before = Promise.all([line.write, ...line.reads])
    const result = this.#run(key, line, before, work)
    line.write = result.catch(() => undefined)
    line.reads = new Set()
    line.nextRead = null
    return result
  }

  #lineOf(key: string): Line {
    const line = this.#lines.get(key) ?? {
      last: undefined,
      write: Promise.resolve(),
      reads: new Set(),
      nextRead: null,
      count: 0,
    }
    this.#lines.set(key, line)
    return line
  }

  #run<Result>(
    key: string,
    line: Line,
    before: Promise<unknown>,
    work: Work<Result>
  ): Promise<Result> {
    line.count++
    const leave = (): void => {
      if (--line.count === 0) this.#lines.delete(key)
    }
    const result = before.then(() => work(line))
    result.then(leave, leave)
    return result
  }
}
