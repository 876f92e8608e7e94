/**
 * `scripts/services up|down|status`: the servers that tests use, on free ports of 127.0.0.1, with
 * their data in a temporary folder of the system. A server whose variable is set (`REDIS_URL=…`) is
 * the user's own and left alone; one whose program is not installed is left out, and its tests are
 * skipped by name.
 *
 * `.services.json` keeps what was started; tests find the URLs there (`storage/services.fixture.ts`).
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mariadb } from './servers/mariadb.js'
import { memcached } from './servers/memcached.js'
import { postgres } from './servers/postgres.js'
import { redis, redisCluster, redisSentinel, redisTls, valkey } from './servers/redis.js'
import { answers, stopServers } from './servers/server.js'

/**
 * A service is `{ name, variables, installed(), up(folder) }`: the variables that hold its URLs, the
 * first of which tells whether the user has given it; whether its programs are there; and a start
 * that gives the variables' values. What it starts with `startServer` is stopped without its help.
 */
const SERVICES = [
  redis,
  redisTls,
  redisCluster,
  redisSentinel,
  valkey,
  memcached,
  postgres,
  mariadb,
]

const file = fileURLToPath(new URL('../.services.json', import.meta.url))

/** What runs: the folder and the variables of each service, by its name. */
function load() {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
}

async function stateOf({ name, variables, installed }) {
  const [variable] = variables
  if (process.env[variable]) return { state: 'given', url: process.env[variable] }
  const url = load()[name]?.variables[variable]
  if (url !== undefined) return { state: (await answers(url)) ? 'up' : 'dead', url }
  return { state: installed() ? 'down' : 'not installed', url: '' }
}

async function status() {
  for (const service of SERVICES) {
    const { state, url } = await stateOf(service)
    console.log(`${service.name.padEnd(16)}${state.padEnd(15)}${url}`.trimEnd())
  }
}

async function start(service) {
  const folder = mkdtempSync(join(tmpdir(), `tuile-${service.name}-`))
  try {
    return { folder, variables: await service.up(folder) }
  } catch (error) {
    await stopServers(folder)
    rmSync(folder, { recursive: true, force: true })
    throw new Error(`${service.name} does not start: ${error.message}`)
  }
}

async function up() {
  const running = load()
  const starting = SERVICES.map(async (service) => {
    const { state } = await stateOf(service)
    if (state === 'dead') await stop(running[service.name])
    if (state === 'down' || state === 'dead') running[service.name] = await start(service)
  })
  for (const { reason } of await Promise.allSettled(starting)) {
    if (reason === undefined) continue
    console.error(reason.message)
    process.exitCode = 1
  }
  writeFileSync(file, `${JSON.stringify(running, null, 2)}\n`)
  await status()
}

async function stop({ folder }) {
  await stopServers(folder)
  rmSync(folder, { recursive: true, force: true })
}

async function down() {
  await Promise.all(Object.values(load()).map(stop))
  rmSync(file, { force: true })
}

const COMMANDS = { up, down, status }
const command = COMMANDS[process.argv[2]]
if (command === undefined) {
  console.error('usage: scripts/services up|down|status')
  process.exitCode = 1
} else {
  await command()
}
