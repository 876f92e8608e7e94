/**
 * Where the servers are that tests of storages use: the variables of the environment, or what
 * `scripts/services up` has started.
 *
 * @module
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'

interface Service {
  variables: Record<string, string>
}

const file = fileURLToPath(new URL('../../.services.json', import.meta.url))

const started: Record<string, Service> = existsSync(file)
  ? JSON.parse(readFileSync(file, 'utf8'))
  : {}

const variables: Record<string, string | undefined> = Object.assign(
  {},
  ...Object.values(started).map((service) => service.variables),
  process.env
)

/** The value of a service's variable, such as `REDIS_URL`; `undefined` if there is no such server. */
export function serviceOf(variable: string): string | undefined {
  return variables[variable] || undefined
}

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
