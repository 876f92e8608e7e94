/**
 * A WASM engine that counts what the core does, so that tests can say "no hash" and "linear" without
 * a clock: the core's own text, with a counter in each loop and in the compression function.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import binaryen from 'assemblyscript/binaryen'
import type { Engine } from './engine.ts'
import { createWasmEngine } from './wasm.ts'

/** What a job cost. */
export interface Work {
  /** Compressions of SHA-256: two for a MAC of a short text. */
  readonly compressions: number
  /** Turns of all loops. */
  readonly turns: number
}

/** An engine and its meter. */
export interface MeteredEngine {
  readonly engine: Engine
  /** The core's memory. */
  readonly memory: Uint8Array
  /** Where in it the nonces are. */
  readonly nonces: number
  /** What a job costs. */
  workOf(job: () => unknown): Work
}

const increment = (counter: string): string =>
  `(global.set $${counter} (i32.add (global.get $${counter}) (i32.const 1)))`

/** The core's text with the two counters. */
function meteredText(): string {
  const text = readFileSync(new URL('../../dist/wasm/core.wat', import.meta.url), 'utf8')
  const counters = ['compressions', 'turns']
    .map((name) => `(global $${name} (mut i32) (i32.const 0)) (export "${name}" (global $${name}))`)
    .join('\n')
  return text
    .replace(/^ *loop\b.*$/gm, (line) => `${line}\n${increment('turns')}`)
    .replace(
      /\(func \$core\/compress\/compress [^\n]*\n(?:\s*\(local [^\n]*\n)*/,
      (head) => `${head}${increment('compressions')}\n`
    )
    .replace('(export "memory"', `${counters}\n(export "memory"`)
}

function compile(): WebAssembly.Module {
  const module = binaryen.parseText(meteredText())
  module.setFeatures(binaryen.Features.All)
  return new WebAssembly.Module(new Uint8Array(module.emitBinary()))
}

/** Makes a WASM engine that counts, and leaves nothing to its host. */
export function meteredEngine(): MeteredEngine {
  const { Instance } = WebAssembly
  let exports = {} as WebAssembly.Exports
  // The engine keeps its instance to itself; this looks over its shoulder while it makes it.
  WebAssembly.Instance = class extends Instance {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports)
      exports = this.exports
    }
  }
  try {
    const engine = createWasmEngine(compile(), {})
    const read = (name: string): number => (exports[name] as WebAssembly.Global).value as number
    return {
      engine,
      nonces: read('NONCES'),
      memory: new Uint8Array((exports.memory as WebAssembly.Memory).buffer),
      workOf(job) {
        const compressions = read('compressions')
        const turns = read('turns')
        job()
        return {
          compressions: read('compressions') - compressions,
          turns: read('turns') - turns,
        }
      },
    }
  } finally {
    WebAssembly.Instance = Instance
  }
}
