/**
 * Runs suites inside workerd and Deno, bundled from source. The runtimes are those that
 * `npm run test:runtimes` has installed; where they are not, one test is skipped that says so. With
 * `CI` set they are installed.
 *
 * @module
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { databasesFolder, denoProgram, findInstalled } from '../../scripts/runtimes.js'
import type { Question, Suites } from './suites.fixture.ts'

/** A runtime, where it is there. */
type Runtime = 'miniflare' | 'deno'

/** Installed with `CI`, found otherwise. */
const folder = process.env.CI ? databasesFolder() : databasesFolder(findInstalled)
const PROGRAMS: Record<Runtime, string | undefined> = {
  miniflare: folder && `${folder}/node_modules/miniflare/dist/src/index.js`,
  deno: process.env.CI ? denoProgram() : denoProgram(findInstalled),
}

const here = fileURLToPath(new URL('.', import.meta.url))

/** Suites running somewhere else. */
export interface Inside {
  /** Runs one test there; rejects with what went wrong. */
  ask(question: Question): Promise<void>
  /** Ends it. */
  stop(): Promise<unknown>
}

/** One program of a source that imports files of a folder: this one, unless you say another. */
export async function bundle(source: string, folder: string = here): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: folder, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    write: false,
  })
  return outputFiles[0]!.text
}

async function check(response: { json(): Promise<unknown> }): Promise<void> {
  const problem = await response.json()
  if (problem !== null) throw new Error(problem as string)
}

/** Describes what runs in a runtime, if it is there. */
export function describeRuntime(runtime: Runtime, title: string, tests: () => void): void {
  describe(title, () => {
    if (PROGRAMS[runtime] !== undefined) tests()
    else it.skip(`skipped: no ${runtime} (npm run test:runtimes installs it)`, () => undefined)
  })
}

/** A test that needs a runtime. */
export function itInside(runtime: Runtime, title: string, run: () => Promise<void>): void {
  if (PROGRAMS[runtime] !== undefined) it(title, run, 120_000)
  else it.skip(`${title} (skipped: no ${runtime})`, run)
}

/** One test for each of the suites, which run where `start` starts them. */
export function describeSuites<Env>(suites: Suites<Env>, start: () => Promise<Inside>): void {
  let inside: Inside
  beforeAll(async () => {
    inside = await start()
  }, 120_000)
  afterAll(() => inside?.stop())
  for (const [suite, cases] of Object.entries(suites)) {
    describe(suite, () => {
      // Only their names are used here, and those need nothing of the runtime.
      for (const { name } of cases({} as Env)) {
        it(name, () => inside.ask({ suite, name }), 120_000)
      }
    })
  }
}

/** What is used of miniflare. */
export interface Miniflare {
  dispatchFetch(url: string, init: { method: string; body: string }): Promise<Response>
  getWorker(name: string): Promise<{ fetch: Miniflare['dispatchFetch'] }>
  getKVNamespace<Namespace>(binding: string): Promise<Namespace>
  getDurableObjectNamespace<Namespace>(binding: string): Promise<Namespace>
  /** Where it listens, once it does. */
  readonly ready: Promise<URL>
  dispose(): Promise<void>
}

/** Starts miniflare with workers. */
export async function startMiniflare(workers: readonly object[]): Promise<Miniflare> {
  const { Miniflare } = await import(/* @vite-ignore */ pathToFileURL(PROGRAMS.miniflare!).href)
  return new Miniflare({ cf: false, host: '127.0.0.1', workers })
}

/**
 * Workers that each have the suites of a file, a namespace of KV, a database of D1 and a namespace of
 * Durable Objects, which is that of the first: `worker-0`, `worker-1`, …, each an isolate.
 */
export async function startWorkers(file: string, count = 1): Promise<Miniflare> {
  const script = await bundle(`
    import { suites } from './${file}'
    import { answerWith } from './suites.fixture.ts'
    export { SessionObject } from './inspected.fixture.ts'
    export default { fetch: answerWith(suites) }
  `)
  const worker = (_: unknown, index: number) => ({
    name: `worker-${index}`,
    modules: true,
    script,
    compatibilityDate: '2026-04-01',
    kvNamespaces: ['KV'],
    d1Databases: ['DB'],
    durableObjects: {
      SESSIONS: {
        className: 'SessionObject',
        useSQLite: true,
        ...(index > 0 && { scriptName: 'worker-0' }),
      },
    },
  })
  return startMiniflare(Array.from({ length: count }, worker))
}

/** Asks one of the workers. */
export async function askWorker(
  miniflare: Miniflare,
  question: Question,
  index = 0
): Promise<void> {
  const worker = await miniflare.getWorker(`worker-${index}`)
  await check(
    await worker.fetch('http://worker/', { method: 'POST', body: JSON.stringify(question) })
  )
}

/** Suites inside workerd. */
export async function insideWorkers(file: string): Promise<Inside> {
  const miniflare = await startWorkers(file)
  return {
    ask: (question) => askWorker(miniflare, question),
    stop: () => miniflare.dispose(),
  }
}

/** Suites inside a process of Deno, with the database of a path. */
export async function insideDeno(file: string, database: string): Promise<Inside> {
  const script = await bundle(`
    import { suites } from './${file}'
    import { answerWith } from './suites.fixture.ts'
    const kv = await Deno.openKv(${JSON.stringify(database)})
    const answer = answerWith(suites)
    Deno.serve(
      { hostname: '127.0.0.1', port: 0, onListen: ({ port }) => console.log(port) },
      (request) => answer(request, { kv })
    )
  `)
  const deno = spawn(PROGRAMS.deno!, ['run', '-A', '--unstable-kv', '--ext=js', '-'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // A group of its own: the program of the package starts the real one, and only that.
    detached: true,
  })
  deno.stdin.end(script)
  const [line] = await once(deno.stdout.setEncoding('utf8'), 'data')
  return {
    async ask(question) {
      const init = { method: 'POST', body: JSON.stringify(question) }
      await check(await fetch(`http://127.0.0.1:${Number(line)}/`, init))
    },
    async stop() {
      process.kill(-deno.pid!)
      await once(deno, 'exit')
    },
  }
}
