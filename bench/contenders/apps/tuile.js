/** `tuile/hono`, with sessions in memory and in their cookies, on both engines. */
import { copyFileSync, cpSync, rmSync } from 'node:fs'
import { Hono } from 'hono'

const root = new URL('../../../', import.meta.url)

async function importPackage(folder) {
  const { session } = await import(new URL('dist/adapters/hono.js', folder))
  const { cookieStorage, memoryStorage } = await import(new URL('dist/bindings/index.js', folder))
  return { session, memory: memoryStorage, cookie: cookieStorage }
}

/** Another copy of the package, as the engine of sessions is chosen when it is imported. */
async function importPortable() {
  const folder = new URL(`../../node_modules/.portable-${process.pid}/`, import.meta.url)
  cpSync(new URL('dist/', root), new URL('dist/', folder), { recursive: true })
  copyFileSync(new URL('package.json', root), new URL('package.json', folder))
  process.env.TUILE_ENGINE = 'portable'
  try {
    return await importPackage(folder)
  } finally {
    delete process.env.TUILE_ENGINE
    rmSync(folder, { recursive: true })
  }
}

let wasm
let portable
/** Each copy is imported once, when it is wanted. */
const importWasmOnce = () => (wasm ??= importPackage(root))
const importPortableOnce = () => (portable ??= importPortable())

async function create(name, importOnce, kind, { secret }) {
  const { session, [kind]: createStorage } = await importOnce()
  const app = new Hono()
    .use(session({ secrets: secret, storage: createStorage() }))
    .get('/start/:user', (c) => {
      c.var.session.set('userId', c.req.param('user'))
      c.var.session.set('visits', 41)
      return c.text('')
    })
    .get('/read', (c) => c.text(c.var.session.get('userId', 'nobody')))
    .get('/write', (c) => {
      c.var.session.update('visits', (visits = 0) => visits + 1)
      return c.text(`${c.var.session.get('visits')}`)
    })
  return { name, app }
}

export const wasmMemory = (options) => create('tuile, wasm', importWasmOnce, 'memory', options)
export const portableMemory = (options) =>
  create('tuile, portable', importPortableOnce, 'memory', options)
export const wasmCookie = (options) =>
  create('tuile, wasm, in the cookie', importWasmOnce, 'cookie', options)
export const portableCookie = (options) =>
  create('tuile, portable, in the cookie', importPortableOnce, 'cookie', options)
