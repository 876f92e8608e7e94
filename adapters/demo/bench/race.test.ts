import { describe, expect, test } from 'vitest'
import { createDemo } from '../app.tsx'
import { SECRET } from '../visitor.fixture.ts'
import { createContenders } from './contenders.ts'
import { BENCH_PATH, BENCH_SCRIPT_PATH } from './page.tsx'
import { race } from './race.ts'

describe('the race', () => {
  test('the contenders agree, WebAssembly first', async () => {
    const contenders = await createContenders()
    expect(contenders.map(({ name }) => name)).toEqual([
      'Tuile, WebAssembly',
      'Tuile, plain JavaScript',
      'WebCrypto',
      'hono/cookie, signed',
    ])
    const ids = await Promise.all(contenders.map(({ header, verify }) => verify(header)))
    expect(new Set(ids).size).toBe(1)
    for (const { header, name, verify } of contenders) {
      const cut = header.slice(0, header.indexOf('; lang') - 1)
      expect(await verify(cut), name).toBeNull()
      expect(await verify('theme=dark'), name).toBeNull()
    }
  })

  test('gives the standings after each round, in the order of the contenders', async () => {
    const contenders = await createContenders()
    let rounds = 0
    for await (const standings of race(contenders, { rounds: 3, warmUp: 2, batch: 0.1 })) {
      rounds++
      expect(standings.map(({ name }) => name)).toEqual(contenders.map(({ name }) => name))
      for (const { nanoseconds } of standings) expect(nanoseconds).toBeGreaterThan(0)
    }
    expect(rounds).toBe(3)
  })
})

describe('/bench', () => {
  const app = createDemo({ secrets: SECRET })

  test('is the only page that may run a script, and only ours', async () => {
    const policyOf = async (path: string) =>
      (await app.request(path)).headers.get('Content-Security-Policy')
    expect(await policyOf(BENCH_PATH)).toContain("script-src 'self' 'wasm-unsafe-eval'")
    expect(await policyOf('/')).not.toContain('script-src')
    expect(await policyOf('/')).toContain("default-src 'none'")
  })

  test('has no session', async () => {
    const response = await app.request(BENCH_PATH)
    expect(response.headers.get('Set-Cookie')).toBeNull()
    expect(await response.text()).toContain(`src="${BENCH_SCRIPT_PATH}"`)
  })

  test('its script may be kept for ever, since its name is its content', async () => {
    const response = await app.request(BENCH_SCRIPT_PATH)
    expect(response.headers.get('Content-Type')).toBe('text/javascript; charset=utf-8')
    expect(response.headers.get('Cache-Control')).toContain('immutable')
    expect(BENCH_SCRIPT_PATH).toMatch(/^\/bench\.[\w-]{12}\.js$/)
  })
})
