/** A whole request through `app.fetch`: one that only reads its session, and one that changes it. */
import { createApps } from '../contenders/apps/index.js'
import { COOKIE_NAME, createIds, createSecret } from '../headers.js'

const ORIGIN = 'https://shop.example'

/** A request, made once: Hono reads it anew each time. */
function createRequest(path, cookie) {
  return new Request(ORIGIN + path, cookie === undefined ? {} : { headers: { Cookie: cookie } })
}

/** Begins a session; gives its cookie as a browser sends it back. */
async function start(app, user) {
  const response = await app.fetch(createRequest(`/start/${user}`))
  const [line] = response.headers.getSetCookie()
  return line.slice(0, line.indexOf(';'))
}

/** The cookie with a character in the middle of its value changed. */
export function tamper(cookie) {
  const at = Math.floor((cookie.indexOf('=') + cookie.length) / 2)
  return cookie.slice(0, at) + (cookie[at] === 'A' ? 'B' : 'A') + cookie.slice(at + 1)
}

async function createTask({ name, app, plain }, path, users, answerTo, answerToStranger) {
  const base = { name, isAsync: true, call: (request) => app.fetch(request) }
  const sameCookies = users.map((user) => `${COOKIE_NAME}=${user}`)
  if (plain) return { ...base, inputs: sameCookies.map((cookie) => createRequest(path, cookie)) }
  const cookies = await Promise.all(users.map((user) => start(app, user)))
  return {
    ...base,
    inputs: cookies.map((cookie) => createRequest(path, cookie)),
    answers: users.map(answerTo),
    refusals: [
      ['a cookie that was changed', createRequest(path, tamper(cookies[0])), answerToStranger],
      ['no cookie', createRequest(path), answerToStranger],
    ],
    read: (response) => response.text(),
  }
}

function createJob(id, title, path, answerTo, answerToStranger) {
  return {
    id,
    title,
    group: 'app',
    // After 40 rounds, what V8 has yet to compile makes up half of the cost of a session.
    warmUp: 200,
    async createTasks() {
      const users = createIds()
      const apps = await createApps({ cookieName: COOKIE_NAME, secret: createSecret() })
      return Promise.all(
        apps.map((app) => createTask(app, path, users, answerTo, answerToStranger))
      )
    },
  }
}

/** @type {import('./index.js').Job[]} */
export const jobs = [
  createJob(
    'app-read',
    'A Hono app, a request that reads its session',
    '/read',
    (user) => user,
    'nobody'
  ),
  createJob(
    'app-write',
    'A Hono app, a request that changes its session',
    '/write',
    () => '42',
    '1'
  ),
]
