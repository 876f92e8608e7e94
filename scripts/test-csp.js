/**
 * Opens a page that uses the codec in Chromium under three content security policies: the engine
 * must be the best that the policy allows; what the page signs must verify there and in Node, and
 * what Node signs in the page.
 */
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { createSigner } from 'tuile/codec'
import { CHROMIUM_ARGUMENTS, chromiumProgram, NO_CHROMIUM } from './chromium.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const name = '__Host-csp'
const secret = 'csp: a secret of more than 32 bytes'

/** Each policy, and the engine that it allows. */
const POLICIES = [
  ['', /^wasm: WebAssembly module loaded \(inline\)$/],
  ["script-src 'self'", /^portable: WebAssembly is not available: .*"script-src 'self'"/],
  ["script-src 'self' 'wasm-unsafe-eval'", /^wasm: WebAssembly module loaded \(inline\)$/],
]

async function bundlePage() {
  const { outputFiles } = await build({
    entryPoints: [`${root}adapters/runtimes/bundlers/page.js`],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    // The package's own imports, not the paths of its tsconfig.json, which lead to the sources.
    tsconfigRaw: {},
  })
  return outputFiles[0].text
}

/** Serves the page with the policy of its path, `/0` being the first, and its script. */
function serve(script) {
  const server = createServer((request, response) => {
    if (request.url === '/page.js') {
      return response.setHeader('Content-Type', 'text/javascript').end(script)
    }
    const [policy] = POLICIES[new URL(request.url, 'http://localhost').pathname.slice(1)] ?? ['']
    if (policy !== '') response.setHeader('Content-Security-Policy', policy)
    response.setHeader('Content-Type', 'text/html; charset=utf-8')
    response.end('<!doctype html><script type="module" src="/page.js"></script>')
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

/** Opens the page under one policy; gives what it found, and what is wrong with that. */
async function check(browser, url, expected) {
  const signer = createSigner(secret, { name })
  const page = await browser.newPage()
  try {
    await page.goto(
      `${url}?${new URLSearchParams({ name, secret, token: signer.sign('from Node') })}`
    )
    const title = await page.title()
    if (title === '') return { engine: 'none', problems: ['the script did not run'] }
    const { engine, signed, verified, tampered, fromNode } = JSON.parse(title)
    const inNode = signer.verify(`${name}=${signed}`)
    const problems = [
      expected.test(engine) || 'the engine is not as expected',
      verified === 'from the page' || `its own token gave ${verified}`,
      tampered === null || `a changed token gave ${tampered}`,
      fromNode === 'from Node' || `Node's token gave ${fromNode}`,
      inNode === 'from the page' || `in Node, its token gave ${inNode}`,
    ]
    return { engine, problems: problems.filter((problem) => problem !== true) }
  } finally {
    await page.close()
  }
}

async function run() {
  const server = await serve(await bundlePage())
  const browser = await chromium.launch({
    executablePath: chromiumProgram,
    args: CHROMIUM_ARGUMENTS,
  })
  let failed = 0
  try {
    console.log(`Chromium ${browser.version()}`)
    for (const [index, [policy, expected]] of POLICIES.entries()) {
      const url = `http://127.0.0.1:${server.address().port}/${index}`
      const { engine, problems } = await check(browser, url, expected)
      if (problems.length > 0) failed++
      const result = problems.length > 0 ? `FAILED (${problems.join(', ')})` : 'ok'
      console.log(`${(policy || 'no policy').padEnd(37)} ${result}  ${engine}`)
    }
  } finally {
    await browser.close()
    server.close()
  }
  console.log(`csp: ${POLICIES.length - failed} passed, ${failed} failed`)
  process.exitCode = failed > 0 ? 1 : 0
}

if (chromiumProgram === undefined) console.log(`csp: ${NO_CHROMIUM}`)
else await run()
