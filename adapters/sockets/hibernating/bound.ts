/**
 * The session of a socket, kept with it while its object sleeps.
 *
 * @module
 */
import type { HibernatingSocket } from './contract.ts'

/** What a socket takes along while the object sleeps. */
export interface BoundSession {
  /** The id that its handshake brought; with `onRotate: 'follow'` the newest that is known. */
  readonly id: string
  /** Milliseconds since the epoch when the session ends, as far as we know. */
  readonly end: number
}

/** The session of a socket; `null` if it has none. */
export function boundOf(socket: HibernatingSocket): BoundSession | null {
  const attachment = socket.deserializeAttachment() as { tuile?: BoundSession | null } | null
  return attachment?.tuile ?? null
}

/** Gives a socket another session, or none. What the app has attached to it stays. */
export function rebind(socket: HibernatingSocket, bound: BoundSession | null): void {
  const attachment = socket.deserializeAttachment() as object | null
  socket.serializeAttachment({ ...attachment, tuile: bound })
}
