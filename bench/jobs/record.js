/** A session that travels in its cookie: a signed record of 3.5 KB, verified, and verified and parsed. */
import { ALL_SIGNERS, createSigners } from '../contenders/signers/index.js'
import {
  COOKIE_NAME,
  createId,
  createSecret,
  flipSignature,
  INPUT_COUNT,
  oneCookie,
} from '../headers.js'

/** A session of a shop: 2,560 bytes of JSON. */
function createRecord() {
  const record = {
    userId: createId(),
    roles: ['customer', 'reviewer'],
    locale: 'pt-BR',
    signedInAt: 1763712044,
    cart: Array.from({ length: 24 }, (_, i) => ({
      id: `p-${40318 + i * 97}`,
      name: `Madeleine no. ${i + 1}`,
      quantity: 1 + (i % 4),
      price: 349 + i * 20,
      gift: i % 5 === 0,
    })),
    note: '',
  }
  record.note = 'Leave it at the door. '.repeat(40).slice(0, 2560 - JSON.stringify(record).length)
  return record
}

/** Cookie text from any text, and back, for signers that sign no other. */
const toBase64url = (text) => Buffer.from(text).toString('base64url')
const fromBase64url = (text) => text && Buffer.from(text, 'base64url').toString()

/** A signer's texts in the place of its ids. */
function keepTexts({ isAsync, encodesText, sign, verify }) {
  if (encodesText) return { sign, verify }
  return {
    sign: (text) => sign(toBase64url(text)),
    verify: isAsync
      ? async (header) => fromBase64url(await verify(header))
      : (header) => fromBase64url(verify(header)),
  }
}

/** A signer's records: its own way of keeping them, or JSON. */
function keepRecords(signer) {
  const { isAsync, signRecord, verifyRecord } = signer
  if (signRecord) return { sign: signRecord, verify: verifyRecord }
  const { sign, verify } = keepTexts(signer)
  const parse = (text) => (text === null ? null : JSON.parse(text))
  return {
    sign: (record) => sign(JSON.stringify(record)),
    verify: isAsync
      ? async (header) => parse(await verify(header))
      : (header) => parse(verify(header)),
  }
}

async function createTask({ name, isAsync, sampleVerify }, { sign, verify }, values) {
  const pairs = await Promise.all(values.map((value) => sign(value)))
  const inputs = pairs.map(oneCookie)
  return {
    name,
    isAsync,
    call: verify,
    sample: await sampleVerify?.(inputs),
    inputs,
    answers: values,
    refusals: [
      ['a flipped signature', oneCookie(flipSignature(pairs[0])), null],
      ['no session cookie', 'other=1', null],
    ],
  }
}

const signersOfOneSecret = (names) =>
  createSigners({ cookieName: COOKIE_NAME, secrets: [createSecret()] }, names)

const records = Array.from({ length: INPUT_COUNT }, createRecord)
const sizeOf = ([{ inputs }]) => inputs[0].length

/** @type {import('./index.js').Job[]} */
export const jobs = [
  {
    id: 'record',
    title: 'Verify and parse a signed record',
    group: 'record',
    sizeOf,
    async createTasks() {
      const signers = await signersOfOneSecret()
      return Promise.all(signers.map((one) => createTask(one, keepRecords(one), records)))
    },
  },
  {
    id: 'record-verify',
    title: 'Verify a signed record, its JSON not parsed',
    group: 'record',
    sizeOf,
    async createTasks() {
      const texts = records.map((record) => JSON.stringify(record))
      // A JSON Web Token is parsed as it is verified.
      const signers = (await signersOfOneSecret(ALL_SIGNERS)).filter(
        ({ verifyRecord }) => !verifyRecord
      )
      return Promise.all(signers.map((one) => createTask(one, keepTexts(one), texts)))
    },
  },
]
