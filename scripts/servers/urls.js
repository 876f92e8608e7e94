/** Where the servers are: the variables of the environment, else what `scripts/services up` started. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const file = fileURLToPath(new URL('../../.services.json', import.meta.url))

/** The value of a service's variable, such as `REDIS_URL`; `undefined` if there is no such server. */
export function serviceOf(variable) {
  if (process.env[variable]) return process.env[variable]
  const started = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  return Object.assign({}, ...Object.values(started).map(({ variables }) => variables))[variable]
}
