/**
 * Which parts of our code an input reaches, as V8 counts them for its inspector. This is what guides the
 * fuzzer: an input that reaches something for the first time, or more often than any before, is kept. V8
 * counts blocks of what it compiles from then on, so this must be made before what is fuzzed is loaded.
 */
import { Session } from 'node:inspector'

export class Coverage {
  #session = new Session()
  #wanted
  /** Of each file, which characters of its source were reached. */
  #reached = new Map()
  /** How often blocks were reached, in powers of two. */
  #counts = new Set()

  /** @param wanted Whether the file of a URL counts. */
  constructor(wanted) {
    this.#wanted = wanted
    this.#session.connect()
    this.#post('Profiler.enable')
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  #post(method, parameters) {
    let answer
    this.#session.post(method, parameters, (error, result) => {
      if (error) throw new Error(error.message)
      answer = result
    })
    return answer // a session of this thread answers at once
  }

  /** What was run since the last time: `{ url, functions }` of each file. */
  take() {
    const { result } = this.#post('Profiler.takePreciseCoverage')
    return result.filter(({ url }) => this.#wanted(url))
  }

  /**
   * How many characters of source these runs reach that none did before. A range within another one
   * overrides it: what was not reached comes with a count of 0. With `keep` they are remembered.
   */
  gain(files, keep) {
    let gained = 0
    for (const { url, functions } of files) {
      const end = Math.max(...functions.map(({ ranges }) => ranges[0].endOffset))
      const before = this.#reached.get(url) ?? new Uint8Array(end)
      const now = new Uint8Array(Math.max(end, before.length))
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          now.fill(count > 0 ? 1 : 0, startOffset, endOffset)
        }
      }
      for (let i = 0; i < now.length; i++) {
        if (before[i]) now[i] = 1
        else gained += now[i]
      }
      if (keep) this.#reached.set(url, now)
    }
    return gained
  }

  /** How many of the counts of one input are new; they are remembered. */
  addCounts(files) {
    const before = this.#counts.size
    for (const { url, functions } of files) {
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          const power = Math.ceil(Math.log2(count))
          if (count > 1) this.#counts.add(`${url}:${startOffset}:${endOffset}:${power}`)
        }
      }
    }
    return this.#counts.size - before
  }

  /** Forgets all, for another target. */
  clear() {
    this.take()
    this.#reached.clear()
    this.#counts.clear()
  }

  /** Characters of source that were reached. */
  get size() {
    let size = 0
    for (const reached of this.#reached.values()) for (const each of reached) size += each
    return size
  }
}
