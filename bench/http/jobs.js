/**
 * End to end over real HTTP: requests a second, and the CPU time that one costs the server, which does
 * not depend on who makes the load. Ratios refer to an app that only reads the Cookie header.
 */
import { WITHOUT_SHA } from '../environment.js'
import { measureServers } from './measure.js'

const APPS = [
  { name: 'app that reads the Cookie header', plain: true },
  { name: 'bare app', plain: true },
  { name: 'middleware that reads the Cookie header', plain: true },
  { name: 'middleware that reads it and says Vary', plain: true },
  { name: 'tuile, wasm' },
  { name: 'tuile, wasm, in the cookie' },
  { name: 'hono/cookie + cookie-signature + Map' },
  { name: 'hono/cookie signed + Map' },
  { name: 'hono-sessions, not signed' },
  { name: 'hono-sessions, encrypted' },
  { name: '@hono/session + Map' },
  { name: '@hono/session, in the cookie' },
  { name: '@remix-run/session' },
  { name: 'iron-session' },
  { name: 'express that reads the Cookie header', plain: true },
  { name: 'express-session' },
]

let measured
/** All jobs come from the same servers: 7 turns of each, or 3 in a quick run. */
const measureOnce = (rounds) => (measured ??= measureServers(APPS, { turns: rounds < 100 ? 3 : 7 }))

function createJob(id, title, path, figure, unit) {
  return {
    id,
    title,
    group: figure === 'rate' ? 'http' : 'http-cpu',
    unit,
    slow: true,
    async measure({ rounds }) {
      const servers = (await measureOnce(rounds))[path]
      return servers.map((server) => ({ name: server.name, ...server[figure] }))
    },
  }
}

const all = [
  createJob('http-read', 'Requests that read their session', '/read', 'rate', 'requests/s'),
  createJob('http-write', 'Requests that change their session', '/write', 'rate', 'requests/s'),
  createJob('http-read-cpu', 'CPU time of a request that reads', '/read', 'cpu', 'ns'),
  createJob('http-write-cpu', 'CPU time of a request that changes', '/write', 'cpu', 'ns'),
]

/**
 * None where OpenSSL is kept from the SHA extensions: hashing is too small a part of a request.
 *
 * @type {import('../jobs/index.js').Job[]}
 */
export const jobs = process.env.OPENSSL_ia32cap === WITHOUT_SHA ? [] : all
