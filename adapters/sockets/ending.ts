/**
 * How a socket is closed whose session has ended.
 *
 * @module
 */
import type { EndReason } from '../../bindings/live/contract.ts'

/** The code with which a socket is closed whose session has ended: of those that apps may choose. */
export const SESSION_ENDED = 4401

/** Closes a socket whose session has ended. */
export function closeEnded(
  socket: { close(code: number, reason: string): void },
  reason: EndReason
): void {
  socket.close(SESSION_ENDED, `The session has ended: ${reason}`)
}
