/**
 * Timers that keep no process alive.
 *
 * @module
 */

/** What a timer is: an object on Node and Bun, a number on Deno and Workers. */
export type Timer = ReturnType<typeof setTimeout>

/** Lets the process end although a timer still runs. Where that cannot be said, nothing happens. */
export function inBackground(timer: Timer): Timer {
  const { Deno } = globalThis as { Deno?: { unrefTimer?(id: unknown): void } }
  const { unref } = timer as { unref?: () => void }
  if (unref) unref.call(timer)
  else Deno?.unrefTimer?.(timer)
  return timer
}
