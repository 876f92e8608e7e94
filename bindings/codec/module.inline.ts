/**
 * The core for hosts that compile WebAssembly from bytes: Node, Bun, Deno, browsers, bundles.
 *
 * It is compiled when the module is evaluated, not at first use: workerd allows that at startup only,
 * and a throw is an answer too, since `select.ts` then takes the portable engine.
 *
 * @module
 */
import { CORE_HEX } from './core.generated.ts'

/** How the bytes came here. */
export const origin = 'inline' as const

interface HexHost {
  readonly Uint8Array: { fromHex?: (text: string) => Uint8Array<ArrayBuffer> }
  readonly Buffer?: { from(text: string, encoding: 'hex'): Uint8Array<ArrayBuffer> }
}

/**
 * The bytes of hexadecimal text. Not base64, which is shorter but hides from gzip where the bytes
 * repeat: 5,192 bytes gzipped, hexadecimal 4,143.
 */
function decode(text: string): Uint8Array<ArrayBuffer> {
  const host = globalThis as unknown as HexHost
  if (host.Uint8Array.fromHex) return host.Uint8Array.fromHex(text)
  if (host.Buffer) return host.Buffer.from(text, 'hex')
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  )
}

function compile(): WebAssembly.Module | Error {
  try {
    return new WebAssembly.Module(decode(CORE_HEX))
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** The compiled core, or why there is none. */
export const coreModule: WebAssembly.Module | Error = /* @__PURE__ */ compile()
