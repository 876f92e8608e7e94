/**
 * Races real processes for one session, in what is built in `dist/`.
 *
 * ```sh
 * node scripts/races.js fs --processes 16 --increments 1000 # each counts one up, by update
 * node scripts/races.js fs --mode lock      # the same by plain `set`, under `lock: true`
 * node scripts/races.js fs --mode keys      # parallel requests, each of which sets a key of its own
 * node scripts/races.js fs --mode resurrect # saves that race a sign-out
 * node scripts/races.js fs --mode kill --kills 2000  # the same as update, and kill -9 at any moment
 * ```
 *
 * Exit code 1 if a number is not exact.
 */
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createSessions } from '../dist/bindings/index.js'
import { STORAGES } from './races/storages.js'

const SECRET = 'races: a secret of more than 32 bytes'

/** What one process does. It answers with what it has done: `{ done, failed }`. */
const WORK = {
  async update(sessions, { id, increments }) {
    const one = () => sessions.update(id, (session) => session.update('n', (n) => n + 1))
    return repeat(increments, one)
  },

  async lock(sessions, { cookie, increments }) {
    const one = () =>
      sessions.with(cookie, (session) => {
        session.set('n', session.get('n') + 1)
        return true
      })
    return repeat(increments, one)
  },

  /** Its share of the requests, all at once. */
  async keys(sessions, { cookie, index, requests }) {
    const work = Array.from({ length: requests }, async (_, i) => {
      const session = await sessions.read(cookie)
      session.set(`key ${index} ${i}`, true)
      await sessions.commit(session)
    })
    return tally(await Promise.allSettled(work))
  },

  /** Saves or destroys: `ids` are sessions that the other process does the opposite to. */
  async resurrect(sessions, { ids, index }) {
    const save = (id) => sessions.update(id, (session) => session.update('n', (n) => n + 1))
    const destroy = (id) => sessions.destroy(id)
    const work = ids.map(async (id, i) => {
      // A save takes longer than an end: about as many of them are done as are too late.
      const delay = i * 10 + Math.random() * (index % 2 === 0 ? 10 : 50)
      await new Promise((resolve) => setTimeout(resolve, delay))
      return index % 2 === 0 ? save(id) : destroy(id)
    })
    return tally(await Promise.allSettled(work), (error) => error.code === 'SESSION_GONE')
  },

  /** Counts up in a key of its own until it is killed; tells each count that was acknowledged. */
  async kill(sessions, { id, index }) {
    for (;;) {
      let count = 0
      await sessions.update(id, (session) => {
        session.update(`n${index}`, (n = 0) => (count = n + 1))
      })
      process.send({ acknowledged: count })
    }
  },
}

/** Does something again and again; how often it was done, and why it failed. */
async function repeat(times, one) {
  const outcomes = []
  for (let i = 0; i < times; i++) outcomes.push(...(await Promise.allSettled([one()])))
  return tally(outcomes)
}

function tally(outcomes, expected = () => false) {
  const reasons = outcomes.flatMap(({ status, reason }) =>
    status === 'rejected' && !expected(reason) ? [String(reason?.cause ?? reason)] : []
  )
  const done = outcomes.filter(({ status, value }) => status === 'fulfilled' && value !== false)
  return { done: done.length, failed: reasons.length, reason: reasons[0] }
}

async function open(name, folder, mode) {
  const create = STORAGES[name]
  if (create === undefined) {
    throw new Error(`no storage ${name}; there are ${Object.keys(STORAGES).join(', ')}`)
  }
  const storage = await create(folder)
  const options = mode === 'lock' ? { lock: true, lockTimeout: 600 } : {}
  // Who waits for a busy machine has not lost the race.
  return createSessions({ storage, secrets: SECRET, timeout: 120, ...options })
}

/** A process that does a part of the work. */
async function runWorker() {
  const [name, folder, mode] = process.argv.slice(3)
  const sessions = await open(name, folder, mode)
  process.once('message', async (task) => {
    process.send(await WORK[mode](sessions, task))
    await sessions.storage.close?.()
    process.disconnect()
  })
  process.send('ready')
}

const next = (child, event = 'message') =>
  new Promise((resolve, reject) => {
    child.once(event, resolve)
    if (event !== 'exit') {
      child.once('exit', (code, signal) =>
        reject(new Error(`a process ended early: ${signal ?? code}`))
      )
    }
  })

async function startWorker(...args) {
  const child = fork(fileURLToPath(import.meta.url), ['--worker', ...args])
  await next(child)
  return child
}

/** Lets processes loose at once; gives what each of them has done. */
async function race(args, tasks) {
  const children = await Promise.all(tasks.map(() => startWorker(...args)))
  const start = performance.now()
  const results = await Promise.all(
    children.map((child, index) => {
      child.send({ index, ...tasks[index] })
      return next(child)
    })
  )
  return { results, ms: performance.now() - start }
}

async function createSession(sessions) {
  const session = await sessions.read(null)
  session.set('n', 0)
  const [line] = await sessions.commit(session)
  return { id: session.id, cookie: line.split(';')[0] }
}

const sum = (results, name) => results.reduce((total, result) => total + result[name], 0)
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`

function report(results) {
  const reason = results.find((result) => result.reason)?.reason
  if (reason) console.error(`  ${sum(results, 'failed')} failed, such as: ${reason}`)
}

/** Every mode says what it did, and whether the numbers are exact. */
const MODES = {
  async update(sessions, args, { processes, increments }) {
    const { id, cookie } = await createSession(sessions)
    const { results, ms } = await race(args, Array(processes).fill({ id, cookie, increments }))
    const count = (await sessions.get(id)).get('n')
    const asked = processes * increments
    report(results)
    const rate = Math.round(asked / (ms / 1000))
    console.log(`  ${processes} processes × ${increments}: ${count} of ${asked}`)
    console.log(`  ${seconds(ms)}, ${rate} per second`)
    return count === asked && sum(results, 'done') === asked
  },

  lock: (...args) => MODES.update(...args),

  async keys(sessions, args, { processes, requests, rounds }) {
    let lost = 0
    for (let round = 0; round < rounds; round++) {
      const { id, cookie } = await createSession(sessions)
      const tasks = Array.from({ length: processes }, (_, i) => ({
        cookie,
        requests: Math.floor((requests + i) / processes),
      }))
      const { results } = await race(args, tasks)
      report(results)
      lost += requests - (Object.keys((await sessions.get(id)).all()).length - 1)
    }
    console.log(`  ${rounds} rounds of ${requests} requests: ${lost} keys lost`)
    return lost === 0
  },

  async resurrect(sessions, args, { interleavings }) {
    let [saved, gone, resurrected, kept] = [0, 0, 0, 0]
    for (let left = interleavings; left > 0; left -= 200) {
      const created = await Promise.all(
        Array.from({ length: Math.min(left, 200) }, () => createSession(sessions))
      )
      const ids = created.map(({ id }) => id)
      const { results } = await race(args, [{ ids }, { ids }])
      report(results)
      saved += results[0].done
      gone += ids.length - results[0].done
      kept += ids.length - results[1].done
      for (const id of ids) if ((await sessions.get(id)) !== null) resurrected++
    }
    console.log(`  ${saved} saved before the end, ${gone} after it: ${resurrected} resurrected`)
    return resurrected === 0 && kept === 0
  },

  async kill(sessions, args, { processes, kills }) {
    const { id } = await createSession(sessions)
    const acknowledged = Array(processes).fill(0)
    const spawn = async (index) => {
      const child = await startWorker(...args)
      child.on('message', (message) => {
        acknowledged[index] = message.acknowledged
      })
      child.send({ id, index })
      return child
    }
    const children = await Promise.all(acknowledged.map((_, index) => spawn(index)))
    const start = performance.now()
    let [corrupt, lost] = [0, 0]
    for (let kill = 0; kill < kills; kill++) {
      const index = kill % processes
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
      children[index].kill('SIGKILL')
      await next(children[index], 'exit')
      const session = await sessions.get(id)
      if (session === null) corrupt++
      else if ((session.get(`n${index}`) ?? 0) < acknowledged[index]) lost++
      children[index] = await spawn(index)
    }
    for (const child of children) child.kill('SIGKILL')
    const total = acknowledged.reduce((all, count) => all + count, 0)
    console.log(`  ${kills} kills, ${total} writes acknowledged: ${corrupt} corrupt, ${lost} lost`)
    console.log(`  ${seconds(performance.now() - start)}`)
    return corrupt === 0 && lost === 0
  },
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      mode: { type: 'string', default: 'update' },
      processes: { type: 'string', default: '16' },
      increments: { type: 'string', default: '1000' },
      requests: { type: 'string', default: '50' },
      rounds: { type: 'string', default: '10' },
      interleavings: { type: 'string', default: '1000' },
      kills: { type: 'string', default: '200' },
    },
  })
  const [name] = positionals
  const { mode, ...rest } = values
  const numbers = Object.fromEntries(Object.entries(rest).map(([key, text]) => [key, Number(text)]))
  const folder = mkdtempSync(join(tmpdir(), 'tuile-races-'))
  try {
    const sessions = await open(name, folder, mode)
    console.log(`${name}, ${mode}`)
    const exact = await MODES[mode](sessions, [name, folder, mode], numbers)
    await sessions.storage.close?.()
    if (!exact) process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

await (process.argv[2] === '--worker' ? runWorker() : main())
