/**
 * Tests of storages that need a server: one that the user has given, or that `scripts/services up` has
 * started.
 *
 * @module
 */
import { describe, it } from 'vitest'
import { serviceOf } from '../../scripts/servers/urls.js'

export { serviceOf }

/** Tests that need a server: without it, one test is skipped whose name says what is missing. */
export function describeService(
  variable: string,
  title: string,
  tests: (url: string) => void
): void {
  const url = serviceOf(variable)
  describe(title, () => {
    if (url !== undefined) tests(url)
    else it.skip(`skipped: no ${variable} (scripts/services up)`, () => undefined)
  })
}
