import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
// @ts-expect-error: plain JavaScript without declarations
import * as build from '../../scripts/build-core.js'
import { CORE_HEX } from './core.generated.ts'
import { MAX_HEADER_SIZE, MAX_KEYS, MAX_NAME_SIZE } from './engine.ts'

const compileCore: (outFile: string) => Promise<string> = build.compileCore
const lockOf: (bytes: Uint8Array) => string = build.lockOf

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The text of a function of the core, by its name. */
function functionOf(text: string, name: string): string {
  const start = text.search(new RegExp(`\\(func \\$${name}\\s`))
  expect(start, name).toBeGreaterThan(0)
  return text.slice(start, text.indexOf('\n )', start))
}

describe('the core, built anew', () => {
  let folder = ''
  let bytes: Buffer
  let text = ''
  let module: WebAssembly.Module

  beforeAll(async () => {
    mkdirSync(`${root}dist`, { recursive: true })
    folder = mkdtempSync(`${root}dist/core-test-`)
    const outFile = `dist/${folder.split('/').at(-1)}/core.wasm`
    bytes = readFileSync(await compileCore(outFile))
    text = readFileSync(`${root}${outFile.replace('.wasm', '.wat')}`, 'utf8')
    module = new WebAssembly.Module(new Uint8Array(bytes))
  }, 60_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('K4 the core has the bytes that core.lock says', () => {
    expect(lockOf(bytes)).toBe(readFileSync(`${root}core/core.lock`, 'utf8'))
  })

  it('K4 the core has the bytes that the package carries inline, and as a file', () => {
    expect(CORE_HEX).toBe(bytes.toString('hex'))
    const file = `${root}dist/wasm/core.wasm`
    if (existsSync(file)) expect(readFileSync(file).equals(bytes)).toBe(true)
  })

  it('the core is at most 12 kB, and 2 kB for BLAKE3, and 6 kB for XChaCha20-Poly1305', () => {
    expect(bytes.length).toBeLessThanOrEqual(20_000)
  })

  it('the core imports nothing', () => {
    expect(WebAssembly.Module.imports(module)).toEqual([])
    expect(text).not.toContain('(import ')
  })

  it('the core has one memory of one page, which cannot grow', () => {
    expect(text.match(/\(memory [^)]*\)/g)).toEqual(['(memory $0 1 1)', '(memory $0)'])
    const { memory } = new WebAssembly.Instance(module).exports as { memory: WebAssembly.Memory }
    expect(memory.buffer.byteLength).toBe(65_536)
    expect(() => memory.grow(1)).toThrow(RangeError)
  })

  it('the core exports these', () => {
    const exports = WebAssembly.Module.exports(module).map(({ kind, name }) => `${kind} ${name}`)
    expect(exports.sort()).toMatchInlineSnapshot(`
      [
        "function aead_open",
        "function aead_seal",
        "function base64url_decode",
        "function base64url_encode",
        "function blake3_begin",
        "function blake3_end",
        "function blake3_update",
        "function cookie_list",
        "function forget",
        "function hmac_begin",
        "function hmac_end",
        "function hmac_key",
        "function sha256_begin",
        "function sha256_end",
        "function sha256_text",
        "function sha256_update",
        "function token_open",
        "function token_seal",
        "function token_sign_payload",
        "function token_sign_text",
        "global CAPACITY",
        "global INPUT",
        "global KEY_CAPACITY",
        "global MIDSTATES",
        "global NAME_CAPACITY",
        "global NONCES",
        "global OUTPUT",
        "global RING",
        "memory memory",
      ]
    `)
  })

  it('the buffers lie one behind the other, with slack between them', () => {
    const { exports } = new WebAssembly.Instance(module)
    const at = (name: string): number => (exports[name] as WebAssembly.Global).value as number
    expect(at('CAPACITY')).toBe(MAX_HEADER_SIZE)
    expect(at('KEY_CAPACITY')).toBe(MAX_KEYS)
    expect(at('NAME_CAPACITY')).toBe(MAX_NAME_SIZE)
    expect(at('OUTPUT') - at('INPUT')).toBeGreaterThanOrEqual(16_384 + 64)
    expect(at('RING') - at('OUTPUT')).toBeGreaterThanOrEqual(16_384 + 64)
    expect(at('NONCES') - at('RING')).toBeGreaterThanOrEqual(32 + 256 + 2 * 16 * 4 + 16 * 96)
    expect(at('MIDSTATES') - at('NONCES')).toBeGreaterThanOrEqual(64 * 24)
  })

  // A helper that stays a call would cost more than the pass list of `core/passes.js` saves.
  it.each([
    'core/compress/compress',
    'core/blake3/compress',
    'core/blake3-lanes/compressLanes',
    'core/base64url/encode',
    'core/base64url/decode',
    'core/base64url/encodeWords',
    'core/chacha20/nextBlocks',
    'core/poly1305/takeBlocks',
    'core/cookie/findCookie',
    'core/cookie/listCookies',
  ])('the hot kernel %s contains no call', (name) => {
    expect(functionOf(text, name)).not.toMatch(/\bcall(_indirect)?\b/)
  })

  it('the schedule of compress stays woven between the rounds', () => {
    const body = functionOf(text, 'core/compress/compress')
    // Each vector of the schedule is stored to memory between rounds, not all of them at one place.
    const stores = [...body.matchAll(/v128\.store/g)].map(({ index }) => index)
    const rounds = [...body.matchAll(/i32\.rotr/g)].map(({ index }) => index)
    expect(stores).toHaveLength(8)
    const inLoop = stores.slice(4)
    const between = inLoop.map((store, i) => {
      const next = inLoop[i + 1] ?? Number.POSITIVE_INFINITY
      return rounds.filter((round) => round > store && round < next).length
    })
    // Four rounds of six rotations stand between two stores.
    expect(between.slice(0, 3)).toEqual([24, 24, 24])
  })
})
