/** All results that are kept. */
import { readdirSync, readFileSync } from 'node:fs'

/** Where they are. */
export const folder = new URL('../results/', import.meta.url)

/** The results, Node first and its newest version last; masked ones behind those that are not. */
export function readResults() {
  const order = ['node', 'bun', 'deno']
  const rank = ({ runtime, version, opensslMasked }) =>
    Number(opensslMasked) * 1000 + order.indexOf(runtime) * 100 + Number.parseInt(version, 10)
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')))
    .sort((left, right) => rank(left) - rank(right))
}
