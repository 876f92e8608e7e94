/**
 * What the conformance tests of storages share.
 *
 * @module
 */
import type { WriteOptions } from './contract.ts'

/** Milliseconds of an hour. */
export const HOUR = 3_600_000

/** Milliseconds after which a call hangs: far beyond any answer, within a test runner's patience. */
const HANGS = 4500

/** Rejects a test with what went wrong. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

let keys = 0

/** A key as the manager makes them, never used before. */
export function newKey(): string {
  return `${(++keys).toString(36)}-${Math.random().toString(36).slice(2)}`.padEnd(43, '_')
}

/** Waits. */
export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Options of a write that lasts for some milliseconds. */
export function until(milliseconds: number, ifVersion: number | null = null): WriteOptions {
  return { expiresAt: Date.now() + milliseconds, ifVersion }
}

/** A promise, or a failure that says what hangs. */
export async function eventually<Value>(promise: Promise<Value>, message: string): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const hangs = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), HANGS)
  })
  try {
    return await Promise.race([promise, hangs])
  } finally {
    clearTimeout(timer)
  }
}
