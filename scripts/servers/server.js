/**
 * Starts servers in the background and stops them again: each has a folder, and a file there with its
 * process id.
 */
import { spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** Where a program is, on the PATH or in one of the folders given; `undefined` if nowhere. */
export function findProgram(name, folders = []) {
  return [...(process.env.PATH ?? '').split(delimiter), ...folders]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))
}

/** Makes the folder `data` of a server. If we are root it is of another user, as whom it will run. */
export function createData(folder, userName) {
  const data = join(folder, 'data')
  mkdirSync(data)
  if (process.getuid?.() === 0) {
    const users = readFileSync('/etc/passwd', 'utf8')
    const entry = new RegExp(`^${userName}:[^:]*:(\\d+):(\\d+):`, 'm').exec(users)
    if (entry === null) throw new Error(`there is no user ${userName}`)
    chmodSync(folder, 0o711)
    chownSync(data, Number(entry[1]), Number(entry[2]))
  }
  return data
}

/** The options of `spawn` by which a program runs as the owner of a path. */
export function ownerOf(path) {
  const { uid, gid } = statSync(path)
  return process.getuid?.() === 0 ? { uid, gid } : {}
}

/** Whether something listens where a URL points to. */
export function answers(url) {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    socket.once('connect', () => resolve(true) ?? socket.destroy())
    socket.once('error', () => resolve(false))
  })
}

/**
 * A port of 127.0.0.1 that is free. It lies below those that the system gives to clients: who connects
 * again and again to one of these while its server is down may end up connected to itself.
 */
export async function freePort() {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 18_000)
    const server = createServer()
    const free = await new Promise((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!free) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}

/** Waits until a condition holds, for at most 30 seconds. */
export async function until(what, condition) {
  for (let i = 0; i < 600; i++) {
    if (await condition()) return
    await pause(50)
  }
  throw new Error(`${what} took more than 30 seconds`)
}

/**
 * Starts a server that outlives this process and waits until it listens.
 *
 * @param folder Where its output and its process id go. Its command line must name this folder: that
 *   is how `stopServers` knows that a process id has not passed to somebody else.
 * @param options Of `spawn`: `uid` and `gid` for programs that refuse to be root.
 */
export async function startServer(folder, name, program, args, port, options = {}) {
  const output = join(folder, `${name}.log`)
  const log = openSync(output, 'a')
  const child = spawn(program, args, {
    cwd: folder,
    detached: true,
    stdio: ['ignore', log, log],
    ...options,
  })
  let failure
  child.once('error', (error) => (failure = error.message))
  child.once('exit', (code) => (failure = `it ended with ${code}`))
  child.unref()
  await until(name, async () => {
    if (failure) throw new Error(`${failure}\n${readFileSync(output, 'utf8').slice(-2000)}`)
    return answers(`tcp://127.0.0.1:${port}`)
  })
  writeFileSync(join(folder, `${name}.pid`), `${child.pid}`)
}

const runs = (pid, folder) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
  } catch {
    return false
  }
}

/** Stops the servers of a folder: it asks, and after 5 seconds no longer asks. */
export async function stopServers(folder) {
  const files = existsSync(folder)
    ? readdirSync(folder).filter((name) => name.endsWith('.pid'))
    : []
  const stopping = files.map(async (name) => {
    const pid = Number(readFileSync(join(folder, name), 'utf8'))
    for (let i = 0; i < 100 && runs(pid, folder); i++) {
      if (i === 0) process.kill(pid, 'SIGTERM')
      await pause(50)
    }
    if (runs(pid, folder)) process.kill(pid, 'SIGKILL')
  })
  await Promise.all(stopping)
}
