/** Many cookies at once: what returns promises has all of them in flight. */
import { createSigners } from '../contenders/signers/index.js'
import { COOKIE_NAME, createIds, createSecret, INPUT_COUNT, oneCookie } from '../headers.js'

/** Slices of a ring: `count` of the values, from each place on. */
function slices(values, count) {
  const twice = [...values, ...values]
  return values.map((_, i) => twice.slice(i, i + count))
}

async function createTasks(count) {
  const ids = createIds()
  const signers = await createSigners({ cookieName: COOKIE_NAME, secrets: [createSecret()] })
  const tasks = signers.map(async ({ name, isAsync, sign, verify }) => {
    const headers = (await Promise.all(ids.map((id) => sign(id)))).map(oneCookie)
    return {
      name,
      isAsync,
      call: isAsync ? (some) => Promise.all(some.map(verify)) : (some) => some.map(verify),
      inputs: slices(headers, count),
      answers: slices(ids, count),
    }
  })
  return Promise.all(tasks)
}

/** @type {import('./index.js').Job[]} */
export const jobs = [1, 4, INPUT_COUNT].map((count) => ({
  id: `many-${count}`,
  title: `Verify ${count === 1 ? 'one cookie' : `${count} cookies`} at once, time per cookie`,
  group: 'many',
  per: count,
  createTasks: () => createTasks(count),
}))
