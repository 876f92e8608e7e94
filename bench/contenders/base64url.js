/**
 * base64url without padding.
 *
 * @typedef {object} Base64url
 * @property {string} name
 * @property {(bytes: Uint8Array) => string} encode
 * @property {(text: string) => Uint8Array | null} decode
 *
 * @module
 */
import { base64urlnopad } from '@scure/base'
import { base64url as jose } from 'jose'
import { base64url as rfc4648 } from 'rfc4648'
import { createCodec } from '../../dist/bindings/codec.js'

const wasm = createCodec({ engine: 'wasm' }).base64url
const portable = createCodec({ engine: 'portable' }).base64url

/** Those of this runtime. Only Tuile, @scure/base and the native method refuse what is not strict. */
export function createBase64urls() {
  const options = { alphabet: 'base64url', omitPadding: true }
  return [
    { name: 'tuile, wasm', encode: wasm.encode, decode: wasm.decode },
    { name: 'tuile, portable', encode: portable.encode, decode: portable.decode },
    {
      name: 'Buffer',
      encode: (bytes) =>
        Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url'),
      decode: (text) => Buffer.from(text, 'base64url'),
    },
    ...(Uint8Array.fromBase64
      ? [
          {
            name: 'Uint8Array.fromBase64',
            encode: (bytes) => bytes.toBase64(options),
            decode: (text) => Uint8Array.fromBase64(text, { alphabet: 'base64url' }),
          },
        ]
      : []),
    { name: 'jose', encode: jose.encode, decode: jose.decode },
    { name: '@scure/base', encode: base64urlnopad.encode, decode: base64urlnopad.decode },
    {
      name: 'rfc4648',
      encode: (bytes) => rfc4648.stringify(bytes, { pad: false }),
      decode: (text) => rfc4648.parse(text, { loose: true }),
    },
    { name: 'atob, btoa', encode: encodeWithBtoa, decode: decodeWithAtob },
  ]
}

const LETTERS = { '+': '-', '/': '_', '=': '' }

/** As hono/utils/encode and many a snippet do it. */
function encodeWithBtoa(bytes) {
  let binary = ''
  for (let i = 0; i < bytes.length; i++) binary += String.fromCharCode(bytes[i])
  return btoa(binary).replace(/[+/=]/g, (letter) => LETTERS[letter])
}

function decodeWithAtob(text) {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
