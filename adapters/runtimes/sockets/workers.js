/**
 * The sockets of a Durable Object. In a plain Worker a request may not use the socket of another one,
 * so nothing could tell a socket what requests do to its session.
 */
import { upgradeWebSocket } from 'hono/cloudflare-workers'
import { createApp } from './app.js'

export class Site {
  #app = createApp(upgradeWebSocket)

  fetch(request) {
    return this.#app.fetch(request)
  }
}

export default {
  fetch: (request, { SITE }) => SITE.get(SITE.idFromName('site')).fetch(request),
}
