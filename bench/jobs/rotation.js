/** Verification while secrets rotate: four of them, and a cookie signed by each in turn and by none. */
import { createSigners } from '../contenders/signers/index.js'
import { COOKIE_NAME, createIds, createSecret, oneCookie } from '../headers.js'

const secrets = Array.from({ length: 4 }, createSecret)

/** @param {string} secret Who signs. */
async function createTasks(secret) {
  const ids = createIds()
  const verifiers = await createSigners({ cookieName: COOKIE_NAME, secrets })
  const signers = await createSigners({ cookieName: COOKIE_NAME, secrets: [secret] })
  const known = secrets.includes(secret)
  const tasks = verifiers.map(async ({ name, isAsync, rotates, verify }) => {
    if (!rotates) return []
    const { sign } = signers.find((signer) => signer.name === name)
    const pairs = await Promise.all(ids.map((id) => sign(id)))
    return [
      {
        name,
        isAsync,
        call: verify,
        inputs: pairs.map(oneCookie),
        answers: known ? ids : ids.map(() => null),
      },
    ]
  })
  return (await Promise.all(tasks)).flat()
}

/** @type {import('./index.js').Job[]} */
export const jobs = [
  ...secrets.map((secret, i) => ({
    id: `rotation-${i + 1}`,
    title: `Verify with four secrets an id that the ${['first', 'second', 'third', 'fourth'][i]} signed`,
    group: 'rotation',
    createTasks: () => createTasks(secret),
  })),
  {
    id: 'rotation-unknown',
    title: 'Refuse with four secrets an id that none of them signed',
    group: 'rotation',
    createTasks: () => createTasks(createSecret()),
  },
]
