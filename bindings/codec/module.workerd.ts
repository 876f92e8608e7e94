/**
 * The core for workerd (Cloudflare Workers), which compiles an imported `.wasm` before it starts.
 *
 * @module
 */
import core from '../../wasm/core.wasm'

/** How the module came here. */
export const origin = 'workerd' as const

/** The compiled core. */
export const coreModule: WebAssembly.Module | Error = core
