/** HMAC-SHA256 by the length of its message: a straight line, or something grows that should not. */
import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { createCodec } from '../../dist/bindings/codec.js'

/** As many inputs as there are of other jobs would be 64 MB of the longest. */
const INPUTS = 4

async function createMacs(key) {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const [wasm, portable] = ['wasm', 'portable'].map((engine) => createCodec({ engine }).hmacSha256)
  const secretKey = createSecretKey(key)
  const { subtle } = globalThis.crypto
  const imported = await subtle.importKey('raw', key, algorithm, false, ['sign'])
  const keyed = hmac.create(sha256, key)
  return [
    { name: 'tuile, wasm', call: (message) => wasm(key, message) },
    { name: 'tuile, portable', call: (message) => portable(key, message) },
    {
      name: 'createHmac',
      call: (message) => createHmac('sha256', secretKey).update(message).digest(),
    },
    { name: '@noble/hashes', call: (message) => keyed.clone().update(message).digest() },
    { name: 'WebCrypto', isAsync: true, call: (message) => subtle.sign('HMAC', imported, message) },
  ]
}

/** @type {import('./index.js').Job[]} */
export const jobs = [100, 1000, 10_000, 100_000, 1_000_000].map((size) => ({
  id: `length-${size}`,
  title: `HMAC-SHA256 of ${size.toLocaleString('en')} bytes`,
  group: 'length',
  size,
  async createTasks() {
    const key = new Uint8Array(randomBytes(32))
    const inputs = Array.from({ length: INPUTS }, () => new Uint8Array(randomBytes(size)))
    const answers = inputs.map((message) => createHmac('sha256', key).update(message).digest('hex'))
    const read = (mac) => Buffer.from(mac).toString('hex')
    return (await createMacs(key)).map((mac) => ({ ...mac, inputs, answers, read }))
  },
}))
