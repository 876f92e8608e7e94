/**
 * Which of many records ends first: a binary heap of their ends.
 *
 * An end that was moved, or whose record is gone, stays in the heap until it comes up or there are more of
 * these than of the others, so that nothing is ever searched for.
 *
 * @module
 */

interface End {
  readonly key: string
  readonly expiresAt: number
}

/** Ends that are not true any more, and may stay, beside as many as there are records. */
const SPARE = 64

/** The ends of records. */
export class Ends {
  #heap: End[] = []
  readonly #records: ReadonlyMap<string, { readonly expiresAt: number }>

  constructor(records: ReadonlyMap<string, { readonly expiresAt: number }>) {
    this.#records = records
  }

  /** Adds the end of a record that was put among the others, or whose end was moved. */
  add(key: string, expiresAt: number): void {
    if (this.#heap.length >= 2 * this.#records.size + SPARE) {
      const ends = Array.from(this.#records, ([key, { expiresAt }]) => ({ key, expiresAt }))
      // What is sorted is a heap.
      this.#heap = ends.sort((a, b) => a.expiresAt - b.expiresAt)
    } else {
      this.#heap.push({ key, expiresAt })
      this.#rise(this.#heap.length - 1)
    }
  }

  /** Takes the end of a record that has ended, the first one first; its key, or `null`. */
  takeEnded(now: number): string | null {
    for (;;) {
      const first = this.#heap[0]
      if (first === undefined || first.expiresAt > now) return null
      this.#removeFirst()
      if (this.#records.get(first.key)?.expiresAt === first.expiresAt) return first.key
    }
  }

  #removeFirst(): void {
    const last = this.#heap.pop()!
    if (this.#heap.length === 0) return
    this.#heap[0] = last
    this.#sink(0)
  }

  #rise(from: number): void {
    for (let i = from; i > 0; ) {
      const above = (i - 1) >> 1
      if (!this.#swapIfLater(above, i)) return
      i = above
    }
  }

  #sink(from: number): void {
    for (let i = from; ; ) {
      const [left, right] = [2 * i + 1, 2 * i + 2]
      const heap = this.#heap
      if (left >= heap.length) return
      const sooner =
        right < heap.length && heap[right]!.expiresAt < heap[left]!.expiresAt ? right : left
      if (!this.#swapIfLater(i, sooner)) return
      i = sooner
    }
  }

  /** Swaps two ends if the upper one comes after the lower one. */
  #swapIfLater(upper: number, lower: number): boolean {
    const [above, below] = [this.#heap[upper]!, this.#heap[lower]!]
    if (above.expiresAt <= below.expiresAt) return false
    this.#heap[upper] = below
    this.#heap[lower] = above
    return true
  }
}
