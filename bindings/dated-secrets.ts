/**
 * Lists of secrets, some with dates, and which of them are used when.
 *
 * @module
 */
import { ConfigurationError } from './errors.ts'
import { checkSecrets } from './keyring.ts'

/**
 * A secret with dates. A date is a `Date`, or text of ISO 8601 with a time zone, such as
 * `2026-12-01T00:00:00Z`; a day alone begins in UTC.
 */
export interface DatedSecret {
  /** The secret, at least 32 bytes. */
  readonly secret: string
  /**
   * From when it signs. It verifies before that already, so that every server knows it when the first
   * one signs with it. If there is no other, it signs at once.
   *
   * @default at once
   */
  readonly notBefore?: Date | string | undefined
  /**
   * When it ends: from this instant on, nothing that it signed is accepted.
   *
   * @default never
   */
  readonly retireAt?: Date | string | undefined
}

/** One secret or several, the newest first. */
export type SecretList = string | readonly (string | DatedSecret)[]

/** A secret, and from when until when it is used, in milliseconds since the epoch. */
export interface SecretTerm {
  readonly secret: string
  readonly signsFrom: number
  readonly endsAt: number
}

/** The time zone may not be left out: servers are in different ones. */
const ISO_DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/

function instantOf(which: string, date: unknown, byDefault: number): number {
  if (date === undefined || date === null) return byDefault
  const isDate = date instanceof Date || (typeof date === 'string' && ISO_DATE.test(date))
  const instant = isDate ? new Date(date).getTime() : NaN
  if (!Number.isNaN(instant)) return instant
  throw new ConfigurationError(
    `${which} must be a Date, or text such as 2026-12-01T00:00:00Z with its time zone`
  )
}

function termOf(given: string | DatedSecret, index: number): SecretTerm {
  const { secret, notBefore, retireAt } =
    typeof given === 'object' && given !== null ? given : { secret: given }
  const signsFrom = instantOf(`secrets[${index}].notBefore`, notBefore, -Infinity)
  const endsAt = instantOf(`secrets[${index}].retireAt`, retireAt, Infinity)
  if (signsFrom < endsAt) return { secret, signsFrom, endsAt }
  throw new ConfigurationError(`secrets[${index}] is retired before it signs`)
}

/**
 * Checks a list of secrets.
 *
 * @throws ConfigurationError as `checkSecrets` does, or if a date is none.
 */
export function checkTerms(list: SecretList | undefined): SecretTerm[] {
  const terms = Array.isArray(list) ? list.map(termOf) : null
  checkSecrets(terms === null ? (list as string) : terms.map(({ secret }) => secret))
  return terms ?? [termOf(list as string, 0)]
}

/**
 * The secrets that are used at an instant, the one that signs first, and when that changes. There may
 * be none left.
 */
export function secretsAt(
  terms: readonly SecretTerm[],
  now: number
): { readonly list: readonly string[]; readonly until: number } {
  const live = terms.filter(({ endsAt }) => now < endsAt)
  const [signing, waiting] = [
    live.filter(({ signsFrom }) => signsFrom <= now),
    live.filter(({ signsFrom }) => signsFrom > now),
  ]
  const changes = live.flatMap(({ signsFrom, endsAt }) => [signsFrom, endsAt])
  return {
    list: [...signing, ...waiting].map(({ secret }) => secret),
    until: Math.min(...changes.filter((instant) => instant > now)),
  }
}
