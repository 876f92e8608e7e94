/** All cookies of a Cookie header, percent-decoded: of a new site, of a busy one, and of a crowded one. */
import { createCookieParsers } from '../contenders/cookie-header.js'
import { COOKIE_NAME, createIds, fiftyCookies, oneCookie, twelveCookies } from '../headers.js'

/** The cookies of a header that has each once, read in the simplest way. */
function readPlainly(header) {
  const pairs = header.split('; ').map((pair) => {
    const equals = pair.indexOf('=')
    return [pair.slice(0, equals), decodeURIComponent(pair.slice(equals + 1))]
  })
  return Object.fromEntries(pairs)
}

function createJob(count, header) {
  return {
    id: `parse-${count}`,
    title: `Parse a header of ${count === 1 ? 'one cookie' : `${count} cookies`}`,
    group: 'parse',
    sizeOf: ([{ inputs }]) => inputs[0].length,
    async createTasks() {
      const inputs = createIds().map((id) => header(`${COOKIE_NAME}=${id}`))
      const answers = inputs.map(readPlainly)
      return createCookieParsers().map(({ name, parse, entries = (parsed) => parsed }) => ({
        name,
        call: parse,
        inputs,
        answers,
        read: (parsed) => ({ ...entries(parsed) }),
      }))
    },
  }
}

/** @type {import('./index.js').Job[]} */
export const jobs = [
  createJob(1, oneCookie),
  createJob(12, twelveCookies),
  createJob(50, fiftyCookies),
]
