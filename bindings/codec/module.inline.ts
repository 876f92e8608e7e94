/**
 * The core for hosts that compile WebAssembly from bytes: Node, Bun, Deno, browsers, bundles.
 *
 * It is compiled when the module is evaluated, not at first use: workerd allows that at startup only,
 * and a throw is an answer too, since `select.ts` then takes the portable engine.
 *
 * @module
 */
import { CORE_BASE64 } from './core.generated.ts'

/** How the bytes came here. */
export const origin = 'inline' as const

interface Base64Host {
  readonly Uint8Array: { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }
  readonly Buffer?: { from(text: string, encoding: 'base64'): Uint8Array<ArrayBuffer> }
}

/** An `atob` loop costs 1 to 4 ms for the core; these cost 0.03 and 0.06 to 0.45. */
function decode(base64: string): Uint8Array<ArrayBuffer> {
  const host = globalThis as unknown as Base64Host
  if (host.Uint8Array.fromBase64) return host.Uint8Array.fromBase64(base64)
  if (host.Buffer) return host.Buffer.from(base64, 'base64')
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}

function compile(): WebAssembly.Module | Error {
  try {
    return new WebAssembly.Module(decode(CORE_BASE64))
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** The compiled core, or why there is none. */
export const coreModule: WebAssembly.Module | Error = /* @__PURE__ */ compile()
