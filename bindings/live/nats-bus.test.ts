/** The bus on NATS that docs/sockets.md shows, as it stands there, at a real server. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { answers, findProgram, freePort, until } from '../../scripts/servers/server.js'
import { SECRET } from '../sessions.fixture.ts'
import { createSessions, type Sessions } from '../sessions.ts'
import { memoryStorage } from '../storage/memory.ts'
import type { SessionBus } from './contract.ts'
import { record, startSession, untilHeard } from './nodes.fixture.ts'

const PROGRAM = findProgram('nats-server')
const MISSING = PROGRAM === undefined ? ' (skipped: nats-server is not installed)' : ''

/** The block of the page that imports the client, as a module that exports its bus. */
function example(url: string): string {
  const page = readFileSync(new URL('../../docs/sockets.md', import.meta.url), 'utf8')
  const block = page.match(/```js\n(import [^`]*?@nats-io[^`]*?)```/)?.[1]
  const source = block
    ?.replace('const bus = ', 'export { nats }\nexport const bus = ')
    .replace('nats://localhost', url)
    .replace("'tuile/bus'", "'../bus.ts'")
  if (!source?.includes(url)) throw new Error('docs/sockets.md has no bus on NATS')
  return source
}

describe.skipIf(PROGRAM === undefined)(`the bus on NATS of docs/sockets.md${MISSING}`, () => {
  let port: number
  let server: ChildProcess
  const modules: { bus: SessionBus; nats: { close(): Promise<void> } }[] = []

  const start = async (): Promise<void> => {
    server = spawn(PROGRAM!, ['-a', '127.0.0.1', '-p', `${port}`], { stdio: 'ignore' })
    await until('nats-server', () => answers(`nats://127.0.0.1:${port}`))
  }
  const kill = async (): Promise<void> => {
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
  }

  beforeEach(async () => {
    port = await freePort()
    await start()
    while (modules.length < 2) {
      // A name of its own: what was imported once is imported no more.
      const file = new URL(`nats-example-${crypto.randomUUID()}.js`, import.meta.url)
      writeFileSync(file, example(`nats://127.0.0.1:${port}`))
      try {
        modules.push(await import(/* @vite-ignore */ fileURLToPath(file)))
      } finally {
        rmSync(file)
      }
    }
  })
  afterEach(async () => {
    for (const { bus, nats } of modules.splice(0)) {
      await bus.close()
      await nats.close()
    }
    await kill()
  })

  const open = () => {
    const storage = memoryStorage()
    const [near, far] = modules.map(({ bus }) => createSessions({ secrets: SECRET, storage, bus }))
    return { storage, near: near as Sessions, far: far as Sessions }
  }

  it('tells one process of the other', async () => {
    const { near, far } = open()
    const { id } = await startSession(far)
    const { news } = record(near, id)
    await untilHeard(far, id, news)
    await far.destroy(id)
    await vi.waitFor(() => expect(news.at(-1)).toEqual({ type: 'end', reason: 'destroyed' }))
  })

  it('looks at all sessions when the server is there again', async () => {
    const { storage, near, far } = open()
    const { id } = await startSession(far)
    const { news } = record(near, id)
    await untilHeard(far, id, news)
    await kill()
    // Another process ends it, of which no message comes through.
    await storage.destroy(near.keyOf({ id } as never))
    await start()
    await vi.waitFor(() => expect(news.at(-1)).toEqual({ type: 'end', reason: 'gone' }), 15_000)
  }, 30_000)
})
