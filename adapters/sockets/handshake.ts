/**
 * The handshake of a socket, or of a stream: who is at the other end.
 *
 * @module
 */
import type { Sessions } from '../../bindings/sessions.ts'
import { isLocalhost } from '../localhost.ts'
import type { OriginCheck } from './origin.ts'

/** What is read of the request that opens a socket: that of Hono is one. */
export interface HandshakeRequest {
  readonly url: string
  header(name: string): string | undefined
}

/** Whether the page that opens a socket may have one. */
export function comesFromAllowedPage(isAllowed: OriginCheck, request: HandshakeRequest): boolean {
  return isAllowed({
    origin: request.header('Origin'),
    host: request.header('Host') ?? new URL(request.url).host,
    fetchSite: request.header('Sec-Fetch-Site'),
  })
}

/** The id of the session that a handshake brings, verified; whether it is there, the storage knows. */
export async function idOfHandshake<Data extends object, Flash extends object>(
  sessions: Sessions<Data, Flash>,
  request: HandshakeRequest
): Promise<string | null> {
  const { pending } = sessions
  if (pending) await pending
  const plain = !sessions.secureOnly && isLocalhost(request.url)
  return sessions.idOf(request.header('Cookie'), { plain, header: (name) => request.header(name) })
}
