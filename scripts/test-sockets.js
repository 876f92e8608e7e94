/**
 * Opens sockets of Hono on Node, Bun, Deno and Workers, those of a Durable Object that sleeps, and those of
 * socket.io on Bun's engine, with the packed package: what sockets and requests of one session see of each other, and how each socket ends.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { io } from 'socket.io-client'
import { WebSocket } from 'ws'
import { installPacked } from './packed.js'
import { bunProgram, denoProgram, install, nodeProgram, wranglerFolder } from './runtimes.js'

const root = fileURLToPath(new URL('..', import.meta.url))

const PACKAGES = [
  'hono@4.13.19',
  '@hono/node-server@2.1.8',
  'ws@8.23.0',
  'socket.io@4.8.4',
  '@socket.io/bun-engine@0.1.2',
]

const SERVERS = {
  'node-24': () => [nodeProgram(24), ['node.js']],
  bun: () => [bunProgram(), ['bun.js']],
  deno: () => [denoProgram(), ['run', '-A', 'deno.js']],
  workers: () => [nodeProgram(24), [wrangler, 'dev', ...WRANGLER_OPTIONS]],
  hibernating: () => [
    nodeProgram(24),
    [wrangler, 'dev', '-c', 'hibernating.jsonc', ...WRANGLER_OPTIONS],
  ],
}

const wrangler = join(wranglerFolder(), 'node_modules/wrangler/bin/wrangler.js')
const WRANGLER_OPTIONS = [
  '--local',
  '--ip',
  '127.0.0.1',
  '--port',
  '0',
  '--show-interactive-dev-session=false',
]

/** Where no event comes with the opening of a socket. */
const SILENT = ['workers', 'hibernating']

/** A browser with one cookie jar. */
class Browser {
  #cookies = new Map()

  constructor(port) {
    this.host = `127.0.0.1:${port}`
  }

  get headers() {
    return { Cookie: [...this.#cookies].map((pair) => pair.join('=')).join('; ') }
  }

  async visit(path) {
    const response = await fetch(`http://${this.host}${path}`, { headers: this.headers })
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0].split('=')
      this.#cookies.set(name, value)
    }
    return response.text()
  }

  /** Opens a socket; `next` gives its messages one by one. */
  open(headers = this.headers) {
    const socket = new WebSocket(`ws://${this.host}/live`, { headers })
    const messages = []
    const waiting = []
    socket.on('message', (data) => {
      const message = String(data)
      if (waiting.length > 0) waiting.shift()(message)
      else messages.push(message)
    })
    const next = () =>
      messages.length > 0
        ? Promise.resolve(messages.shift())
        : new Promise((resolve) => waiting.push(resolve))
    return { socket, next }
  }
}

/** The status with which a handshake is refused. */
async function refusal(browser, headers) {
  const { socket } = browser.open(headers)
  const [, response] = await once(socket, 'unexpected-response')
  response.destroy()
  return response.statusCode
}

/** @param silent Whether no event comes with the opening of a socket. */
async function useSockets(browser, silent) {
  assert.equal(await refusal(browser, {}), 401)
  assert.equal(await browser.visit('/'), 'count 1')
  const foreign = { ...browser.headers, Origin: 'https://evil.example' }
  assert.equal(await refusal(browser, foreign), 403)

  let { socket, next } = browser.open()
  if (silent) {
    await once(socket, 'open')
    socket.send('count')
    assert.deepEqual([await next(), await next()].sort(), ['change', 'count 2'])
  } else {
    assert.equal(await next(), 'open')
    assert.equal(await browser.visit('/'), 'count 2')
    assert.equal(await next(), 'change')
  }
  socket.send('count')
  assert.deepEqual([await next(), await next()].sort(), ['change', 'count 3'])
  // A new id closes the socket; the next one brings it.
  const rotated = once(socket, 'close')
  assert.equal(await browser.visit('/move'), 'moved')
  assert.equal((await rotated)[0], 4409)
  assert.equal(await browser.visit('/'), 'count 4')
  ;({ socket, next } = browser.open())
  if (silent) await once(socket, 'open')
  else assert.equal(await next(), 'open')
  socket.send('count')
  assert.deepEqual([await next(), await next()].sort(), ['change', 'count 5'])
  const closed = once(socket, 'close')
  assert.equal(await browser.visit('/out'), 'out')
  assert.equal((await closed)[0], 4401)
}

async function useSocketIo(browser, transport) {
  assert.equal(await browser.visit('/'), 'count 1')
  const socket = io(`http://${browser.host}`, {
    transports: [transport],
    extraHeaders: browser.headers,
    forceNew: true,
  })
  try {
    await once(socket, 'connect')
    assert.equal(await socket.emitWithAck('count'), 2)
    // A new id closes the transport; the client connects again by itself, with the cookie of then.
    const again = once(socket, 'connect')
    assert.equal(await browser.visit('/move'), 'moved')
    socket.io.opts.extraHeaders = browser.headers
    await again
    assert.equal(await socket.emitWithAck('count'), 3)
    assert.equal(await browser.visit('/'), 'count 4')
    const ended = once(socket, 'session:end')
    const closed = once(socket, 'disconnect')
    await browser.visit('/out')
    assert.deepEqual((await ended)[0], { reason: 'destroyed' })
    await closed
  } finally {
    socket.close()
  }
}

/** Fails what hangs. */
const within = (work) =>
  Promise.race([
    work,
    new Promise((_, reject) => setTimeout(() => reject(new Error('no answer in 30 s')), 30_000)),
  ])

/** A server prints its port; wrangler a page of text with it. */
async function portOf(child) {
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^(\d+)$|Ready on http:\/\/127\.0\.0\.1:(\d+)/.exec(line)
    if (port) return port[1] ?? port[2]
  }
  throw new Error('it does not start')
}

async function run(project, name) {
  const [program, args] = SERVERS[name]()
  const child = spawn(program, args, {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let errors = ''
  child.stderr.on('data', (data) => (errors += data))
  try {
    const port = await within(portOf(child))
    await within(useSockets(new Browser(port), SILENT.includes(name)))
    console.log(`${name.padEnd(16)} sockets ok`)
    if (name !== 'bun') return true
    for (const transport of ['websocket', 'polling']) {
      await within(useSocketIo(new Browser(port), transport))
      console.log(`${name.padEnd(16)} socket.io by ${transport} ok`)
    }
    return true
  } catch (error) {
    console.log(`${name.padEnd(16)} ${error.stack}\n${errors.slice(-3000)}`)
    return false
  } finally {
    // The whole group: wrangler starts others.
    if (child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  }
}

const wanted = process.argv.slice(2)
const names = Object.keys(SERVERS).filter((name) => wanted.length === 0 || wanted.includes(name))
const project = install('sockets', PACKAGES)
installPacked(project)
cpSync(join(root, 'adapters/runtimes/sockets'), project, { recursive: true })
const results = []
for (const name of names) results.push(await run(project, name))
const passed = results.filter(Boolean).length
console.log(`sockets: ${passed} passed, ${results.length - passed} failed`)
process.exit(passed === results.length ? 0 : 1)
