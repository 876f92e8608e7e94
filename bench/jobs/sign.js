/** From a session id to the cookie that holds it, signed. */
import { createSigners } from '../contenders/signers/index.js'
import { COOKIE_NAME, createIds, createSecret } from '../headers.js'

/** @type {import('./index.js').Job[]} */
export const jobs = [
  {
    id: 'sign',
    title: 'Sign an id',
    group: 'sign',
    async createTasks() {
      const ids = createIds()
      const signers = await createSigners({ cookieName: COOKIE_NAME, secrets: [createSecret()] })
      return signers.map(({ name, isAsync, sign, verify }) => ({
        name,
        isAsync,
        call: sign,
        inputs: ids,
        answers: ids,
        read: verify,
      }))
    },
  },
]
