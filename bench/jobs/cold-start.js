/**
 * Cold starts: fresh processes import what verifies, make it and verify one cookie. `start` is the time
 * from before the import to after the verify, `start-process` that of the whole process, where one that
 * does nothing takes part.
 */
import { spawnSync } from 'node:child_process'
import { createSigners } from '../contenders/signers/index.js'
import { programArguments } from '../environment.js'
import { COOKIE_NAME, createId, createSecret } from '../headers.js'
import { summarize } from '../statistics.js'

/** Who starts: Tuile, what comes with the runtime, and the library that people take instead. */
const NAMES = [
  'tuile, wasm',
  'tuile, portable',
  'cookie + createHmac',
  'cookie + WebCrypto',
  'cookie + @noble/hashes',
  'hono/cookie signed',
]

const child = new URL('cold-start.child.js', import.meta.url)

/** Starts a process; gives the milliseconds that it printed, and those of all of it. */
function start(args) {
  const command = [...programArguments(child), ...args]
  const from = performance.now()
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' })
  const total = performance.now() - from
  if (status !== 0) throw new Error(stderr)
  return { own: Number(stdout), total }
}

async function prepare() {
  const id = createId()
  const options = { cookieName: COOKIE_NAME, secrets: [createSecret()] }
  const signers = await createSigners(options, NAMES)
  const given = signers.map(async ({ name, sign }) => {
    const args = [JSON.stringify({ name, options, header: await sign(id), id })]
    return { name, args, own: [], total: [] }
  })
  return [...(await Promise.all(given)), { name: 'an empty process', args: [], own: [], total: [] }]
}

/** In turn, so that whatever else the machine does meets all of them alike. */
async function measure(processes) {
  const entries = await prepare()
  for (const { args } of entries) start(args) // The files are in the cache of the disk from here on.
  for (let turn = 0; turn < processes; turn++) {
    for (const entry of entries) {
      const { own, total } = start(entry.args)
      entry.own.push(own)
      entry.total.push(total)
    }
  }
  return entries
}

let measured
/** Both jobs come from the same processes: 20 of each, or 10 in a quick run. */
const measureOnce = (rounds) => (measured ??= measure(rounds < 100 ? 10 : 20))

/** @type {import('./index.js').Job[]} */
export const jobs = [
  {
    id: 'start',
    title: 'From the import to the first verified cookie, in a new process',
    group: 'start',
    unit: 'ms',
    async measure({ rounds }) {
      const entries = (await measureOnce(rounds)).filter(({ name }) => name !== 'an empty process')
      return entries.map(({ name, own }) => ({ name, ...summarize(own) }))
    },
  },
  {
    id: 'start-process',
    title: 'A whole process that verifies one cookie',
    group: 'start',
    unit: 'ms',
    async measure({ rounds }) {
      const entries = await measureOnce(rounds)
      return entries.map(({ name, total }) => ({ name, ...summarize(total) }))
    },
  },
]
