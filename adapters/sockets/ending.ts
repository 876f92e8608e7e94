/**
 * How a socket is closed whose session has ended, or has a new id.
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

/**
 * The code with which a socket is closed whose session has a new id: the client should connect again at
 * once, with the cookie that it has by then.
 */
export const SESSION_ROTATED = 4409

/** Closes a socket whose session has a new id. */
export function closeRotated(socket: { close(code: number, reason: string): void }): void {
  socket.close(SESSION_ROTATED, 'The session has a new id: connect again')
}
