/** The hot path in Rust: the module that wasm-pack built, called as Tuile calls its own core. */
import { hkdfSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { initSync, input, output, Ring } from './built/hot.js'

const CAPACITY = 16_384
const PREFIX_SIZE = 4
const MAC_SIZE = 43
/** `P`, the letter of a payload. This signer makes no others that need decoding. */
const FORMAT_PAYLOAD = 0x50
const PLAIN_TEXT = /^[A-Za-z0-9_-]*$/

const { memory } = initSync({
  module: readFileSync(new URL('built/hot_bg.wasm', import.meta.url)),
})
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

let inputView = new Uint8Array(0)
let outputViews = []

/** New views, at the start and when the memory has grown. */
function refreshViews() {
  inputView = new Uint8Array(memory.buffer, input(), CAPACITY)
  outputViews = []
}

/** Writes a text to the input. */
function write(text) {
  if (inputView.byteLength === 0) refreshViews()
  return encoder.encodeInto(text, inputView)
}

/** Writes a text to the input; `false` if it is not ASCII, which makes offsets differ. */
function writeAscii(text) {
  const { read, written } = write(text)
  return read === text.length && written === text.length
}

/** Bytes of the output as text; a fresh view would cost more than decoding a short text. */
function outputText(size) {
  return decoder.decode((outputViews[size] ??= new Uint8Array(memory.buffer, output(), size)))
}

/**
 * The key of a secret and its fingerprint, as `bindings/keyring.ts` derives them.
 *
 * @param {string} secret
 * @param {string} cookieName
 */
export function deriveKey(secret, cookieName) {
  const derived = hkdfSync('sha256', secret, '', `tuile/1/codec/${cookieName}`, 35)
  return {
    key: new Uint8Array(derived, 0, 32),
    fingerprint: Buffer.from(derived, 32).toString('base64url').slice(0, 3),
  }
}

/** Makes the signer. Its tokens are Tuile's. */
export function rustWasm({ cookieName, secrets }) {
  const ring = new Ring(cookieName)
  const keys = secrets.map((secret) => deriveKey(secret, cookieName))
  for (const { key, fingerprint } of keys) ring.add(key, fingerprint)
  const [newest] = keys

  return {
    name: 'rust + wasm-pack',
    rotates: true,
    encodesText: true,
    sign(text) {
      if (!PLAIN_TEXT.test(text)) {
        const { written } = write(text)
        return `${cookieName}=${outputText(ring.sign_payload(written, FORMAT_PAYLOAD))}`
      }
      const signed = `T${newest.fingerprint}${text}`
      writeAscii(signed)
      ring.sign_text(signed.length)
      return `${cookieName}=${signed}.${outputText(MAC_SIZE)}`
    },
    verify(header) {
      if (header.length > CAPACITY || !writeAscii(header)) return null
      const opened = ring.open(header.length)
      if (opened < 0) return null
      const start = (opened >>> 12) & 0x3fff
      const size = opened & 0xfff
      const isText = header.charCodeAt(start - PREFIX_SIZE) !== FORMAT_PAYLOAD
      return isText ? header.slice(start, start + size) : outputText(size)
    },
  }
}
