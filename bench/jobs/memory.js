/** Whether memory is flat: what ten million verifications add to a process that has done a million. */
import { createSigners } from '../contenders/signers/index.js'
import { COOKIE_NAME, createIds, createSecret, INPUT_COUNT, oneCookie } from '../headers.js'
import { summarize } from '../statistics.js'

const MILLION = 1_000_000
const MILLIONS = 10

/** Bytes that the process grew by, after each million. */
async function grow({ name, sign, verify }) {
  const headers = createIds().map((id) => oneCookie(sign(id)))
  const verifyMillion = () => {
    for (let i = 0; i < MILLION; i++) {
      if (verify(headers[i & (INPUT_COUNT - 1)]) === null) throw new Error(`${name} lost an id`)
    }
  }
  verifyMillion()
  const before = process.memoryUsage.rss()
  const growth = []
  for (let i = 0; i < MILLIONS; i++) {
    verifyMillion()
    growth.push(process.memoryUsage.rss() - before)
  }
  return { name, ...summarize(growth) }
}

/** @type {import('./index.js').Job[]} */
export const jobs = [
  {
    id: 'memory',
    title: 'Growth of the process over ten million verifications',
    group: 'memory',
    unit: 'bytes',
    slow: true,
    async measure() {
      const options = { cookieName: COOKIE_NAME, secrets: [createSecret()] }
      const signers = await createSigners(options, ['tuile, wasm', 'tuile, portable'])
      const figures = []
      for (const signer of signers) figures.push(await grow(signer))
      return figures
    },
  },
]
