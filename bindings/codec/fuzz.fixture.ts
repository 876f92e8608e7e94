/**
 * The fuzzer of `scripts/`, with types: the suite runs in small what the script runs in large.
 *
 * @module
 */
// @ts-expect-error: plain JavaScript without declarations
import * as script from '../../scripts/fuzz-engines.js'
import type { Engine } from './engine.ts'

/** What to compare, and how often. */
export interface FuzzOptions {
  readonly engines: readonly Engine[]
  readonly count: number
  readonly seed: number
}

/** What came of it. */
export interface FuzzReport {
  readonly count: number
  readonly differences: number
  /** The first inputs on which the engines differ. */
  readonly kept: readonly unknown[]
  /** How often each answer was given. */
  readonly answers: Readonly<Record<string, number>>
}

type Fuzz = (options: FuzzOptions) => FuzzReport

/** Compares the engines on Cookie headers. */
export const fuzzHeaders: Fuzz = script.fuzzHeaders

/** Compares the engines, and Buffer, on base64url. */
export const fuzzBase64: Fuzz = script.fuzzBase64

/** Tries every tampering of tokens in both engines. */
export const fuzzTokens: Fuzz = script.fuzzTokens

/** Compares the engines on messages that they encrypt, decrypt and refuse. */
export const fuzzSealed: Fuzz = script.fuzzSealed

/** Looks for a nonce that comes twice. */
export const countNonces: Fuzz = script.countNonces

/** Every token that differs from this one in one place. */
export const tamperings: (token: string) => Iterable<string> = script.tamperings
