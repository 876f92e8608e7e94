/** A text that nobody may read, sealed into a cookie and opened; and a sealed record beside a signed one. */
import { randomBytes } from 'node:crypto'
import { createSealers } from '../contenders/sealers/index.js'
import { createCodec } from '../../dist/bindings/codec.js'
import { COOKIE_NAME, createSecret, INPUT_COUNT, oneCookie } from '../headers.js'

/** Different texts of so many characters. */
const textsOf = (size) =>
  Array.from({ length: INPUT_COUNT }, () => randomBytes(size).toString('base64').slice(0, size))

/** The pair `name=value` with a character in the middle of its value changed. */
function flip(pair) {
  const at = pair.length - 30
  return pair.slice(0, at) + (pair[at] === 'A' ? 'B' : 'A') + pair.slice(at + 1)
}

async function openTask({ name, isAsync, seal, open }, texts) {
  const pairs = await Promise.all(texts.map(seal))
  const refusals = [
    ['a changed character', oneCookie(flip(pairs[0])), null],
    ['no session cookie', 'other=1', null],
  ]
  return { name, isAsync, call: open, inputs: pairs.map(oneCookie), answers: texts, refusals }
}

const sealTask = ({ name, isAsync, seal, open }, texts) => ({
  name,
  isAsync,
  call: seal,
  inputs: texts,
  answers: texts,
  read: open,
})

const sealersOfOneSecret = () => createSealers({ cookieName: COOKIE_NAME, secret: createSecret() })

/** Tuile's two ways to keep a record in a cookie, on both engines. */
function createKeepers() {
  const secret = createSecret()
  return ['wasm', 'portable'].flatMap((engine) => {
    const codec = createCodec({ engine })
    const sealer = codec.createSealer(secret, { name: COOKIE_NAME })
    const signer = codec.createSigner(secret, { name: COOKIE_NAME })
    return [
      {
        name: `sealed, ${engine}`,
        seal: (text) => `${COOKIE_NAME}=${sealer.seal(text)}`,
        open: (header) => sealer.open(header),
      },
      {
        name: `signed, ${engine}`,
        seal: (text) => `${COOKIE_NAME}=${signer.sign(text)}`,
        open: (header) => signer.verify(header),
      },
    ]
  })
}

const RECORD_SIZE = 2600

/** @type {import('./index.js').Job[]} */
export const jobs = [
  ...[
    ['100', 100],
    ['1k', 1000],
    ['3k', 3000],
  ].flatMap(([label, size]) => [
    {
      id: `seal-${label}`,
      title: `Seal ${size.toLocaleString('en')} bytes`,
      group: 'seal',
      size,
      async createTasks() {
        const texts = textsOf(size)
        return (await sealersOfOneSecret()).map((sealer) => sealTask(sealer, texts))
      },
    },
    {
      id: `unseal-${label}`,
      title: `Open ${size.toLocaleString('en')} sealed bytes`,
      group: 'seal',
      size,
      async createTasks() {
        const texts = textsOf(size)
        return Promise.all((await sealersOfOneSecret()).map((sealer) => openTask(sealer, texts)))
      },
    },
  ]),
  {
    id: 'sealed-record-write',
    title: 'Keep a record of 2.6 KB in its cookie: sealed, or signed',
    group: 'seal',
    size: RECORD_SIZE,
    createTasks: async () =>
      createKeepers().map((keeper) => sealTask(keeper, textsOf(RECORD_SIZE))),
  },
  {
    id: 'sealed-record-read',
    title: 'Read a record of 2.6 KB from its cookie: sealed, or signed',
    group: 'seal',
    size: RECORD_SIZE,
    createTasks: async () =>
      Promise.all(createKeepers().map((keeper) => openTask(keeper, textsOf(RECORD_SIZE)))),
  },
]
