/**
 * What the portable engine works in: one buffer, so that one `fill` wipes it after each call.
 *
 * Strings, and bytes that a caller gave or gets, are not ours to wipe.
 *
 * @module
 */
import { MAX_HEADER_SIZE } from '../engine.ts'

const SCRATCH_SIZE = 1024
const memory = new ArrayBuffer(SCRATCH_SIZE + MAX_HEADER_SIZE)
const bytes = new Uint8Array(memory)
let used = 0

/** A place for so many bytes. */
function place(size: number): number {
  const offset = used
  used += Math.ceil(size / 16) * 16
  if (used > SCRATCH_SIZE) throw new RangeError('The scratch memory is too small')
  return offset
}

/** Bytes that are wiped after each call. */
export function scratchBytes(length: number): Uint8Array {
  return new Uint8Array(memory, place(length), length)
}

/** Words that are wiped after each call. */
export function scratchWords(length: number): Int32Array {
  return new Int32Array(memory, place(4 * length), length)
}

/** Doubles that are wiped after each call. */
export function scratchDoubles(length: number): Float64Array {
  return new Float64Array(memory, place(8 * length), length)
}

/** The value in work, a byte for each character. */
export const INPUT: Uint8Array = new Uint8Array(memory, SCRATCH_SIZE)

/** Wipes what a call has left, and so many bytes of INPUT. */
export function forget(inputLen: number = 0): void {
  bytes.fill(0, 0, SCRATCH_SIZE + inputLen)
}

/** Whether nothing of any call is left. */
export function isWiped(): boolean {
  return bytes.every((byte) => byte === 0)
}
