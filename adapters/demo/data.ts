/**
 * What the demo keeps in a session, and the environment of its routes.
 *
 * @module
 */
import type { SessionVariables } from '../hono.ts'
import type { Cart } from './catalogue.ts'

/** Who is signed in. */
export interface User {
  /** As typed into the form, trimmed. */
  readonly name: string
  /** When, in milliseconds since the epoch. */
  readonly since: number
}

/** The values of a session. */
export interface DemoData {
  visits: number
  user: User
  cart: Cart
}

/** A message that is shown once. */
export interface Notice {
  /** Whether it tells of something done, or of something that could not be done. */
  readonly kind: 'done' | 'problem'
  readonly text: string
}

/** The flash messages of a session. */
export interface DemoFlash {
  notice: Notice
}

/** The environment of the demo's routes: `c.var.session` is typed by it. */
export interface DemoEnv {
  Variables: SessionVariables<DemoData, DemoFlash>
}

/** Characters of a name at most. */
export const MAX_NAME = 40

/** The name that was typed, trimmed, or `null` if it is empty, too long or not a text. */
export function checkName(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const name = value.trim()
  const { length } = [...name]
  return length >= 1 && length <= MAX_NAME ? name : null
}
