/** base64url, from bytes to text and back: of a digest, a small record and one that fills a cookie. */
import { randomBytes } from 'node:crypto'
import { createBase64urls } from '../contenders/base64url.js'
import { flat, INPUT_COUNT } from '../headers.js'

const SIZES = [32, 300, 3000]

/** Any kind of bytes, to compare them. */
const plain = (bytes) => bytes && [...bytes]

function createSamples(size) {
  const buffers = Array.from({ length: INPUT_COUNT }, () => randomBytes(size))
  return {
    bytes: buffers.map((buffer) => new Uint8Array(buffer)),
    texts: buffers.map((buffer) => flat(buffer.toString('base64url'))),
  }
}

function encodeJob(size) {
  return {
    id: `base64url-encode-${size}`,
    title: `Encode ${size} bytes as base64url`,
    group: 'base64url-encode',
    size,
    async createTasks() {
      const { bytes, texts } = createSamples(size)
      return createBase64urls().map(({ name, encode }) => ({
        name,
        call: encode,
        inputs: bytes,
        answers: texts,
      }))
    },
  }
}

function decodeJob(size) {
  return {
    id: `base64url-decode-${size}`,
    title: `Decode ${size} bytes from base64url`,
    group: 'base64url-decode',
    size,
    async createTasks() {
      const { bytes, texts } = createSamples(size)
      return createBase64urls().map(({ name, decode }) => ({
        name,
        call: decode,
        inputs: texts,
        answers: bytes.map(plain),
        read: plain,
      }))
    },
  }
}

/** @type {import('./index.js').Job[]} */
export const jobs = [...SIZES.map(encodeJob), ...SIZES.map(decodeJob)]
