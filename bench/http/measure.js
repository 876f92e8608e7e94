/**
 * Real servers under load. Each contender is a server process; all of them keep to the last core, and
 * the load comes from the one before it. They take turns of a second, in a new random order each time.
 */
import { strictEqual } from 'node:assert'
import { spawnSync } from 'node:child_process'
import { get } from 'node:http'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { nodeProgram } from '../../scripts/runtimes.js'
import { Child } from '../child.js'
import { createId } from '../headers.js'
import { tamper } from '../jobs/app.js'
import { shuffle, summarize } from '../statistics.js'

/** One connection each, with a session of its own. */
const CONNECTIONS = 16
/** Seconds of a turn. */
const TURN = { duration: 1 }
/** Requests before any turn counts, in which code is compiled. */
const WARM_UP = { amount: 15_000 }

const HOST = 'shop.example'
const PATHS = ['/read', '/write']

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const hasTaskset = spawnSync('taskset', ['--version']).status === 0

/** Starts a program on a core, counted from the last. */
function startOn(core, program, args) {
  if (!hasTaskset) return new Child(program, args)
  const index = Math.max(0, cpus().length - 1 - core)
  return new Child('taskset', ['-c', `${index}`, program, ...args])
}

/** Asks a server; gives the answer, and the cookie that it sets, as a browser sends it back. */
function visit(port, path, cookie) {
  const headers = { Host: HOST, ...(cookie !== undefined && { Cookie: cookie }) }
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers, agent: false }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      const line = response.headers['set-cookie']?.[0]
      resolve({ text, cookie: line?.slice(0, line.indexOf(';')) })
    }).on('error', reject)
  })
}

/** Checks that a server tells sessions apart and refuses what it did not make. */
async function checkServer({ name, port }, cookies, users) {
  const check = async (what, path, cookie, expected) =>
    strictEqual((await visit(port, path, cookie)).text, expected, `${name}: ${what}`)
  for (const [i, cookie] of cookies.entries()) await check('a session', '/read', cookie, users[i])
  await check('a cookie that was changed', '/read', tamper(cookies[0]), 'nobody')
  await check('no cookie', '/read', undefined, 'nobody')
  await check('a write', '/write', cookies[0], '42')
  await check('a write without a cookie', '/write', undefined, '1')
}

/** Starts the server of an app, with a session for each connection. */
async function startServer({ name, plain }) {
  const args = process.versions.deno ? ['run', '--allow-all'] : []
  const child = startOn(0, process.execPath, [...args, at('server.js'), name])
  const server = { name, child, port: Number(await child.answer()) }
  const users = Array.from({ length: CONNECTIONS }, createId)
  if (plain) return { ...server, cookies: users.map((user) => `session=${user}`) }
  const cookies = []
  for (const user of users) cookies.push((await visit(server.port, `/start/${user}`)).cookie)
  await checkServer(server, cookies, users)
  return { ...server, cookies }
}

/** Puts load on a server: requests a second, and the nanoseconds of CPU time that one took. */
async function putLoad(load, { child, port, cookies }, path, how) {
  const question = { port, path, host: HOST, cookies, ...how }
  const before = await child.ask('')
  const { requests, seconds } = JSON.parse(await load.ask(JSON.stringify(question)))
  const after = await child.ask('')
  return { rate: requests / seconds, cpu: ((after - before) * 1000) / requests }
}

/**
 * Measures apps behind real HTTP.
 *
 * @param {{ name: string, plain?: boolean }[]} apps
 * @param {{ turns: number }} how How many turns of each app and path count.
 * @returns {Promise<Record<string, { name: string, rate: Figures, cpu: Figures }[]>>} By path.
 *
 * @typedef {{ median: number, q1: number, q3: number }} Figures
 */
export async function measureServers(apps, { turns }) {
  const load = startOn(1, nodeProgram(24), [at('load.js')])
  const servers = []
  try {
    for (const app of apps) servers.push(await startServer(app))
    const entries = servers.flatMap((server) =>
      PATHS.map((path) => ({ server, path, rates: [], cpus: [] }))
    )
    for (const { server, path } of entries) await putLoad(load, server, path, WARM_UP)
    for (let turn = 0; turn < turns; turn++) {
      for (const { server, path, rates, cpus } of shuffle(entries)) {
        const { rate, cpu } = await putLoad(load, server, path, TURN)
        rates.push(rate)
        cpus.push(cpu)
      }
    }
    const figuresOf = ({ server, rates, cpus }) => ({
      name: server.name,
      rate: summarize(rates),
      cpu: summarize(cpus),
    })
    const ofPath = (path) => entries.filter((entry) => entry.path === path).map(figuresOf)
    return Object.fromEntries(PATHS.map((path) => [path, ofPath(path)]))
  } finally {
    load.stop()
    for (const { child } of servers) child.stop()
  }
}
