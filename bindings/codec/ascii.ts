/**
 * ASCII out of the core's memory, in the cheapest way that the host has.
 *
 * @module
 */

interface BufferHost {
  readonly Buffer?: {
    from(memory: ArrayBuffer): {
      toString(encoding: 'latin1', start: number, end: number): string
    }
  }
}

/**
 * A function that gives the bytes from `start` to `end` as a string. They must be ASCII.
 *
 * Measured on 72 characters, `Buffer` against `TextDecoder`: 57 and 65 ns on Node 24, 40 and 44 on Bun,
 * 60 and 105 on Deno.
 */
export function asciiReader(memory: ArrayBuffer): (start: number, end: number) => string {
  const { Buffer } = globalThis as BufferHost
  if (Buffer !== undefined) {
    const bytes = Buffer.from(memory)
    return (start, end) => bytes.toString('latin1', start, end)
  }
  const decoder = new TextDecoder()
  return (start, end) => decoder.decode(new Uint8Array(memory, start, end - start))
}
