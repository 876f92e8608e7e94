/** From a Cookie header to a verified session id: what an API does on every request. */
import { ALL_SIGNERS, createSigners } from '../contenders/signers/index.js'
import {
  COOKIE_NAME,
  createIds,
  createSecret,
  flipSignature,
  oneCookie,
  twelveCookies,
} from '../headers.js'

/** The task of one signer, with headers that it signed itself. */
async function createTask(signer, header, ids) {
  const { name, isAsync, verify, sampleVerify } = signer
  const pairs = await Promise.all(ids.map((id) => signer.sign(id)))
  const inputs = pairs.map(header)
  return {
    name,
    isAsync,
    call: verify,
    sample: await sampleVerify?.(inputs),
    inputs,
    answers: ids,
    refusals: [
      ['a flipped signature', header(flipSignature(pairs[0])), null],
      ["another's id", header(`${COOKIE_NAME}=${swapValue(pairs[0], pairs[1])}`), null],
      ['no session cookie', header('other=1'), null],
    ],
  }
}

/** The first value with the signature of the second. */
function swapValue(first, second) {
  const value = first.slice(first.indexOf('=') + 1, first.lastIndexOf('.'))
  return value + second.slice(second.lastIndexOf('.'))
}

function createJob(id, title, header) {
  return {
    id,
    title,
    group: 'verify',
    async createTasks() {
      const ids = createIds()
      const options = { cookieName: COOKIE_NAME, secrets: [createSecret()] }
      const signers = await createSigners(options, ALL_SIGNERS)
      return Promise.all(signers.map((signer) => createTask(signer, header, ids)))
    },
    sizeOf: ([{ inputs }]) => inputs[0].length,
  }
}

/** @type {import('./index.js').Job[]} */
export const jobs = [
  createJob('verify-1', 'Verify a signed id, header of one cookie', oneCookie),
  createJob('verify-12', 'Verify a signed id, header of twelve cookies', twelveCookies),
]
