/**
 * Chooses the engine, once, when the module is evaluated.
 *
 * @module
 */
import { coreModule, origin } from '#core-module'
import { EngineUnavailableError } from '../errors.ts'
import type { Engine } from './engine.ts'
import { readEnvironment } from './environment.ts'
import { portableEngine } from './portable/index.ts'
import { createWasmEngine } from './wasm.ts'

/** The name of an engine. */
export type EngineName = Engine['name']

/** Which engine is in use, and why. */
export interface EngineInfo {
  /** The engine. */
  readonly name: EngineName
  /** Why this one: how the core was loaded, what forbade it, or who asked. */
  readonly reason: string
}

function instantiate(): Engine | Error {
  if (coreModule instanceof Error) return coreModule
  try {
    return createWasmEngine(coreModule)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

const wasmEngine = instantiate()

/**
 * The engine of that name, or the best there is.
 *
 * @throws EngineUnavailableError if `wasm` is asked for where WebAssembly may not run.
 */
export function selectEngine(wanted?: EngineName): { engine: Engine; info: EngineInfo } {
  if (wanted === 'portable') {
    return { engine: portableEngine, info: { name: 'portable', reason: 'asked for' } }
  }
  if (wasmEngine instanceof Error) {
    if (wanted === 'wasm') throw new EngineUnavailableError(wasmEngine)
    const reason = `WebAssembly is not available: ${wasmEngine.message}`
    return { engine: portableEngine, info: { name: 'portable', reason } }
  }
  const reason = wanted === 'wasm' ? 'asked for' : `WebAssembly module loaded (${origin})`
  return { engine: wasmEngine, info: { name: 'wasm', reason } }
}

function engineFromEnvironment(): EngineName | undefined {
  const wanted = readEnvironment('TUILE_ENGINE')
  return wanted === 'wasm' || wanted === 'portable' ? wanted : undefined
}

const selected = selectEngine(engineFromEnvironment())

/** The engine of this process. */
export const defaultEngine: Engine = selected.engine

/** Which engine this process uses, and why. */
export const defaultEngineInfo: EngineInfo = selected.info
