/**
 * The core for edge-light hosts, which mark a compiled `.wasm` with `?module`.
 *
 * @module
 */
import core from '../../wasm/core.wasm?module'

/** How the module came here. */
export const origin = 'edge-light' as const

/** The compiled core. */
export const coreModule: WebAssembly.Module | Error = core
