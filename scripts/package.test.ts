/**
 * Checks what users get: the names of each entry, the files of the package, and that it loads.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import type { Session } from '../bindings/session.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
const entries = Object.keys(manifest.exports).filter((entry) => !entry.endsWith('.json'))

const node = (...args: string[]): string =>
  execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }).trim()

describe('the package', () => {
  it('has no dependencies and no install scripts', () => {
    expect(manifest.dependencies).toBeUndefined()
    const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish']
    expect(Object.keys(manifest.scripts).filter((name) => hooks.includes(name))).toEqual([])
    const optional = Object.keys(manifest.peerDependenciesMeta)
    expect(
      Object.keys(manifest.peerDependencies).filter((name) => !optional.includes(name))
    ).toEqual(['hono'])
  })

  it('pins every development dependency to one version', () => {
    for (const version of Object.values(manifest.devDependencies)) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/)
    }
  })

  it('has the file of every export and import', () => {
    const paths = JSON.stringify([manifest.exports, manifest.imports, manifest.bin]).match(
      /\.\/dist\/[^"]+/g
    )
    expect(paths!.length).toBeGreaterThan(10)
    expect(paths!.filter((path) => !existsSync(root + path))).toEqual([])
  })

  it('exports these names', async () => {
    const names = await Promise.all(
      entries.map(async (entry) => {
        const { default: path } = manifest.exports[entry]
        return [entry, Object.keys(await import(/* @vite-ignore */ root + path)).sort()]
      })
    )
    expect(Object.fromEntries(names)).toMatchInlineSnapshot(`
      {
        ".": [
          "ConfigurationError",
          "CookieOverflowError",
          "CsrfError",
          "EngineUnavailableError",
          "Session",
          "SessionBusError",
          "SessionCommittedError",
          "SessionDestroyedError",
          "SessionGoneError",
          "SessionLockLostError",
          "SessionLockTimeoutError",
          "SessionMissingError",
          "SessionNotFreshError",
          "SessionNotLoadedError",
          "SessionSecretsError",
          "SessionSerializationError",
          "SessionStorageError",
          "SessionTooLargeError",
          "Sessions",
          "TuileError",
          "cookieStorage",
          "createSessions",
          "explainReasons",
          "fromDriver",
          "memoryStorage",
          "registerStorage",
          "rotatingSecrets",
          "sessionsFromEnv",
        ],
        "./bun": [
          "cookieStorage",
          "createSessions",
          "fsStorage",
          "lockSession",
          "memoryStorage",
          "requireFresh",
          "session",
        ],
        "./bus": [
          "broadcastChannelBus",
          "createBus",
          "memoryBus",
        ],
        "./bus/redis": [
          "redisBus",
        ],
        "./codec": [
          "base64url",
          "createCodec",
          "createSealer",
          "createSigner",
          "engine",
          "hmacSha256",
          "keyedBlake3",
          "parseCookies",
          "serializeCookie",
          "sha256",
        ],
        "./context": [
          "currentSession",
          "maybeCurrentSession",
          "runWithSession",
          "sessionContext",
          "sessionFacade",
        ],
        "./csrf": [
          "csrf",
          "csrfToken",
        ],
        "./deno": [
          "cookieStorage",
          "createSessions",
          "fsStorage",
          "lockSession",
          "memoryStorage",
          "requireFresh",
          "session",
        ],
        "./hono": [
          "lockSession",
          "requireFresh",
          "session",
        ],
        "./node": [
          "cookieStorage",
          "createSessions",
          "fsStorage",
          "lockSession",
          "memoryStorage",
          "requireFresh",
          "session",
        ],
        "./socket.io": [
          "SessionBridge",
          "bridge",
          "createOriginCheck",
          "generateUid",
        ],
        "./sse": [
          "sessionStream",
        ],
        "./storage/cookie": [
          "cookieStorage",
        ],
        "./storage/durable-object": [
          "SessionObject",
          "durableObjectStorage",
        ],
        "./storage/encrypted": [
          "encryptedStorage",
          "importRawKey",
        ],
        "./storage/fs": [
          "fsStorage",
        ],
        "./storage/kv": [
          "kvStorage",
        ],
        "./storage/memory": [
          "memoryStorage",
        ],
        "./storage/redis": [
          "redisStorage",
        ],
        "./storage/sql": [
          "sqlSchema",
          "sqlStorage",
          "sqliteDialect",
        ],
        "./storage/tiered": [
          "tieredStorage",
        ],
        "./storage/unstorage": [
          "unstorage",
        ],
        "./testing": [
          "sessionConformance",
          "storageConformance",
        ],
        "./websocket": [
          "SESSION_ENDED",
          "SESSION_ROTATED",
          "createOriginCheck",
          "sessionSocket",
        ],
        "./workers": [
          "SessionObject",
          "cookieStorage",
          "createSessions",
          "durableObjectBus",
          "durableObjectStorage",
          "hibernatingSockets",
          "lockSession",
          "requireFresh",
          "session",
        ],
      }
    `)
  })

  it.each(entries)('can be imported and required: %s', (entry) => {
    const name = entry.replace('.', 'tuile')
    const imported = node('--input-type=module', '-e', `await import('${name}'); console.log('ok')`)
    expect(imported).toBe('ok')
    const required = node('--no-warnings', '-e', `require('${name}'); console.log('ok')`)
    expect(required).toBe('ok')
  })

  it('contains the library, its types and the core, and nothing else', () => {
    const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const result = JSON.parse(output)
    const [{ files }] = Array.isArray(result) ? result : Object.values(result)
    const paths: string[] = files.map(({ path }: { path: string }) => path)
    const allowed =
      /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/wasm\/core\.wasm|dist\/(?:bindings|adapters)\/.+\.(?:js|d\.ts))$/
    expect(paths.filter((path) => !allowed.test(path))).toEqual([])
    expect(paths.filter((path) => /demo|test\.|fixture|acceptance/.test(path))).toEqual([])
    expect(paths).toContain('dist/wasm/core.wasm')
    expect(paths).toContain('dist/adapters/hono.js')
  })

  it.each([
    ['workerd', 'module.workerd.js'],
    ['edge-light', 'module.edge-light.js'],
    ['browser', 'module.inline.js'],
    ['worker', 'module.inline.js'],
  ])('loads the core of its host: condition %s', (condition, file) => {
    const resolved = node(
      `--conditions=${condition}`,
      '--input-type=module',
      '-e',
      `console.log(import.meta.resolve('#core-module'))`
    )
    expect(resolved).toMatch(new RegExp(`/${file.replaceAll('.', '\\.')}$`))
  })

  it('works beside another copy of itself, and with sessions that the other one made', async () => {
    const copy = mkdtempSync(join(tmpdir(), 'tuile-'))
    cpSync(`${root}dist`, `${copy}/dist`, { recursive: true })
    cpSync(`${root}package.json`, `${copy}/package.json`)
    const other = await import(/* @vite-ignore */ `${copy}/dist/bindings/index.js`)
    const ours = await import(/* @vite-ignore */ `${root}dist/bindings/index.js`)
    const { session } = await import(/* @vite-ignore */ `${root}dist/adapters/hono.js`)
    rmSync(copy, { recursive: true })
    expect(other.createSessions).not.toBe(ours.createSessions)

    const secrets = 'copies: a secret of more than 32 bytes'
    const app = new Hono<{ Variables: { session: Session; second: Session } }>()
      .use(session(other.createSessions({ secrets, storage: other.memoryStorage() })))
      .use(session({ secrets, cookie: { name: '__Host-second' } }, { variable: 'second' }))
      .get('/', (c) => {
        c.var.session.update('n', (n = 0) => n + 1)
        c.var.second.update('n', (n = 0) => n + 10)
        return c.json([c.var.session.get('n'), c.var.second.get('n')])
      })
    const first = await app.request('/')
    const Cookie = first.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ')
    const second = await app.request('/', { headers: { Cookie } })
    expect([await first.json(), await second.json()]).toEqual([
      [1, 10],
      [2, 20],
    ])
  })
})
