/**
 * Whole apps that keep a session, Tuile's first. Each has three routes: `/start/:user` begins a session
 * of `{ userId, visits: 41 }`, `/read` answers its user or `nobody`, `/write` counts a visit and
 * answers the count.
 *
 * @typedef {object} App
 * @property {string} name
 * @property {import('hono').Hono} app
 * @property {boolean} [plain] Whether it has no sessions, and so no `/start`.
 *
 * @module
 */
import { load } from '../load.js'

/** What makes each, from `{ cookieName, secret }`; imported when it is wanted. */
const APPS = {
  'tuile, wasm': async () => (await import('./tuile.js')).wasmMemory,
  'tuile, portable': async () => (await import('./tuile.js')).portableMemory,
  'tuile, wasm, in the cookie': async () => (await import('./tuile.js')).wasmCookie,
  'tuile, portable, in the cookie': async () => (await import('./tuile.js')).portableCookie,
  'bare app': async () => (await import('./bare.js')).bare,
  'app that reads the Cookie header': async () => (await import('./bare.js')).cookieHeader,
  'middleware that reads the Cookie header': async () =>
    (await import('./bare.js')).headerMiddleware,
  'middleware that reads it and says Vary': async () => (await import('./bare.js')).varyMiddleware,
  'hono/cookie + cookie-signature + Map': async () =>
    (await import('./by-hand.js')).cookieSignature,
  'hono/cookie signed + Map': async () => (await import('./by-hand.js')).honoSigned,
  'hono-sessions, not signed': async () => (await import('./hono-sessions.js')).plainId,
  'hono-sessions, encrypted': async () => (await import('./hono-sessions.js')).encryptedId,
  '@hono/session + Map': async () => (await import('./hono-session.js')).inMap,
  '@hono/session, in the cookie': async () => (await import('./hono-session.js')).inCookie,
  '@remix-run/session': async () => (await import('./remix.js')).remixSession,
  'iron-session': async () => (await import('./iron-session.js')).ironSession,
}

/**
 * The apps of this runtime.
 *
 * @param {{ cookieName: string, secret: string }} options
 * @param {string[]} [names] Only these.
 * @returns {Promise<App[]>}
 */
export const createApps = (options, names = Object.keys(APPS)) =>
  load(Object.fromEntries(names.map((name) => [name, APPS[name]])), options)
