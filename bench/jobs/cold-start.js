/**
 * Cold starts: fresh processes import what verifies, make it and verify one cookie. `start` is the time
 * from before the import to after the verify, `start-process` that of the whole process, where one that
 * does nothing takes part.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSigners } from '../contenders/signers/index.js'
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

const options = { cookieName: COOKIE_NAME, secrets: [createSecret()] }
const signersUrl = new URL('../contenders/signers/index.js', import.meta.url).href

/** What a process does; it prints the milliseconds. */
function sourceOf(name, header, id) {
  const [url, given] = [signersUrl, [options, [name]]].map((value) => JSON.stringify(value))
  return `
const { createSigners } = await import(${url})
const start = performance.now()
const [{ verify }] = await createSigners(...${given})
const id = await verify(${JSON.stringify(header)})
const elapsed = performance.now() - start
if (id !== ${JSON.stringify(id)}) throw new Error('The cookie did not verify')
console.log(elapsed)
`
}

/** Runs a file in a new process; gives the milliseconds that it printed, and those of all of it. */
function start(file) {
  const args = process.versions.deno ? ['run', '--allow-all', file] : [file]
  const from = performance.now()
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  const total = performance.now() - from
  if (status !== 0) throw new Error(stderr)
  return { own: Number(stdout), total }
}

async function prepare(folder) {
  const id = createId()
  const signers = await createSigners(options, NAMES)
  const sources = signers.map(async ({ name, sign }) => [name, sourceOf(name, await sign(id), id)])
  const all = [...(await Promise.all(sources)), ['an empty process', '']]
  return all.map(([name, source], i) => {
    const file = join(folder, `${i}.mjs`)
    writeFileSync(file, source)
    start(file) // It is in the cache of the disk from here on.
    return { name, file, own: [], total: [] }
  })
}

/** In turn, so that whatever else the machine does meets all of them alike. */
async function measure(processes) {
  const folder = mkdtempSync(fileURLToPath(new URL('../../dist/cold-start-', import.meta.url)))
  try {
    const entries = await prepare(folder)
    for (let turn = 0; turn < processes; turn++) {
      for (const entry of entries) {
        const { own, total } = start(entry.file)
        entry.own.push(own)
        entry.total.push(total)
      }
    }
    return entries
  } finally {
    rmSync(folder, { recursive: true })
  }
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
