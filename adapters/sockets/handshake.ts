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

/** The session that a handshake brings: see `sessions.recognize`. */
export async function sessionOfHandshake<Data extends object, Flash extends object>(
  sessions: Sessions<Data, Flash>,
  request: HandshakeRequest
): ReturnType<Sessions<Data, Flash>['recognize']> {
  const plain = !sessions.secureOnly && isLocalhost(request.url)
  const header = (name: string): string | undefined => request.header(name)
  return sessions.recognize(header('Cookie'), { plain, header })
}
