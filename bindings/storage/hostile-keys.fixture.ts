/**
 * Keys that no manager makes, and that no storage may take for a path, a pattern or another's key.
 *
 * @module
 */
import { corpus } from '../codec/corpus.fixture.ts'

const OURS = [
  '..',
  '../x',
  '/etc/passwd',
  'C:\\x',
  'a/b',
  'a:b',
  'a\\b',
  '%2e%2e%2f',
  '%00',
  'x?y',
  'x#y',
  'x*',
  'x$',
  'owner:x',
  'record',
  '__proto__',
  'constructor',
  "x' OR 1=1 --",
  'Case',
  'case',
  'ünï',
  'a b',
  'a\nb',
]

/** Ours, and those of the corpus where it is there. */
export const HOSTILE_KEYS: readonly string[] = [
  ...new Set([...OURS, ...(corpus<{ ids: string[] }>('attacks/store_id_attacks')?.ids ?? [])]),
]
