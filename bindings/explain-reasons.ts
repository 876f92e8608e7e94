/**
 * The reasons of `explain` events. docs/explain.md says of each what to do.
 *
 * @module
 */

/**
 * Every reason, in the order of a request: why no session was found, why it could not be used, why it
 * was not saved, why no cookie was set or will be kept.
 */
export const explainReasons = [
  'no-secrets',
  'no-cookie',
  'duplicate',
  'oversize',
  'malformed',
  'unknown-key',
  'bad-signature',
  'corrupt',
  'unknown-id',
  'revoked',
  'superseded',
  'expired-idle',
  'expired-absolute',
  'schema',
  'storage-failed',
  'lock-timeout',
  'lock-lost',
  'unused',
  'empty',
  'unchanged',
  'cookie-kept',
  'gone',
  'not-json',
  'too-large',
  'cookie-overflow',
  'response-started',
  'insecure-transport',
] as const

/** Why a session was refused, has ended or was not saved, or why its cookie was not set. */
export type ExplainReason = (typeof explainReasons)[number]
