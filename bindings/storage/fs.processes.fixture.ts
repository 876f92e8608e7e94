/**
 * Other processes that use the same folder: a program made from source, asked by messages.
 *
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll } from 'vitest'
import type { Answer, Commands } from './fs.worker.fixture.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const programs = mkdtempSync(join(tmpdir(), 'tuile-worker-'))
const program = join(programs, 'worker.mjs')
const built = build({
  entryPoints: [here('fs.worker.fixture.ts')],
  outfile: program,
  bundle: true,
  platform: 'node',
  format: 'esm',
  alias: { '#core-module': here('../codec/module.inline.ts') },
})

/** A process with a storage in a folder. */
export class Worker {
  readonly process: ChildProcess
  /** What a command that never ends has said last. */
  acknowledged: number = 0
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #calls = 0

  private constructor(process: ChildProcess) {
    this.process = process
    process.on('message', (answer: Answer) => {
      if (answer.acknowledged !== undefined) this.acknowledged = answer.acknowledged
      else this.#waiting.get(answer.call)?.(answer)
    })
  }

  /** Starts one. It is killed after the tests of the file, if not before. */
  static async start(folder: string): Promise<Worker> {
    await built
    const worker = new Worker(fork(program, [folder]))
    started.push(worker)
    return worker
  }

  /** Asks for something to be done. */
  call<Name extends keyof Commands>(
    name: Name,
    ...args: Parameters<Commands[Name]>
  ): ReturnType<Commands[Name]> {
    const call = ++this.#calls
    const answer = new Promise((resolve, reject) => {
      this.#waiting.set(call, ({ result, error }) =>
        error === undefined ? resolve(result) : reject(new Error(error))
      )
      this.process.send({ call, name, args })
    })
    return answer as ReturnType<Commands[Name]>
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal)
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const exit = new Promise((resolve) => this.process.once('exit', resolve))
    this.process.kill('SIGKILL')
    await exit
  }
}

const started: Worker[] = []

afterAll(async () => {
  for (const worker of started) await worker.kill()
  rmSync(programs, { recursive: true, force: true })
})
