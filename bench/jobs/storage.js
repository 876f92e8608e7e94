/**
 * Storages: one read and one write of a session's record, in a folder and in Redis. A Redis of its own
 * is started; where there is none, its jobs are left out.
 */
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { createFolderStorages, createRedisStorages } from '../contenders/storages/index.js'
import { INPUT_COUNT } from '../headers.js'

const createKeys = () =>
  Array.from({ length: INPUT_COUNT }, () => randomBytes(32).toString('base64url'))

const dataOf = (key) => ({
  userId: key,
  name: 'Ada Lovelace',
  cart: Array.from({ length: 5 }, (_, i) => ({ item: `item-${i}`, count: i + 1 })),
})

async function writeTasks(storages) {
  const inputs = createKeys()
  return storages.map(({ name, write }) => ({
    name,
    isAsync: true,
    call: (key) => write(key, dataOf(key)),
    inputs,
  }))
}

async function readTasks(storages) {
  const inputs = createKeys()
  for (const { write } of storages) for (const key of inputs) await write(key, dataOf(key))
  return storages.map(({ name, read }) => ({
    name,
    isAsync: true,
    call: read,
    inputs,
    answers: inputs.map(dataOf),
  }))
}

const redisInstalled = () => spawnSync('redis-server', ['--version']).status === 0

/** A Redis that keeps nothing and listens to a file only. */
async function startRedis(folder) {
  const path = join(folder, 'redis.sock')
  const options = ['--port', '0', '--unixsocket', path, '--save', '', '--dir', folder]
  const server = spawn('redis-server', options, { stdio: 'ignore' })
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 20))
  return { server, client: await createClient({ socket: { path } }).connect() }
}

const createFolder = () => mkdtempSync(join(tmpdir(), 'tuile-bench-'))

/** A place for storages: what opens them, and what closes them. */
const PLACES = {
  fs: {
    title: 'in a folder',
    async open() {
      const folder = createFolder()
      const storages = await createFolderStorages(folder)
      return { storages, close: () => rmSync(folder, { recursive: true, force: true }) }
    },
  },
  redis: {
    title: 'in Redis',
    async open() {
      const folder = createFolder()
      const { client, server } = await startRedis(folder)
      const close = async () => {
        await client.close()
        server.kill()
        rmSync(folder, { recursive: true, force: true })
      }
      return { storages: await createRedisStorages(client), close }
    },
  },
}

function createJob(place, verb, createTasks) {
  const { open, title } = PLACES[place]
  let close
  return {
    id: `storage-${place}-${verb.toLowerCase()}`,
    title: `${verb} a record ${title}`,
    group: 'storage',
    slow: true,
    async createTasks() {
      const opened = await open()
      close = opened.close
      return createTasks(opened.storages)
    },
    close: () => close(),
  }
}

const jobsOf = (place) => [
  createJob(place, 'Read', readTasks),
  createJob(place, 'Write', writeTasks),
]

/** @type {import('./index.js').Job[]} */
export const jobs = [...jobsOf('fs'), ...(redisInstalled() ? jobsOf('redis') : [])]
