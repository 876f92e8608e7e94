/** SHA-256 alone: of one block, of two, and of a page. */
import { createHash, randomBytes } from 'node:crypto'
import { createSha256s } from '../contenders/sha256.js'
import { INPUT_COUNT } from '../headers.js'

/** @type {import('./index.js').Job[]} */
export const jobs = [64, 128, 4096].map((size) => ({
  id: `sha256-${size}`,
  title: `SHA-256 of ${size} bytes`,
  group: 'sha256',
  size,
  async createTasks() {
    const inputs = Array.from({ length: INPUT_COUNT }, () => new Uint8Array(randomBytes(size)))
    const answers = inputs.map((message) => createHash('sha256').update(message).digest('hex'))
    return (await createSha256s()).map(({ name, isAsync, hash }) => ({
      name,
      isAsync,
      call: hash,
      inputs,
      answers,
      read: (digest) => Buffer.from(digest).toString('hex'),
    }))
  },
}))
