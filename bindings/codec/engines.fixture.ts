/**
 * Both engines, and ways to ask them the same.
 *
 * @module
 */
import { expect } from 'vitest'
import {
  MAX_COOKIE_SIZE,
  type Engine,
  type OpenedToken,
  type Rejection,
  type RingKey,
  type RingOptions,
  type TokenRing,
} from './engine.ts'
import type { Base64urlHost } from './host-base64url.ts'
import { coreModule } from './module.inline.ts'
import { portableEngine } from './portable/index.ts'
import { selectEngine } from './select.ts'
import { createWasmEngine } from './wasm.ts'

/** The WASM engine that the package uses. */
export const wasmEngine: Engine = selectEngine('wasm').engine

export { portableEngine }

/** Both engines, for `describe.each`; `$name` names them. */
export const engines: readonly Engine[] = [wasmEngine, portableEngine]

/** A WASM engine with a memory of its own, for a test that may spoil it, and what its host has. */
export function freshWasmEngine(host?: Base64urlHost): Engine {
  if (coreModule instanceof Error) throw coreModule
  return createWasmEngine(coreModule, host)
}

/** Both engines, and that of a host which has nothing that the core could leave to it. */
export const bareEngines: readonly Engine[] = [...engines, freshWasmEngine({})]

/** What both engines answer; it must be the same. */
export function agreed<Answer>(ask: (engine: Engine) => Answer): Answer {
  const [left, right] = engines.map(ask)
  expect(left).toEqual(right)
  return right as Answer
}

function same(left: OpenedToken | Rejection, right: OpenedToken | Rejection): boolean {
  if (typeof left === 'string' || typeof right === 'string') return left === right
  const { format, text, keyIndex } = right
  return left.format === format && left.text === text && left.keyIndex === keyIndex
}

/** A ring in each engine; whatever is asked of it, the two must say the same. */
export function agreeingRing(
  cookieName: string,
  keys: readonly RingKey[],
  options?: RingOptions
): TokenRing {
  const [wasm, portable] = engines.map((engine) => engine.createRing(cookieName, keys, options))
  // `expect` takes some microseconds, which a test of a million headers has not.
  const check = <Answer>(left: Answer, right: Answer, equal: boolean, asked: string): Answer => {
    if (!equal) expect(left, JSON.stringify(asked)).toEqual(right)
    return right
  }
  return {
    open(header) {
      const left = wasm!.open(header)
      const right = portable!.open(header)
      return check(left, right, same(left, right), header)
    },
    signText(text, format) {
      const left = wasm!.signText(text, format)
      const right = portable!.signText(text, format)
      return check(left, right, left === right, text)
    },
    signPayload(payload, format) {
      const left = wasm!.signPayload(payload, format)
      const right = portable!.signPayload(payload, format)
      return check(left, right, left === right, payload)
    },
    // Each engine draws its own nonce: what one has sealed, the other must open.
    sealPayload(payload, format) {
      const left = wasm!.sealPayload(payload, format)
      const right = portable!.sealPayload(payload, format)
      const opened = [portable!.open(`${cookieName}=${left}`), wasm!.open(`${cookieName}=${right}`)]
      const text = { format, text: payload, keyIndex: 0 }
      if (left.length + cookieName.length <= (options?.limit ?? MAX_COOKIE_SIZE)) {
        expect(opened).toEqual([text, text])
      }
      return right
    },
  }
}

/** Bytes that are neither regular nor random: the same on every run. */
export function bytesOf(size: number, seed: number = size): Uint8Array {
  let state = (seed + 1) * 0x9e3779b1
  return Uint8Array.from({ length: size }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5
    return state >>> 24
  })
}

/** Bytes of hexadecimal text. */
export function bytesFromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

/** Bytes as hexadecimal text. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
