/**
 * Starts the example of each runtime as its users would, and uses it: a visit, a sign-in, the cart, a
 * message that is shown once, a sign-out. The template of a Worker runs with the packed package.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installPacked } from './packed.js'
import { bunProgram, denoProgram, nodeProgram, wranglerFolder } from './runtimes.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const SECRET = 'examples: a secret of more than 32 bytes'

function wrangler(port, config = 'adapters/workers/wrangler.jsonc') {
  const program = join(wranglerFolder(), 'node_modules/wrangler/bin/wrangler.js')
  const options = [
    '--local',
    '--ip',
    '127.0.0.1',
    '--port',
    `${port}`,
    '--show-interactive-dev-session=false',
  ]
  return [nodeProgram(24), [program, 'dev', '-c', config, ...options]]
}

function template(port) {
  const project = wranglerFolder()
  installPacked(project)
  cpSync(join(root, 'adapters/workers/template'), project, {
    recursive: true,
    filter: (path) => !path.endsWith('package.json'),
  })
  writeFileSync(join(project, '.dev.vars'), `SESSION_SECRET=${SECRET}\n`)
  const [program, args] = wrangler(port, join(project, 'wrangler.jsonc'))
  return [program, args, useTemplate]
}

const EXAMPLES = {
  node: () => [process.execPath, ['dist/adapters/node/example.js']],
  bun: () => [bunProgram(), ['adapters/bun/example.ts']],
  deno: () => [
    denoProgram(),
    ['run', '--allow-net', '--allow-env', '--allow-read', 'adapters/deno/example.ts'],
  ],
  workers: (port) => wrangler(port),
  'workers-template': template,
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

async function answers(url, alive) {
  for (let i = 0; i < 300 && alive(); i++) {
    const answer = await fetch(url).catch(() => null)
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('it does not answer')
}

/** Two visits to the template's page, and what it says of a visitor who forges. */
async function useTemplate(url) {
  const first = await fetch(url)
  const [cookie] = first.headers.getSetCookie()[0].split(';')
  const visit = async (headers) => (await fetch(url, { headers })).text()
  assert.match(cookie, /^__Host-session=S/)
  assert.equal(await first.text(), 'Visits: 1')
  assert.equal(await visit({ cookie }), 'Visits: 2')
  assert.equal(await visit({ cookie: `${cookie}x` }), 'Visits: 1')
}

/** What a visitor does; every page says what the session holds. */
async function use(url) {
  let cookie = ''
  const go = async (path, fields) => {
    const response = await fetch(url + path, {
      method: fields ? 'POST' : 'GET',
      redirect: 'manual',
      headers: { ...(cookie && { cookie }), ...(fields && { origin: url }) },
      ...(fields && { body: new URLSearchParams(fields) }),
    })
    const [line] = response.headers.getSetCookie()
    if (line !== undefined) [cookie] = line.split(';')
    return { status: response.status, text: await response.text() }
  }
  assert.equal((await go('/')).status, 200)
  assert.match(cookie, /^session=S/)
  assert.equal((await go('/sign-in', { name: 'Grace <b>' })).status, 303)
  const welcome = await go('/')
  assert.match(welcome.text, /Welcome, Grace &lt;b&gt;\./)
  const item = /name="item" value="([^"]+)"/.exec(welcome.text)?.[1]
  assert.equal((await go('/cart/add', { item })).status, 303)
  assert.match((await go('/')).text, /In your cart/)
  assert.doesNotMatch((await go('/')).text, /In your cart:/)
  assert.equal((await go('/sign-out', {})).status, 303)
  await go('/')
  assert.doesNotMatch((await go('/')).text, /Grace/)
}

async function run(name) {
  const port = await freePort()
  const [program, args, useIt = use] = EXAMPLES[name](port)
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, PORT: `${port}`, SESSION_SECRET: SECRET, CI: 'true' },
    detached: true,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data))
  try {
    const url = `http://127.0.0.1:${port}`
    await answers(url, () => child.exitCode === null)
    await useIt(url)
    console.log(`${name.padEnd(16)} ok`)
    return true
  } catch (error) {
    console.log(`${name.padEnd(16)} ${error.message}\n${output.slice(-3000)}`)
    return false
  } finally {
    // The whole group: wrangler starts others.
    if (child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  }
}

const wanted = process.argv.slice(2)
const names = Object.keys(EXAMPLES).filter((name) => wanted.length === 0 || wanted.includes(name))
const results = []
for (const name of names) results.push(await run(name))
const passed = results.filter(Boolean).length
console.log(`examples: ${passed} passed, ${results.length - passed} failed`)
process.exitCode = passed === results.length ? 0 : 1
