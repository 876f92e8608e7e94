/** What crossing into WebAssembly costs: a call that does nothing, a string in, a string out. */
import { randomBytes } from 'node:crypto'
import { createBoundary } from '../contenders/boundary.js'
import { flat, INPUT_COUNT } from '../headers.js'

const SIZES = [64, 1024, 4096]

const { nothing, sum, back, memory } = createBoundary()
const bytes = new Uint8Array(memory.buffer)
const buffer = Buffer.from(memory.buffer)
const encoder = new TextEncoder()
const decoder = new TextDecoder()

function createTexts(size) {
  return Array.from({ length: INPUT_COUNT }, () =>
    flat(randomBytes(size).toString('base64url').slice(0, size))
  )
}

const CALLS = [
  { name: 'an empty call', call: () => nothing() },
  { name: 'three numbers in, one out', call: (i) => sum(i, 2, 3) },
  { name: 'a call that calls back', call: () => back() },
  { name: 'an empty call in JavaScript', call: () => undefined },
  { name: 'an await of a value', isAsync: true, call: (i) => i },
]

function writeByCode(text) {
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
}

/** Ways to write a text into the memory. */
const WRITERS = [
  { name: 'encodeInto, one view', call: (text) => encoder.encodeInto(text, bytes) },
  {
    name: 'encodeInto, a new view',
    call: (text) => encoder.encodeInto(text, bytes.subarray(0, text.length)),
  },
  { name: 'Buffer.latin1Write', call: (text) => buffer.latin1Write(text, 0) },
  { name: 'charCodeAt', call: writeByCode },
]

/** Ways to read the text of a size from the memory. */
const READERS = (size) => {
  const view = bytes.subarray(0, size)
  return [
    { name: 'TextDecoder, one view', call: () => decoder.decode(view) },
    { name: 'TextDecoder, a new view', call: () => decoder.decode(bytes.subarray(0, size)) },
    { name: 'Buffer.latin1Slice', call: () => buffer.latin1Slice(0, size) },
    { name: 'String.fromCharCode', call: () => String.fromCharCode.apply(null, view) },
  ]
}

const callJob = {
  id: 'boundary',
  title: 'Call into WebAssembly',
  group: 'boundary',
  createTasks: async () => CALLS.map((way) => ({ ...way, inputs: [0, 1, 2, 3] })),
}

const writeJob = (size) => ({
  id: `string-in-${size}`,
  title: `Write ${size} characters into the memory`,
  group: 'string-in',
  size,
  async createTasks() {
    const inputs = createTexts(size)
    const read = () => buffer.latin1Slice(0, size)
    return WRITERS.map((writer) => ({ ...writer, inputs, answers: inputs, read }))
  },
})

const readJob = (size) => ({
  id: `string-out-${size}`,
  title: `Read ${size} characters from the memory`,
  group: 'string-out',
  size,
  async createTasks() {
    const [text] = createTexts(size)
    writeByCode(text)
    return READERS(size).map((reader) => ({ ...reader, inputs: [0], answers: [text] }))
  },
})

/** @type {import('./index.js').Job[]} */
export const jobs = [callJob, ...SIZES.map(writeJob), ...SIZES.map(readJob)]
