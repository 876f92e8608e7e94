/**
 * The public test data that lies beside the repository, where it is there. None of it is copied here:
 * without the folder, the tests that need it are skipped, and small vectors of our own remain.
 *
 * @module
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { it } from 'vitest'

const FOLDER = fileURLToPath(new URL('../../../shared/corpora/', import.meta.url))

/** The contents of a corpus, such as `crypto/rfc4231_hmac_sha256`, or `null` where there is none. */
export function corpus<Contents>(name: string): Contents | null {
  const path = `${FOLDER}${name}.json`
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Contents) : null
}

/** A test that needs corpora. Where one is absent it is skipped, and its title says why. */
export function itNeeds<Contents extends readonly unknown[]>(
  names: { readonly [Index in keyof Contents]: string },
  title: string,
  run: (...contents: Contents) => unknown
): void {
  const contents = names.map((name) => corpus(name))
  const absent = names.filter((_, index) => contents[index] === null)
  if (absent.length === 0) it(title, () => run(...(contents as unknown as Contents)))
  else it.skip(`${title} (skipped: ../shared/corpora has no ${absent.join(', ')})`, () => {})
}

/** One recorded call of an upstream test suite. */
export interface RecordedCall<Arguments extends readonly unknown[] = readonly unknown[]> {
  readonly title: string
  readonly fn: string
  readonly args: Arguments
  readonly result?: unknown
  readonly threw?: { readonly name: string; readonly message: string }
}

/** A corpus of recorded calls. */
export interface RecordedCalls<Arguments extends readonly unknown[] = readonly unknown[]> {
  readonly cases: readonly RecordedCall<Arguments>[]
}

/** One of Wycheproof's vectors of an AEAD; bytes are hexadecimal. */
export interface AeadVector {
  readonly tcId: number
  readonly key: string
  readonly iv: string
  readonly aad: string
  readonly msg: string
  readonly ct: string
  readonly tag: string
  readonly result: 'valid' | 'invalid'
}
