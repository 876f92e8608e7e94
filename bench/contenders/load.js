/** Loads contenders where they run: a module that cannot be imported here is absent, with a reason. */

import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What was left out, by name. */
const absent = new Map()

/** The contenders that are not there on this runtime, and why. */
export const listAbsent = () => [...absent].map(([name, reason]) => ({ name, reason }))

/**
 * Makes contenders.
 *
 * @template T
 * @param {Record<string, () => Promise<(options: any) => T | string | Promise<T | string>>>} factories
 * By name, what imports the function that makes one. Instead of a contender that may give the reason
 * why there is none.
 * @param {unknown} [options] What the functions get.
 * @returns {Promise<T[]>} Those that are there, in their order.
 */
export async function load(factories, options) {
  const contenders = []
  for (const [name, importFactory] of Object.entries(factories)) {
    const made = await create(importFactory, options)
    if (typeof made === 'string') absent.set(name, made)
    else contenders.push(made)
  }
  return contenders
}

async function create(importFactory, options) {
  let factory
  try {
    factory = await importFactory()
  } catch (error) {
    return `cannot be imported: ${describe(error)}`
  }
  return factory(options)
}

/** What went wrong, in a line, without the folders of this machine. */
function describe({ code, message }) {
  return code === 'ERR_MODULE_NOT_FOUND' ? 'not found' : message.split('\n')[0].replaceAll(root, '')
}
